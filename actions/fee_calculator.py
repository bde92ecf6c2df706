"""Penalty interest on an overdue principal: ``action_fee_penalty_calculate``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from actions.guided import GuidedAction, Reply, Talk, Texts
from finlit import answers, fees
from finlit.figures import AMOUNT, DAYS, RATE
from finlit.money import show_range
from finlit.tasks.calculator import parsed
from finlit.tasks.fee_calculator import FEE_PENALTY_CALCULATE
from finlit.tasks.progress import Entry, Move, Step

RECKONED = {"months": "months_as_days", "due": "counted"}  # what days were reckoned from -> what is said about it


class ActionFeePenaltyCalculate(GuidedAction):
    """Asks for overdue principal, days past due and the contract's rate; answers with a range and its formulas."""

    task = FEE_PENALTY_CALCULATE

    def settle(self, talk: Talk, move: Move, done: Step) -> Step:
        """Say how the days were reckoned, when the customer gave months or dates."""
        days = move.values.get(DAYS)
        source = next((each for each in RECKONED if isinstance(days, dict) and each in days), None)
        return done if source is None else replace(done, note=RECKONED[source])

    def said_first(self, talk: Talk, done: Step, texts: Texts) -> Mapping[str, Any]:
        """Add from what the days were reckoned."""
        days = done.entry.values.get(DAYS)
        reckoned = days if isinstance(days, dict) else {}
        return {**super().said_first(talk, done, texts), **{name: str(value) for name, value in reckoned.items()}}

    def finish(self, talk: Talk, entry: Entry, texts: Texts) -> Reply:
        """Say the range: surcharge and day count base are the contract's."""
        amount, days, rate = (parsed(kind, entry.values[kind]) for kind in (AMOUNT, DAYS, RATE))
        found = fees.estimate(amount, days, rate)
        fields: dict[str, Any] = {
            **texts.shown(entry.values),
            "result": show_range(found.least.amount, found.most.amount),
            "least": found.least.steps,
            "most": found.most.steps,
            "at_rate": show_range(*(penalty.amount for penalty in found.at_rate)),
            "ceiling": show_range(*(penalty.amount for penalty in found.ceiling)),
        }
        steps = {"at_rate_365": found.at_rate[0], "at_rate_360": found.at_rate[1],
                 "ceiling_365": found.ceiling[0], "ceiling_360": found.ceiling[1]}  # fmt: skip
        working = {**fields, **{name: penalty.steps for name, penalty in steps.items()}}
        working["counted"] = _counted(entry, fields, texts)
        details = [texts.unfolding(name, working) for name in ("formula", "without_surcharge", "at_ceiling")]
        return Reply(f"{self.prefix}_result", {**fields, "details": details})


def _counted(entry: Entry, fields: Mapping[str, Any], texts: Texts) -> str:
    """Return from which day to which the days were counted, as far as the customer said."""
    days = entry.values[DAYS]
    source = next((each for each in RECKONED if isinstance(days, dict) and each in days), None)
    said = {name: str(value) for name, value in days.items()} if isinstance(days, dict) else {}
    return answers.fill(texts.own(f"counted_{source or 'days'}"), {**said, **fields})
