"""What if: waiting until a day, paying an amount on a day, settling the whole loan on a day.

Pure, like the ledger that it looks ahead with. Until the day in question nothing else is paid, so
an instalment that falls due before it is past due by then.

Early settlement (F-FEE-19), stated once: the customer pays what has fallen due with penalty
interest, the principal that is not due yet, and interest for the days used: counted on that
principal from the day after the last due date (or the day on which the loan was paid out) to the
day of settling, at the contract's rate and day count base. It is never more than the interest of
the running period, and what was paid of that before is taken off. A fee for instalments
(分期手续费) is owed for the running period and not for later ones. A fee for settling early is
owed only where the contract has one, on the principal that is not due yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from finlit.accounts.allocation import Allocation, allocate
from finlit.accounts.ledger import ONE_DAY, ZERO, DueAmount, Standing, Terms, standing
from finlit.money import fen


@dataclass(frozen=True)
class WhatIf:
    """How the loan stands ``before`` and ``after`` the payment on ``day``; without one both are the same."""

    day: date
    before: Standing
    allocation: Allocation | None
    after: Standing


def what_if(
    instalments: Sequence[DueAmount], terms: Terms, today: date, day: date, payment: Decimal | None = None
) -> WhatIf:
    """Return what becomes of the loan when nothing is paid until ``day``, and ``payment`` yuan then.

    Raises ValueError for a day before ``today`` and for what is no payment.
    """
    if day < today:
        raise ValueError(f"{day} is over")
    before = standing(instalments, terms, day)
    if payment is None:
        return WhatIf(day, before, None, before)
    allocation = allocate(payment, instalments, terms, day)
    return WhatIf(day, before, allocation, standing(allocation.applied(instalments), terms, day))


@dataclass(frozen=True)
class Settlement:
    """What settling the whole loan on ``day`` takes, in yuan: ``fallen_due`` with penalty interest, and the rest.

    ``used_from`` is the first day for which ``interest_used`` is counted, ``days_used`` how many they are.
    """

    day: date
    fallen_due: Decimal
    principal: Decimal
    interest_used: Decimal
    used_from: date
    days_used: int
    running_fee: Decimal
    early_fee: Decimal

    @property
    def total(self) -> Decimal:
        return self.fallen_due + self.principal + self.interest_used + self.running_fee + self.early_fee


def settlement(instalments: Sequence[DueAmount], terms: Terms, started_on: date, day: date) -> Settlement:
    """Return what settles the loan on ``day``; all parts are 0 when nothing is left.

    ``started_on`` is the day on which the loan was paid out; raises ValueError for a day before it.
    """
    if day < started_on:
        raise ValueError(f"the loan was paid out on {started_on}, after {day}")
    coming = sorted((due for due in instalments if due.due_on > day), key=lambda due: due.due_on)
    since = max((due.due_on for due in instalments if due.due_on <= day), default=started_on)
    principal = sum((due.principal_open for due in coming), ZERO)
    days = (day - since).days if principal else 0
    used = fen(principal * terms.penalty.annual_rate * days / terms.penalty.base)
    running = coming[0] if coming else None
    paid_of_it = running.interest - running.interest_open if running else ZERO
    return Settlement(
        day=day,
        fallen_due=standing(instalments, terms, day).pay_today,
        principal=principal,
        interest_used=max(ZERO, min(used, running.interest) - paid_of_it) if running else ZERO,
        used_from=since + ONE_DAY,
        days_used=days,
        running_fee=running.fee_open if running and days else ZERO,
        early_fee=fen(principal * terms.early_fee_rate),
    )
