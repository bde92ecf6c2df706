"""Custom actions in Rasa's own process: no second server, no copy of conversation and domain for each call.

Rasa's action server believes whoever reaches its port, and every call sends it all answers of the
domain (300 kB); here nothing leaves the process. Actions must not block: what waits for a database
goes through ``asyncio.to_thread``.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

from rasa.utils.endpoints import EndpointConfig
from rasa_sdk.executor import ActionExecutor

from finlit import settings

logger = logging.getLogger(__name__)

APOLOGY = "utter_service_down"


def load_actions(package: str = "actions") -> ActionExecutor:
    """Return an executor that knows every custom action of ``package``."""
    executor = ActionExecutor()
    executor.register_package(package)
    return executor


class ActionsHere(EndpointConfig):
    """An action endpoint whose request runs the action here.

    An action that raises, or takes longer than ``action_timeout``, is logged and apologised for:
    Rasa alone would log it and leave the customer without a word.
    """

    def __init__(self, executor: ActionExecutor) -> None:
        super().__init__(url="actions://here")
        self._executor = executor

    async def request(self, method: str = "post", subpath: str | None = None, **kwargs: Any) -> Any:
        """Run the action of ``json``; return its events and responses as Rasa's action server would."""
        call = kwargs["json"]
        began, went_well = time.perf_counter(), False
        try:
            result = await asyncio.wait_for(self._executor.run(call), settings.load().action_timeout)
            went_well = True
            return result
        except Exception:  # noqa: BLE001 - whatever an action raises, the customer gets an answer
            logger.exception("the action %s failed", call.get("next_action"))
            return {"events": [], "responses": [{"response": APOLOGY}]}
        finally:
            milliseconds = round(1000 * (time.perf_counter() - began))
            fields = {"action": call.get("next_action"), "went_well": went_well, "milliseconds": milliseconds}
            logger.info("an action was run", extra={"fields": fields})
