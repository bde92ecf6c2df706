"""Penalty interest on an overdue principal: ``action_fee_penalty_calculate``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa_sdk.executor import CollectingDispatcher

from actions.asking import Calculator
from finlit import fees, figures
from finlit.money import show, show_range


class ActionFeePenaltyCalculate(Calculator):
    """Asks for overdue principal, days past due and the contract's rate; answers with a range and its formulas."""

    task = "fee_calculator"
    kinds = (figures.AMOUNT, figures.DAYS, figures.RATE)

    def name(self) -> str:
        return "action_fee_penalty_calculate"

    def answer(self, dispatcher: CollectingDispatcher, known: Mapping[str, Any], said_first: Mapping[str, Any]) -> None:
        """Say the range: surcharge and day count base are the contract's."""
        estimate = fees.estimate(known[figures.AMOUNT], known[figures.DAYS], known[figures.RATE])
        dispatcher.utter_message(
            response="utter_fee_penalty_calculate",
            amount=show(known[figures.AMOUNT]),
            days=str(known[figures.DAYS]),
            rate=known[figures.RATE].show(),
            result=show_range(estimate.least.amount, estimate.most.amount),
            least_steps=estimate.least.steps,
            most_steps=estimate.most.steps,
            at_rate=show_range(*(penalty.amount for penalty in estimate.at_rate)),
            ceiling=show_range(*(penalty.amount for penalty in estimate.ceiling)),
            **said_first,
        )
