"""Penalty interest (罚息): overdue principal × annual rate × (1 + surcharge) ÷ base × days (F-FEE-04).

Rules, stated once:

* Days run from the due date to the day of payment; the due date itself is not counted, the day
  of payment is. Due on the 20th and paid on the 21st is one day past due.
* Only matured, unpaid principal bears penalty interest. The penalty rate contains the contract
  rate, so no normal interest runs on the same principal for the same days (F-FEE-04).
* Simple interest: penalty interest bears none itself.
* The cap, where a contract has one, clamps the *annual penalty rate* (contract rate with its
  surcharge) before it is applied. It clamps nothing else: neither the interest that fell due
  before the delay nor other charges (F-FEE-09 is about the total and needs a court).
* One instalment's penalty interest is rounded once, half up to the fen, after all its stretches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from finlit.money import exact, fen, show, show_rate
from finlit.rates import DAY_COUNT_BASES, Rate

LEAST_SURCHARGE = Decimal("0.30")  # F-FEE-02
MOST_SURCHARGE = Decimal("0.50")  # F-FEE-02
JUDICIAL_CEILING = Decimal("0.24")  # F-FEE-09, a year, on the borrower's request


@dataclass(frozen=True)
class PenaltyTerms:
    """A contract's terms. Rates are annual fractions; raises ValueError for impossible terms."""

    annual_rate: Decimal
    surcharge: Decimal
    base: int
    cap: Decimal | None = None

    def __post_init__(self) -> None:
        if exact(self.annual_rate) < 0 or exact(self.surcharge) < 0:
            raise ValueError("rates are not negative")
        if self.cap is not None and exact(self.cap) <= 0:
            raise ValueError("a cap is above zero, or None")
        if self.base not in DAY_COUNT_BASES:
            raise ValueError(f"day count base must be one of {DAY_COUNT_BASES}, not {self.base}")

    @property
    def uncapped_rate(self) -> Decimal:
        """Return the annual penalty rate before the cap."""
        return self.annual_rate * (1 + self.surcharge)

    @property
    def rate(self) -> Decimal:
        """Return the annual penalty rate that is applied."""
        return self.uncapped_rate if self.cap is None else min(self.uncapped_rate, self.cap)

    @property
    def is_capped(self) -> bool:
        return self.rate < self.uncapped_rate


@dataclass(frozen=True)
class Stretch:
    """Days during which the same overdue principal (yuan) was unpaid; raises ValueError below zero."""

    principal: Decimal
    days: int

    def __post_init__(self) -> None:
        if exact(self.principal) < 0 or self.days < 0:
            raise ValueError("principal and days are not negative")


@dataclass(frozen=True)
class Penalty:
    """Penalty interest in yuan, rounded to the fen, and the formula with the numbers put in."""

    amount: Decimal
    steps: str


def penalty_interest(stretches: Sequence[Stretch], terms: PenaltyTerms) -> Penalty:
    """Return the penalty interest of one instalment over all its ``stretches``."""
    principal_days = sum((exact(stretch.principal) * stretch.days for stretch in stretches), Decimal(0))
    # Multiply before dividing: the only inexact step comes last.
    amount = fen(principal_days * terms.rate / terms.base)
    return Penalty(amount, f"{_principal_days(stretches)} × {_rate(terms)} ÷ {terms.base} = {show(amount)}")


def penalty_a_day(principal: Decimal, terms: PenaltyTerms) -> Decimal:
    """Return what one more day costs on ``principal`` yuan, rounded to the fen."""
    return penalty_interest([Stretch(principal, 1)], terms).amount


@dataclass(frozen=True)
class Estimate:
    """What penalty interest may be when only the contract's rate is known: surcharge and base are open.

    ``least`` and ``most`` are with the surcharges of F-FEE-02; ``at_rate`` is without one, for a
    customer who gave the penalty rate itself; ``ceiling`` is what 24 % a year comes to (F-FEE-09).
    Pairs are for a year of 365 and of 360 days.
    """

    least: Penalty
    most: Penalty
    at_rate: tuple[Penalty, Penalty]
    ceiling: tuple[Penalty, Penalty]


def estimate(principal: Decimal, days: int, rate: Rate) -> Estimate:
    """Return the range of penalty interest on ``principal`` yuan after ``days`` days past due."""
    stretch = [Stretch(principal, days)]

    def penalty(base: int, surcharge: Decimal, annual_rate: Decimal) -> Penalty:
        return penalty_interest(stretch, PenaltyTerms(annual_rate, surcharge, base))

    none = Decimal(0)
    short, long = DAY_COUNT_BASES
    return Estimate(
        least=penalty(long, LEAST_SURCHARGE, rate.annual(long)),
        most=penalty(short, MOST_SURCHARGE, rate.annual(short)),
        at_rate=(penalty(long, none, rate.annual(long)), penalty(short, none, rate.annual(short))),
        ceiling=(penalty(long, none, JUDICIAL_CEILING), penalty(short, none, JUDICIAL_CEILING)),
    )


def _principal_days(stretches: Sequence[Stretch]) -> str:
    parts = [f"{show(stretch.principal)} × {stretch.days} 天" for stretch in stretches]
    return parts[0] if len(parts) == 1 else f"({' + '.join(parts) or '0'})"


def _rate(terms: PenaltyTerms) -> str:
    if terms.is_capped:
        return show_rate(terms.rate)
    if not terms.surcharge:
        return show_rate(terms.annual_rate)
    return f"{show_rate(terms.annual_rate)} × (1 + {show_rate(terms.surcharge)})"
