"""The ways to repay, side by side: ``action_plan_compare``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from actions.guided import SLOT, GuidedAction, Reply, Talk, Texts
from finlit import answers, plans
from finlit.figures import AMOUNT, MONTHS, RATE
from finlit.money import fen, show, show_rate
from finlit.plans import FEE_METHOD, Plan
from finlit.rates import MONTHS_A_YEAR
from finlit.tasks.calculator import parsed
from finlit.tasks.plan_compare import EACH, FEE, PLAN_COMPARE
from finlit.tasks.progress import DONE, Entry, entries

BASE_FOR_DAILY_RATES = 360  # the answer says so; contracts may take 365 (F-FEE-22)
STEPS = "/steps"  # a narrower intent: how was that reckoned?
RATE_PLACES = 2  # of the percentage


class ActionPlanCompare(GuidedAction):
    """Asks for amount, periods and a rate (or a fee); answers with a table, a chart and the formulas."""

    task = PLAN_COMPARE

    def aside(self, talk: Talk, texts: Texts) -> Reply | None:
        """Answer 「怎么算的」 after a result: what the web unfolds, as lines."""
        stack = entries(talk.tracker.get_slot(SLOT))
        entry = next((each for each in stack if each.task == self.task.name and each.stage == DONE), None)
        if entry is None or not talk.label.endswith(STEPS):
            return None
        details = self.finish(talk, entry, texts).fields["details"][:-1]  # each month's payment would be too long
        lines = [line for part in details for line in (f"· {part['title']}", *part["lines"])]
        return Reply(f"{self.prefix}_steps", {**texts.shown(entry.values), "lines": "\n".join(lines)})

    def finish(self, talk: Talk, entry: Entry, texts: Texts) -> Reply:
        """Compare every method whose price is known."""
        amount, periods = parsed(AMOUNT, entry.values[AMOUNT]), parsed(MONTHS, entry.values[MONTHS])
        annual, fee = _annual_rate(entry.values), _fee(entry.values, amount, periods)
        compared = plans.with_rate(amount, annual, periods) if annual is not None else []
        compared += [plans.with_fee(amount, fee, periods)] if fee is not None else []
        fields = self._figures(compared, amount, periods, annual, fee, texts)
        details = [texts.unfolding(plan.method, fields | _of(plan)) for plan in compared]
        details.append({"title": texts.own("detail_each"), "lines": _each(compared, periods, texts)})
        rich = {"table": _table(compared, texts), "chart": _chart(compared, periods, texts), "details": details}
        name = "result" if annual is not None else "result_fee"
        return Reply(f"{self.prefix}_{name}", {**fields, **rich})

    @staticmethod
    def _figures(
        compared: Sequence[Plan],
        amount: Decimal,
        periods: int,
        annual: Decimal | None,
        fee: Decimal | None,
        texts: Texts,
    ) -> dict[str, Any]:
        least, most = plans.cheapest(compared), plans.dearest(compared)
        last = max(compared, key=lambda plan: plan.most_at_once)
        fields = {
            "amount": show(amount),
            "months": str(periods),
            "least": _named([plan for plan in compared if plan.cost == least.cost], texts),
            "least_cost": show(least.cost),
            "most": _named([plan for plan in compared if plan.cost == most.cost], texts),
            "most_cost": show(most.cost),
            "heaviest": _named([last], texts),
            "at_once": show(last.most_at_once),
        }
        if annual is not None:
            fields |= {"rate": show_rate(annual), "monthly_rate": show_rate(annual / MONTHS_A_YEAR)}
        if fee is not None:
            nominal = fee / amount * MONTHS_A_YEAR / periods
            fields |= {"fee": show(fee), "nominal": show_rate(nominal, RATE_PLACES)}
        return fields | {f"{name}_{FEE}": value for plan in compared if plan.method == FEE_METHOD
                         for name, value in _of(plan).items()}  # fmt: skip


def _named(compared: Sequence[Plan], texts: Texts) -> str:
    return "、".join(texts.own(f"method_{plan.method}") for plan in compared)


def _annual_rate(values: Mapping[str, Any]) -> Decimal | None:
    rate = values.get(RATE)
    return None if rate is None else parsed(RATE, rate).annual(BASE_FOR_DAILY_RATES)


def _fee(values: Mapping[str, Any], amount: Decimal, periods: int) -> Decimal | None:
    """Return all fees in yuan; None when none was named."""
    fee = values.get(FEE)
    if fee is None:
        return None
    kind = "each" if fee["per"] == EACH else "whole"
    given = {kind: fen(Decimal(fee["yuan"]))} if "yuan" in fee else {f"{kind}_rate": Decimal(fee["rate"])}
    return plans.fee_in_yuan(amount, periods, **given)


def _rate(fraction: Decimal | None) -> str:
    return "—" if fraction is None else show_rate(fraction, RATE_PLACES)


def _of(plan: Plan) -> dict[str, str]:
    """Return the figures of one plan as customers read them."""
    return {
        "first": show(plan.first),
        "last": show(plan.last),
        "cost": show(plan.cost),
        "principal": show(plan.schedule[0].principal),
        "first_interest": show(plan.schedule[0].interest + plan.schedule[0].fee),
        "irr": _rate(plan.simple_annual),
        "effective": _rate(plan.effective_annual),
        "monthly_irr": _rate(plan.monthly),
    }


def _table(compared: Sequence[Plan], texts: Texts) -> dict[str, Any]:
    return {
        "caption": texts.own("caption"),
        "columns": texts.own("columns").split("｜"),
        "rows": [
            [texts.own(f"method_{plan.method}"), *(_of(plan)[name] for name in ("first", "last", "cost", "irr"))]
            for plan in compared
        ],
    }


def _chart(compared: Sequence[Plan], periods: int, texts: Texts) -> dict[str, Any] | None:
    """Return what is paid each month, its figures stand in the details; a single payment is no course of payments."""
    months = plans.shown_months(periods)
    compared = [plan for plan in compared if len(plan.schedule) > 1]
    if not compared:
        return None
    return {
        "title": texts.own("chart"),
        "unit": texts.own("chart_unit"),
        "series": [
            {
                "name": texts.own(f"method_{plan.method}"),
                "points": [[month, f"{plan.due(month):.2f}"] for month in months],
            }
            for plan in compared
        ],
    }


def _each(compared: Sequence[Plan], periods: int, texts: Texts) -> list[str]:
    """Return one line for each month of the chart, with the same figures."""
    lines = []
    for month in plans.shown_months(periods):
        due = [(plan, plan.due(month)) for plan in compared]
        payments = "，".join(f"{_named([plan], texts)} {show(amount)}" for plan, amount in due if amount)
        lines.append(answers.fill(texts.own("detail_month"), {"month": month, "payments": payments}))
    return lines
