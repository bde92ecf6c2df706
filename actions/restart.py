"""「重新开始」: ``action_restart`` forgets what was said and asked, and leaves the buttons of its answer alive.

Rasa's own action ends the session right after its answer; then the server no longer knows which
buttons it offered, and none of them can be tapped.
"""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, AllSlotsReset
from rasa_sdk.executor import CollectingDispatcher


class ActionRestart(Action):
    """Leaves any form, empties all slots, says ``utter_restart``."""

    def name(self) -> str:
        return "action_restart"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Begin anew; what the customer proved about themselves stays."""
        dispatcher.utter_message(response="utter_restart")
        return [ActiveLoop(None), AllSlotsReset()]
