"""What a question about the customer's own loans asks for: when, how much, which loan. Pure; nothing is guessed."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from finlit.days import months_later
from finlit.money import ONE_FEN, fen
from finlit.nlu.dates import resolve_date
from finlit.nlu.portions import loan_number, portion, without_portions
from finlit.nlu.quantities import Quantity, find
from finlit.text import fingerprint, normalise

FURTHEST = timedelta(days=3650)
_SETTLE = re.compile(r"还清|结清|清掉|还完|还光|(?:全部|全都?|一次性?)(?:都?)(?:还|付)")


@dataclass(frozen=True)
class Asked:
    """``day`` is never before today: ``over`` says that the one named was. ``amount`` in yuan.

    ``loan`` counts from 1, ``portions.OTHER`` is another than before. ``unclear`` are the
    customer's own words for a figure that has several readings.
    """

    day: date | None = None
    over: bool = False
    amount: Decimal | None = None
    portion: Fraction | None = None
    loan: int | None = None
    settles: bool = False
    unclear: str | None = None


def read(text: str, today: date) -> Asked:
    """Return what ``text`` asks for, seen from ``today``; never raises for any text."""
    part = portion(text)
    settles = bool(_SETTLE.search(fingerprint(text)))
    quantities = find(without_portions(normalise(text)))
    day = _day(quantities, today)
    amounts = [each.value for each in quantities if each.kind == "amount" and isinstance(each.value, Decimal)]
    amount = amounts[0] if len(set(amounts)) == 1 else None
    unclear = next((each.text for each in quantities if each.kind == "ambiguous"), None)
    if len(set(amounts)) > 1 or (amount is not None and (amount < ONE_FEN or amount != fen(amount))):
        amount, unclear = None, next(each.text for each in quantities if each.kind == "amount")
    return Asked(
        day=day if day is None or day >= today else None,
        over=day is not None and day < today,
        amount=amount,
        portion=None if settles and part == 1 else part,
        loan=loan_number(text),
        settles=settles,
        unclear=unclear,
    )


def _day(quantities: list[Quantity], today: date) -> date | None:
    for each in quantities:
        if each.kind == "date":
            try:
                return _ahead(str(each.value), resolve_date(str(each.value), today), today)
            except (ValueError, OverflowError):
                return None
    days = sum(
        (each.value for each in quantities if each.kind == "days" and isinstance(each.value, Decimal)), Decimal(0)
    )
    months = sum(
        (each.value for each in quantities if each.kind == "months" and isinstance(each.value, Decimal)), Decimal(0)
    )
    if not days and not months or days + 31 * months > FURTHEST.days or days + months != int(days + months):
        return None
    return months_later(today, int(months)) + timedelta(days=int(days))


def _ahead(value: str, day: date, today: date) -> date:
    """Return the next day of that name: 「15号」 on the 20th is next month's, 「3月5号」 in May next year's."""
    if day < today and value.startswith("day:"):
        following = months_later(today.replace(day=1), 1)
        return following.replace(day=min(int(value[4:]), monthrange(following.year, following.month)[1]))
    if day < today and re.fullmatch(r"\d\d-\d\d", value):
        return resolve_date(f"{today.year + 1}-{value}", today)
    return day
