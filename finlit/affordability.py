"""How much of an income goes into debts, and what the rule of thumb says about it (F-PLAN-01).

There is no legal limit for consumer loans: the bands are experience, and every answer that uses
them has to say so. The 50 % and 55 % of F-PLAN-01 are for mortgages only and stand nowhere here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from finlit.money import exact, round_rate


@dataclass(frozen=True)
class Band:
    """Ratios up to and including ``up_to`` (None: any higher), and the fact's own words for them."""

    name: str
    up_to: Decimal | None
    wording: str | None


# F-PLAN-01 says nothing about the stretch between 40 % and 50 %: it has no wording, and gets none.
BANDS = (
    Band("steady", Decimal("0.40"), "占到手收入 30%–40% 以内较稳"),
    Band("between", Decimal("0.50"), None),
    Band("risky", None, "超过 50% 风险高"),
)


@dataclass(frozen=True)
class DebtBurden:
    """All monthly debt payments over take-home income, as a fraction, and what is left in yuan."""

    ratio: Decimal
    band: Band
    left: Decimal

    @property
    def places(self) -> int:
        """Return how many places of the percentage to show: one, or as many as tell its band from the next."""
        return next((places for places in range(1, 20) if band_of(round_rate(self.ratio, places)) is self.band), 20)


def band_of(ratio: Decimal) -> Band:
    """Return the band into which ``ratio``, a fraction, falls."""
    return next(band for band in BANDS if band.up_to is None or ratio <= band.up_to)


def debt_to_income(income: Decimal, payments: Sequence[Decimal], essentials: Decimal = Decimal(0)) -> DebtBurden:
    """Weigh monthly ``payments`` against monthly take-home ``income``; all in yuan.

    ``left`` is the income without payments and ``essentials``; it may be negative.
    Raises ValueError when the income is not above zero or anything else is negative.
    """
    if exact(income) <= 0:
        raise ValueError("income must be above zero")
    if any(exact(amount) < 0 for amount in (*payments, essentials)):
        raise ValueError("payments and essential spending are not negative")
    owed = sum(payments, Decimal(0))
    ratio = owed / income
    return DebtBurden(ratio, band_of(ratio), income - owed - essentials)
