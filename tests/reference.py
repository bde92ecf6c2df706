"""Money worked out a second time, the slow and plain way; imports nothing of ours.

Whole fen and fractions instead of decimals, one day after the other instead of stretches. Tests
compare what the assistant computes, and what it says, with this.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction

ONE_DAY = timedelta(days=1)


def half_up(amount: Fraction) -> int:
    """Return a number of fen, halves away from zero (amounts are not negative here)."""
    return (amount + Fraction(1, 2)).__floor__()


def percent(text: str) -> Fraction:
    return Fraction(text) / 100


def penalty_rate(annual: Fraction, surcharge: Fraction, cap: Fraction | None = None) -> Fraction:
    rate = annual * (1 + surcharge)
    return rate if cap is None else min(rate, cap)


def penalty(
    principal: int,
    due: date,
    paid: Iterable[tuple[date, int]],
    today: date,
    *,
    rate: Fraction,
    base: int,
    grace: int = 0,
    from_grace_end: bool = False,
) -> int:
    """Return the penalty interest in fen until ``today`` on ``principal`` fen, day by day.

    ``paid`` are (day, fen of principal). A day costs ``rate`` ÷ ``base`` of what was still unpaid
    when it began; what is paid by the end of the grace period was never late.
    """
    last_of_grace = due + grace * ONE_DAY
    if today <= last_of_grace:
        return 0
    payments = list(paid)
    day = (last_of_grace if from_grace_end else due) + ONE_DAY
    sum_of_days = 0
    while day <= today:
        before = max(day - ONE_DAY, last_of_grace)
        sum_of_days += principal - sum(fen for when, fen in payments if when <= before)
        day += ONE_DAY
    return half_up(sum_of_days * rate / base)


def waterfall(payment: int, claims: Sequence[tuple[object, int]]) -> tuple[dict[object, int], int]:
    """Pour ``payment`` fen over ``claims`` (name, fen) from first to last; return what each got, and the rest."""
    got: dict[object, int] = {}
    for name, claim in claims:
        share = min(payment, claim)
        payment -= share
        if share:
            got[name] = got.get(name, 0) + share
    return got, payment


def months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def schedule(method: str, amount: int, annual: Fraction, periods: int) -> list[tuple[int, int]]:
    """Return (principal, interest) in fen for each month; the last one takes the difference."""
    monthly = annual / 12
    if method == "interest_first":
        interest = half_up(amount * monthly)
        return [(0, interest)] * (periods - 1) + [(amount, interest)]
    if method == "fee_instalments":
        part = half_up(Fraction(amount, periods))
        return [(part, 0)] * (periods - 1) + [(amount - part * (periods - 1), 0)]
    if method == "bullet":
        return [(amount, half_up(amount * annual * periods / 12))]
    rows: list[tuple[int, int]] = []
    left = amount
    factor = (1 + monthly) ** periods
    payment = half_up(amount * monthly * factor / (factor - 1)) if monthly else half_up(Fraction(amount, periods))
    part = half_up(Fraction(amount, periods))
    for number in range(1, periods + 1):
        interest = half_up(left * monthly)
        principal = payment - interest if method == "equal_instalments" else part
        if number == periods:
            principal = left
        rows.append((principal, interest))
        left -= principal
    return rows


def yuan(fen: int) -> str:
    """Return an amount as customers read it."""
    return f"¥{fen // 100:,}.{fen % 100:02d}"


def total(parts: Mapping[object, int]) -> int:
    return sum(parts.values())
