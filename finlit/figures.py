"""Which figures one message gives a calculator, found by ``finlit.nlu.quantities``.

Nothing is guessed: what is said twice, out of range or only roughly is ``unclear``, with the
customer's own words. A bare figure (「18」) answers the question that was asked, and only that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from finlit.instalments import MOST_PERIODS
from finlit.money import ONE_FEN, exact, fen, show, show_rate
from finlit.nlu import not_known
from finlit.nlu.dates import resolve_date
from finlit.nlu.quantities import find
from finlit.rates import Rate
from finlit.text import fingerprint, normalise

AMOUNT, DAYS, MONTHS, RATE = "amount", "days", "months", "rate"
DAYS_A_MONTH = 30  # 逾期三个月, when nothing more exact is said; the answer says so
_UNCLEAR = "?"  # no figure at all: asked again
_MOST_AMOUNT = Decimal(100_000_000)
_MOST_DAYS = 36_500
_MOST_ANNUAL_RATE = Decimal(10)
_LONGEST_BASE = 365
_TIME_WORDS = re.compile(r"(?:天|周|星期|礼拜|月|期|年)$")
_QUESTION_WORDS = re.compile(r"几(?:块|元)钱?")  # 罚几块 asks, it does not tell
# 「基数365」「一年按360天」: how a year is counted, no figure of this loan
_DAY_COUNT = re.compile(
    r"(?:基数|计息|一年|按|除以)[^\d，,。；]{0,4}36[056](?!\d)天?|(?<!\d)36[056]天?的?(?:基数|计息|一年)"
)
_BARE = re.compile(r"\d+(?:\.\d+)?")

Value = Decimal | int | Rate


@dataclass(frozen=True)
class Figures:
    """What was understood: exact ``values`` by kind, ``unclear`` and ``beyond`` (out of range) words by kind.

    ``unknown`` are the kinds that the customer says they don't know. What ``values["days"]`` was
    reckoned from, if not said as days: ``from_months``, or ``between``, due date and day of payment.
    """

    values: Mapping[str, Value]
    unclear: Mapping[str, str]
    unknown: frozenset[str] = frozenset()
    from_months: int | None = None
    between: tuple[date, date] | None = None
    beyond: Mapping[str, str] = field(default_factory=dict)


class OutOfRange(ValueError):
    """A clear figure, but outside ``limits``."""


def limits(kind: str) -> tuple[str, str]:
    """Return the least and the most that ``kind`` may be, as customers read it."""
    return {
        AMOUNT: (show(ONE_FEN), show(_MOST_AMOUNT)),
        DAYS: ("1 天", f"{_MOST_DAYS} 天"),
        MONTHS: ("1 期", f"{MOST_PERIODS} 期"),
        RATE: ("年 0.01%", f"年 {show_rate(_MOST_ANNUAL_RATE)}"),
    }[kind]


@dataclass(frozen=True)
class _Said:
    kind: str
    value: str
    words: str


def parse(kind: str, text: str) -> Value:
    """Return the value of ``kind`` that ``text`` holds; raises OutOfRange, or ValueError for no such figure.

    Amounts are yuan in whole fen up to a hundred million, days up to a hundred years, months up
    to ``MOST_PERIODS``, rates above zero and at most 1,000 % a year.
    """
    if kind == RATE:
        rate = Rate.parse(text)
        if not 0 < rate.annual(_LONGEST_BASE) <= _MOST_ANNUAL_RATE:
            raise OutOfRange(f"no lender takes {text}")
        return rate
    number = exact(text)
    if kind == AMOUNT:
        if number != fen(number):
            raise ValueError(f"no amount in whole fen: {text}")
        if not ONE_FEN <= number <= _MOST_AMOUNT:
            raise OutOfRange(f"no amount that is lent: {text}")
        return number
    if number != number.to_integral_value():
        raise ValueError(f"no whole number of {kind}: {text}")
    if not 1 <= number <= (_MOST_DAYS if kind == DAYS else MOST_PERIODS):
        raise OutOfRange(f"no number of {kind}: {text}")
    return int(number)


def read(text: str, asked: str | None, today: date, kinds: Sequence[str]) -> Figures:
    """Return the figures of the message ``text`` for a calculator that needs ``kinds``."""
    said = [_in_context(each, text, asked) for each in _said(text)]
    candidates: dict[str, list[_Said]] = {kind: [each for each in said if each.kind == kind] for kind in kinds}
    unknown = set(not_known.kinds(text)) & set(kinds)
    if asked is not None and not_known.is_all_that_is_said(text):
        unknown.add(asked)
    from_months, between = None, None
    if DAYS in kinds and not candidates[DAYS]:
        candidates[DAYS], between = _days_from_dates(said, today)
        lengths = [each for each in said if each.kind == MONTHS and not each.words.endswith("期")]
        if lengths and not candidates[DAYS]:
            candidates[DAYS] = [_Said(DAYS, str(exact(each.value) * DAYS_A_MONTH), each.words) for each in lengths]
            from_months = int(exact(lengths[0].value))
    values: dict[str, Value] = {}
    unclear: dict[str, str] = {}
    beyond: dict[str, str] = {}
    for kind, found in candidates.items():
        _settle(kind, found, values, unclear, beyond)
    for each in said:
        rough = _rough_kind(each, kinds)
        if rough is not None and rough not in values and rough not in beyond:
            unclear.setdefault(rough, each.words)
    if DAYS not in values:
        from_months, between = None, None
    return Figures(values, unclear, frozenset(unknown) - set(values), from_months, between, beyond)


def _said(text: str) -> list[_Said]:
    return [
        _Said(each.kind, f"{each.value:f}" if isinstance(each.value, Decimal) else each.value, each.text)
        for each in find(_DAY_COUNT.sub("", normalise(text)))
    ]


def _in_context(said: _Said, text: str, asked: str | None) -> _Said:
    """Return a bare figure as the answer to the question that was ``asked``, anything else unchanged."""
    if asked is None or not _BARE.fullmatch(said.words):
        return said
    is_all = len(fingerprint(text)) - len(fingerprint(said.words)) <= 1
    if said.kind != "number" and not is_all:
        return said
    value = f"{exact(said.value) / 100:f}" if asked == RATE and exact(said.value) >= 1 else said.value
    # Below one, 0.18 could mean 18 % or 0.18 %: asked again.
    below = asked == RATE and 0 < exact(said.value) < 1
    return _Said(asked, _UNCLEAR if below else value, said.words)


def _days_from_dates(said: Sequence[_Said], today: date) -> tuple[list[_Said], tuple[date, date] | None]:
    """Return the days between the due date and the day of payment, or today when only one date is said.

    Dates whose order is not clear are no figure.
    """
    dates = [each for each in said if each.kind == "date"]
    if len(dates) in (1, 3):  # 10号没还，今天14号了; 今天还要多少
        dates = [each for each in dates if each.value != "today+0"]
    if not dates:
        return [], None
    words = "、".join(each.words for each in dates)
    days = [resolve_date(each.value, today) for each in dates] + ([today] if len(dates) == 1 else [])
    length = (days[1] - days[0]).days if len(days) == 2 else 0
    if length <= 0:
        return [_Said(DAYS, _UNCLEAR, words)], None
    return [_Said(DAYS, str(length), words)], (days[0], days[1])


def _settle(
    kind: str, found: Sequence[_Said], values: dict[str, Value], unclear: dict[str, str], beyond: dict[str, str]
) -> None:
    words = "、".join(dict.fromkeys(each.words for each in found))
    try:
        parsed = {parse(kind, each.value) for each in found}
    except OutOfRange:
        beyond[kind] = words
        return
    except ValueError:
        unclear[kind] = words
        return
    if len(parsed) == 1:
        values[kind] = parsed.pop()
    elif parsed:
        unclear[kind] = words


def _rough_kind(said: _Said, kinds: Sequence[str]) -> str | None:
    """Return which of ``kinds`` a rough value (三五千, 十来天) is about; None when it is none of them."""
    if said.kind != "ambiguous" or _QUESTION_WORDS.fullmatch(said.words):
        return None
    kind = (DAYS if DAYS in kinds else MONTHS) if _TIME_WORDS.search(said.words) else AMOUNT
    return kind if kind in kinds else None
