"""Days counted in months."""

from __future__ import annotations

from calendar import monthrange
from datetime import date


def months_later(day: date, months: int) -> date:
    """Return the same day ``months`` later, or earlier when negative; the month's last day where it is too short.

    Raises ValueError outside the years that ``date`` knows.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
