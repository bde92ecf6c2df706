"""After something else was answered: ``action_task_offer`` offers to go on with the task in hand."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.exc import SQLAlchemyError

from actions.guided import SLOT, GuidedAction, Talk, Texts, action_of
from finlit.tasks.progress import ASKING, CONFIRMING, WAITING, entries

logger = logging.getLogger(__name__)


class ActionTaskOffer(Action):
    """Offers once or twice, then keeps quiet; a task that waits for something is offered when it has come."""

    def name(self) -> str:
        return "action_task_offer"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Say the offer for the first task of the slot, or nothing while it still has to wait."""
        first, *rest = entries(tracker.get_slot(SLOT))
        action = action_of(first.task)
        texts = Texts(domain, action.task)
        fields = {"title": texts.own("title")}
        if first.stage == WAITING:
            if await self._must_wait(action, tracker, texts):
                return []
            asked = action.task.next_question(first.values)
            first = replace(first, stage=ASKING if asked else CONFIRMING, asked=asked)
            dispatcher.utter_message(response=texts.shared("offer_ready"), **fields)
        elif first.stage == CONFIRMING:
            dispatcher.utter_message(response=texts.shared("offer_confirm"), **fields)
        else:
            dispatcher.utter_message(response=texts.shared("offer"), **fields, item=texts.item(str(first.asked)))
        first = replace(first, offers=first.offers + 1)
        return [SlotSet(SLOT, [entry.as_json() for entry in (first, *rest)])]

    @staticmethod
    async def _must_wait(action: GuidedAction, tracker: Tracker, texts: Texts) -> bool:
        try:
            return await asyncio.to_thread(action.admit, Talk.of(tracker), texts) is not None
        except SQLAlchemyError:
            logger.exception("%s could not be offered: no database", action.name())
            return True
