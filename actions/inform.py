"""A message that only gives a figure: ``action_inform`` hands it to the calculator that asked."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.asking import Calculator
from actions.fee_calculator import ActionFeePenaltyCalculate
from actions.plan_compare import ActionPlanCompare

CALCULATORS: tuple[type[Calculator], ...] = (ActionFeePenaltyCalculate, ActionPlanCompare)


class ActionInform(Action):
    """Answers the calculator's open question, or asks what the figure is for."""

    def name(self) -> str:
        return "action_inform"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Run the calculator whose question was open, if any."""
        calculator = next((each for each in (kind() for kind in CALCULATORS) if each.asked(tracker)), None)
        if calculator is not None:
            return await calculator.run(dispatcher, tracker, domain)
        dispatcher.utter_message(response="utter_inform")
        return []
