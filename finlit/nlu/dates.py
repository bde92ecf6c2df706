"""The day that a date value of ``finlit.nlu.quantities`` means."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta


def resolve_date(value: str, today: date) -> date:
    """Return the day that a date value means, seen from ``today``; a day past the month's end is its last.

    A weekday alone is the next one, today included; 下周五 is the Friday of the week after this one.

    Raises ValueError for a value that ``find`` does not make.
    """
    if value.startswith("today"):
        return today + timedelta(days=int(value[5:]))
    if value.startswith("day:"):
        return _in_month(today.year, today.month, int(value[4:]))
    if value.startswith("weekday:"):
        return today + timedelta(days=(int(value[8:]) - today.isoweekday()) % 7)
    if value.startswith("week"):
        offset, weekday = value[4:].split(":")
        return today + timedelta(days=int(offset) * 7 + int(weekday) - today.isoweekday())
    if value.startswith("month"):
        offset, day = value[5:].split(":")
        months = today.year * 12 + today.month - 1 + int(offset)
        return _in_month(months // 12, months % 12 + 1, int(day))
    if re.fullmatch(r"\d\d-\d\d", value):
        return _in_month(today.year, int(value[:2]), int(value[3:]))
    return date.fromisoformat(value)


def _in_month(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, monthrange(year, month)[1]))
