"""Several ways to repay the same loan, ready to be compared: schedules, totals, true annual cost. Pure.

Steps are formulas with the numbers put in; what they are called is said in ``data/tasks/plan_compare.yml``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from finlit import instalments
from finlit.instalments import METHODS, NoRate, Schedule
from finlit.money import fen
from finlit.rates import MONTHS_A_YEAR

FEE_METHOD = "fee_instalments"
SHOWN_WHOLE = 36  # periods up to which every payment is shown; then one a year


@dataclass(frozen=True)
class Plan:
    """One way to repay; ``monthly`` is its internal rate of return, None when it has none."""

    method: str
    schedule: Schedule
    monthly: Decimal | None

    @property
    def first(self) -> Decimal:
        return self.schedule[0].total

    @property
    def last(self) -> Decimal:
        return self.schedule[-1].total

    @property
    def cost(self) -> Decimal:
        """All interest and fees in yuan."""
        return instalments.cost(self.schedule)

    @property
    def most_at_once(self) -> Decimal:
        return max(payment.total for payment in self.schedule)

    @property
    def simple_annual(self) -> Decimal | None:
        """The true annual cost without compounding (单利口径, F-FEE-23)."""
        return None if self.monthly is None else instalments.simple_annual(self.monthly)

    @property
    def effective_annual(self) -> Decimal | None:
        """The true annual cost with compounding (复利口径)."""
        return None if self.monthly is None else instalments.effective_annual(self.monthly)

    def due(self, month: int) -> Decimal:
        """Return what is paid ``month`` months after the loan was paid out; zero when nothing is."""
        return sum((payment.total for payment in self.schedule if payment.month == month), Decimal(0))


def _plan(method: str, amount: Decimal, schedule: Schedule) -> Plan:
    try:
        return Plan(method, schedule, instalments.monthly_irr(amount, schedule))
    except NoRate:
        return Plan(method, schedule, None)


def with_rate(amount: Decimal, annual_rate: Decimal, periods: int) -> list[Plan]:
    """Return every method with interest: ``amount`` yuan, ``annual_rate`` as a fraction, months."""
    return [_plan(name, amount, method(amount, annual_rate, periods)) for name, method in METHODS.items()]


def fee_in_yuan(amount: Decimal, periods: int, *, each: Decimal | None = None, whole: Decimal | None = None,
                each_rate: Decimal | None = None, whole_rate: Decimal | None = None) -> Decimal:  # fmt: skip
    """Return all fees in yuan from the one way in which they are given: yuan or fractions, each period or in all."""
    if each is not None:
        return each * periods
    if each_rate is not None:
        return fen(amount * each_rate) * periods
    return whole if whole is not None else fen(amount * (whole_rate or Decimal(0)))


def with_fee(amount: Decimal, fee: Decimal, periods: int) -> Plan:
    """Return 分期手续费 with ``fee`` yuan in all, spread over the periods (F-FEE-23)."""
    return _plan(FEE_METHOD, amount, instalments.fee_instalments(amount, fee, periods))


def shown_months(periods: int) -> list[int]:
    """Return the months that a chart or a list shows: all, or the first, one each year and the last."""
    if periods <= SHOWN_WHOLE:
        return list(range(1, periods + 1))
    return sorted({1, *range(MONTHS_A_YEAR, periods + 1, MONTHS_A_YEAR), periods})


def cheapest(plans: Sequence[Plan]) -> Plan:
    """Return the plan with the least interest and fees; the first of equal ones."""
    return min(plans, key=lambda plan: plan.cost)


def dearest(plans: Sequence[Plan]) -> Plan:
    """Return the plan with the most interest and fees; the first of equal ones."""
    return max(plans, key=lambda plan: plan.cost)
