"""A rate as customers say it (a year, a month or a day) and what it comes to in a year (F-FEE-22).

The rule to remember: a daily rate becomes annual with the contract's day count base, 360 or 365;
a monthly rate is always a twelfth of the annual one.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from finlit.money import exact, show_rate

DAY_COUNT_BASES = (360, 365)
MONTHS_A_YEAR = 12
_PERIODS = {"daily": "日", "monthly": "月", "annual": "年"}


@dataclass(frozen=True)
class Rate:
    """``fraction`` for one ``period``: daily, monthly or annual. Raises ValueError when negative."""

    fraction: Decimal
    period: str = "annual"

    def __post_init__(self) -> None:
        if exact(self.fraction) < 0 or self.period not in _PERIODS:
            raise ValueError(f"not a rate: {self.fraction} {self.period}")

    @classmethod
    def parse(cls, text: str) -> Rate:
        """Read ``0.18``, ``monthly:0.01`` or ``daily:0.0005``, as ``finlit.nlu.quantities`` writes them.

        Raises ValueError for anything else.
        """
        period, colon, fraction = text.partition(":")
        return cls(exact(fraction), period) if colon else cls(exact(text))

    def annual(self, base: int) -> Decimal:
        """Return the simple annual rate with a year of ``base`` days; raises ValueError for other bases."""
        if base not in DAY_COUNT_BASES:
            raise ValueError(f"day count base must be one of {DAY_COUNT_BASES}, not {base}")
        per_year = {"daily": base, "monthly": MONTHS_A_YEAR, "annual": 1}[self.period]
        return self.fraction * per_year

    def __str__(self) -> str:
        plain = f"{self.fraction:f}"
        return plain if self.period == "annual" else f"{self.period}:{plain}"

    def show(self) -> str:
        """Return the rate as customers read it: ``年 18%``, ``日 0.05%``."""
        return f"{_PERIODS[self.period]} {show_rate(self.fraction)}"
