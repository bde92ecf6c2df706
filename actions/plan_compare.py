"""The ways to repay, side by side: ``action_plan_compare``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa_sdk.executor import CollectingDispatcher

from actions.asking import Calculator
from finlit import figures, instalments
from finlit.money import show, show_rate

COMPARED = (instalments.equal_instalments, instalments.equal_principal, instalments.interest_first)
BASE_FOR_DAILY_RATES = 360  # the answer says so; contracts may take 365 (F-FEE-22)


class ActionPlanCompare(Calculator):
    """Asks for amount, periods and annual rate; answers with first and last payment and total interest."""

    task = "plan_compare"
    kinds = (figures.AMOUNT, figures.MONTHS, figures.RATE)

    def name(self) -> str:
        return "action_plan_compare"

    def ask(
        self, dispatcher: CollectingDispatcher, kind: str, known: Mapping[str, Any], said_first: Mapping[str, Any]
    ) -> None:
        """Ask for ``kind``, or explain what is needed when nothing is known yet."""
        if known or said_first:
            super().ask(dispatcher, kind, known, said_first)
        else:
            dispatcher.utter_message(response="utter_plan_compare")

    def answer(self, dispatcher: CollectingDispatcher, known: Mapping[str, Any], said_first: Mapping[str, Any]) -> None:
        """Say each method's figures."""
        annual_rate = known[figures.RATE].annual(BASE_FOR_DAILY_RATES)
        fields = {}
        for method in COMPARED:
            schedule = method(known[figures.AMOUNT], annual_rate, known[figures.MONTHS])
            fields[f"{method.__name__}_first"] = show(schedule[0].total)
            fields[f"{method.__name__}_last"] = show(schedule[-1].total)
            fields[f"{method.__name__}_interest"] = show(instalments.cost(schedule))
        dispatcher.utter_message(
            response="utter_plan_compare_result",
            amount=show(known[figures.AMOUNT]),
            months=str(known[figures.MONTHS]),
            rate=show_rate(annual_rate),
            **fields,
            **said_first,
        )
