"""Ways to repay side by side: amount, periods, and a rate, an instalment fee or both."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from finlit.figures import AMOUNT, MONTHS, RATE
from finlit.money import ONE_FEN, show, show_rate
from finlit.nlu.quantities import Quantity, find
from finlit.tasks.calculator import Calculator, Figure
from finlit.tasks.readers import Option, Reader, Unclear, Value
from finlit.tasks.task import Question, Readings
from finlit.text import normalise

FEE = "fee"
EACH, WHOLE = "each", "whole"  # what a fee is for: one period, or all of them
_SAYS_FEE = re.compile(r"手续费|服务费|分期费|费率")
_BEHIND = re.compile(r"的?(?:分期)?(?:手续费|服务费)")
_EACH = re.compile(r"每期|每个月|每月|一期|一个月|月费率|单期|期费率")
_WHOLE = re.compile(r"一共|总共|总的|总费率|总|合计|全部|一次性|加起来")
_REACH = 12  # characters before the figure in which 「手续费」 and 「每期」 are looked for
_MOST_EACH, _MOST_WHOLE = Decimal("0.1"), Decimal(1)  # of the amount
_MOST_YUAN = Decimal(10_000_000)


@dataclass(frozen=True)
class Fee(Reader):
    """An instalment fee: {"per": "each" or "whole", "rate": "0.006"} or {…, "yuan": "60"}; ``code`` repeats the figure."""

    takes_figure = True

    def answered(self, text: str, options: Sequence[Option] = ()) -> Value | Unclear | None:
        """Return the fee; unclear unless it is said for what it is."""
        return fee_in(text, asked=True)[0]

    def limits(self) -> tuple[str, str]:
        return show(ONE_FEN), show_rate(_MOST_WHOLE)

    def show(self, value: Value, titles: Mapping[str, str]) -> str:
        """Return the figure alone; ``titles`` may say what each and whole are called."""
        figure = show(Decimal(value["yuan"])) if "yuan" in value else show_rate(Decimal(value["rate"]))
        return f"{titles.get(value['per'], '')}{figure}"


@dataclass(frozen=True)
class _PlanCompare(Calculator):
    def read(self, text: str, asked: str | None, today: date, options: Sequence[Option] = ()) -> Readings:
        """Return the figures; what is said to be a fee is no rate."""
        fee, rest = fee_in(text, asked=asked == FEE)
        found = super().read(rest, asked, today, options)
        if isinstance(fee, Unclear):
            return Readings(found.values, {**found.unclear, FEE: fee}, found.unknown)
        return found if fee is None else Readings({**found.values, FEE: fee}, found.unclear, found.unknown)

    def next_question(self, values: Mapping[str, Any]) -> str | None:
        """Return what is missing: a rate is not asked for when a fee is known, a fee is never asked for first."""
        known = {**values, FEE: None}
        return super().next_question({**known, RATE: None} if values.get(FEE) else known)


def fee_in(text: str, asked: bool) -> tuple[Value | Unclear | None, str]:
    """Return the fee that ``text`` names (any figure when it was ``asked`` for), and the text without it."""
    plain = normalise(text)
    begin = 0
    for each in find(plain):
        before = plain[max(begin, each.start - _REACH) : each.start]
        begin = each.end
        if each.kind not in ("rate", "amount", "number"):
            continue
        behind = _BEHIND.match(plain, each.end)
        if asked or _SAYS_FEE.search(before) or behind:
            return _fee(each, before, plain[each.end : each.end + 4]), plain[: each.start] + "，" + plain[each.end :]
    return None, text


def _fee(figure: Quantity, before: str, after: str) -> Value | Unclear:
    per = EACH if _EACH.search(before + after) or str(figure.value).startswith("monthly:") else None
    per = per or (WHOLE if _WHOLE.search(before + after) else None)
    words = f"{before.strip('，。 ')}{figure.text}" if per is None else figure.text
    if per is None or str(figure.value).startswith("daily:"):
        return Unclear(words)
    if figure.kind == "amount":
        yuan = Decimal(figure.value)
        beyond = not ONE_FEN <= yuan <= _MOST_YUAN
        return Unclear(words, beyond=True) if beyond else {"per": per, "yuan": f"{yuan:f}", "code": f"{yuan:f}"}
    rate = Decimal(str(figure.value).removeprefix("monthly:"))
    rate = rate / 100 if figure.kind == "number" else rate
    if not 0 < rate <= (_MOST_EACH if per == EACH else _MOST_WHOLE):
        return Unclear(words, beyond=True)
    return {"per": per, "rate": f"{rate:f}", "code": f"{rate:f}"}


PLAN_COMPARE = _PlanCompare(
    name="plan_compare",
    intent="plan_compare",
    questions=(
        Question(AMOUNT, Figure(AMOUNT), cues="金额|借款额|本金|借多少"),
        Question(MONTHS, Figure(MONTHS), cues="期数|几期|期限|多少期"),
        Question(RATE, Figure(RATE), cues="利率|年化|日息|月息"),
        Question(FEE, Fee(), cues="手续费|服务费|费率", optional=True),
    ),
)
