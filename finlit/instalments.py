"""Repayment schedules and what a loan truly costs a year (F-PLAN-02…04, F-FEE-23).

The rounding rule of every schedule: each payment's interest or fee is rounded to the fen
(``money.fen``), and the last instalment takes the difference, so that the principal parts sum
to the amount exactly. One period is one month; the monthly rate is the annual rate ÷ 12.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext

from finlit.money import ONE_FEN, exact, fen
from finlit.rates import MONTHS_A_YEAR

MOST_PERIODS = 600
_IRR_PRECISION = 40  # digits while searching
_IRR_HALVINGS = 100
_MOST_MONTHLY_RATE = Decimal(10)


class NoRate(ValueError):
    """The payments have no internal rate of return between 0 and 1,000 % a month."""


@dataclass(frozen=True)
class Payment:
    """What is due ``month`` months after the loan was paid out, in yuan."""

    month: int
    principal: Decimal
    interest: Decimal = Decimal(0)
    fee: Decimal = Decimal(0)

    @property
    def total(self) -> Decimal:
        return self.principal + self.interest + self.fee


Schedule = tuple[Payment, ...]


def _check(amount: Decimal, rate: Decimal, periods: int) -> None:
    if exact(amount) < ONE_FEN or amount != fen(amount):
        raise ValueError(f"an amount is at least one fen, in whole fen: {amount}")
    if exact(rate) < 0:
        raise ValueError(f"a rate is not negative: {rate}")
    if not 1 <= periods <= MOST_PERIODS:
        raise ValueError(f"periods are 1 to {MOST_PERIODS}: {periods}")


def equal_instalments(amount: Decimal, annual_rate: Decimal, periods: int) -> Schedule:
    """Return 等额本息: the same total each month, P·i·(1+i)^n ÷ ((1+i)^n − 1) (F-PLAN-02)."""
    _check(amount, annual_rate, periods)
    monthly = annual_rate / MONTHS_A_YEAR
    growth = (1 + monthly) ** periods
    payment = fen(amount * monthly * growth / (growth - 1)) if growth > 1 else fen(amount / periods)
    payments, left = [], amount
    for month in range(1, periods + 1):
        interest = fen(left * monthly)
        principal = left if month == periods else min(left, payment - interest)
        payments.append(Payment(month, principal, interest))
        left -= principal
    return tuple(payments)


def equal_principal(amount: Decimal, annual_rate: Decimal, periods: int) -> Schedule:
    """Return 等额本金: the same principal each month, interest on what is left (F-PLAN-03)."""
    _check(amount, annual_rate, periods)
    monthly = annual_rate / MONTHS_A_YEAR
    payments, left = [], amount
    for month, principal in enumerate(_equal_parts(amount, periods), start=1):
        payments.append(Payment(month, principal, fen(left * monthly)))
        left -= principal
    return tuple(payments)


def interest_first(amount: Decimal, annual_rate: Decimal, periods: int) -> Schedule:
    """Return 先息后本: interest each month, all principal with the last payment (F-PLAN-04)."""
    _check(amount, annual_rate, periods)
    interest = fen(amount * annual_rate / MONTHS_A_YEAR)
    return tuple(
        Payment(month, amount if month == periods else Decimal(0), interest) for month in range(1, periods + 1)
    )


def bullet(amount: Decimal, annual_rate: Decimal, periods: int) -> Schedule:
    """Return 到期还本付息: one payment after ``periods`` months, simple interest."""
    _check(amount, annual_rate, periods)
    return (Payment(periods, amount, fen(amount * annual_rate * periods / MONTHS_A_YEAR)),)


def fee_instalments(amount: Decimal, fee: Decimal, periods: int) -> Schedule:
    """Return 分期手续费: equal principal, and ``fee`` yuan in all spread over the periods (F-FEE-23).

    Amount and fee are conserved to the fen; raises ValueError for a fee that is negative or not in whole fen.
    """
    _check(amount, Decimal(0), periods)
    if exact(fee) < 0 or fee != fen(fee):
        raise ValueError(f"a fee is not negative, in whole fen: {fee}")
    parts = zip(_equal_parts(amount, periods), _equal_parts(fee, periods))
    return tuple(Payment(month, principal, fee=part) for month, (principal, part) in enumerate(parts, start=1))


METHODS: dict[str, Callable[[Decimal, Decimal, int], Schedule]] = {
    "equal_instalments": equal_instalments,
    "equal_principal": equal_principal,
    "interest_first": interest_first,
    "bullet": bullet,
}


def _equal_parts(amount: Decimal, periods: int) -> list[Decimal]:
    part = fen(amount / periods)
    if part * (periods - 1) > amount:  # a few fen over many months: rounding up would overshoot
        part -= ONE_FEN
    return [part] * (periods - 1) + [amount - part * (periods - 1)]


def cost(schedule: Sequence[Payment]) -> Decimal:
    """Return all interest and fees in yuan."""
    return sum((payment.interest + payment.fee for payment in schedule), Decimal(0))


def monthly_irr(received: Decimal, schedule: Sequence[Payment]) -> Decimal:
    """Return the monthly rate at which ``schedule`` is worth ``received`` yuan today.

    ``received`` is what was really paid out: an amount deducted in advance lowers it.
    Raises NoRate when less is paid back than was received, or far too much.
    """
    if exact(received) <= 0 or sum(payment.total for payment in schedule) < received:
        raise NoRate("less is paid back than was received")
    with localcontext() as context:
        context.prec = _IRR_PRECISION
        low, high = Decimal(0), _MOST_MONTHLY_RATE
        if _worth(schedule, high) > received:
            raise NoRate("above 1,000 % a month")
        for _ in range(_IRR_HALVINGS):
            middle = (low + high) / 2
            low, high = (middle, high) if _worth(schedule, middle) > received else (low, middle)
        return high


def _worth(schedule: Sequence[Payment], monthly: Decimal) -> Decimal:
    return sum((payment.total / (1 + monthly) ** payment.month for payment in schedule), Decimal(0))


def simple_annual(monthly: Decimal) -> Decimal:
    """Return the annual rate without compounding (单利口径): monthly × 12."""
    return monthly * MONTHS_A_YEAR


def effective_annual(monthly: Decimal) -> Decimal:
    """Return the annual rate with compounding (复利口径): (1 + monthly)^12 − 1."""
    return (1 + monthly) ** MONTHS_A_YEAR - 1
