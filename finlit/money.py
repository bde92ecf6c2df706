"""Amounts are Decimal yuan, rates are Decimal fractions (0.18 is 18 %); floats are refused.

The rounding rule, stated once: ``fen`` rounds half up (away from zero) to the fen. Formulas round
where a contract makes an amount payable (one instalment's interest, one instalment's penalty
interest) and nowhere in between.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

ONE_FEN = Decimal("0.01")
MOST_PERCENT_PLACES = 4


def exact(value: Decimal | int | str) -> Decimal:
    """Return ``value`` as a Decimal; raises TypeError for a float, ValueError for what is no finite number."""
    if isinstance(value, (float, bool)):
        raise TypeError(f"money and rates are Decimal, never {type(value).__name__}: {value!r}")
    try:
        number = Decimal(value)
    except ArithmeticError as error:
        raise ValueError(f"not a number: {value!r}") from error
    if not number.is_finite():
        raise ValueError(f"not a finite number: {value!r}")
    return number


def round_rate(fraction: Decimal, places: int) -> Decimal:
    """Return ``fraction`` rounded half up to ``places`` of its percentage: 0.4005 to one place is 0.401."""
    return _rounded(exact(fraction), places + 2)


def _rounded(number: Decimal, places: int) -> Decimal:
    return number.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def fen(amount: Decimal) -> Decimal:
    """Return ``amount`` in yuan rounded half up to the fen."""
    return exact(amount).quantize(ONE_FEN, rounding=ROUND_HALF_UP)


def show(amount: Decimal) -> str:
    """Return ``amount`` as customers read it: ``¥1,234.50``, ``-¥0.05``."""
    rounded = fen(amount)
    return f"{'-' if rounded < 0 else ''}¥{abs(rounded):,.2f}"


def show_range(least: Decimal, most: Decimal) -> str:
    """Return ``¥98.63–¥100.00``, or one amount when both are the same to the fen."""
    return show(least) if fen(least) == fen(most) else f"{show(least)}–{show(most)}"


def show_rate(fraction: Decimal, places: int = MOST_PERCENT_PLACES) -> str:
    """Return a rate in percent without needless zeros, rounded half up to ``places``: ``18%``, ``0.05%``."""
    percent = _rounded(exact(fraction) * 100, places)
    whole, _, decimals = f"{percent:f}".partition(".")
    decimals = decimals.rstrip("0")
    return f"{whole}.{decimals}%" if decimals else f"{whole}%"
