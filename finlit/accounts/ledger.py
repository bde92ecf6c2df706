"""What is owed on a loan on a given day: pure rules on plain records, no database.

Rules, stated once (how penalty interest itself is counted stands in ``finlit.fees``):

* An instalment is past due from the day after its due date until principal, interest and fee are paid.
* What is paid by the end of a contractual grace period counts as paid on time: it bears no
  penalty interest. Later, penalty interest runs from the due date or from the end of the grace
  period, as the contract says (``PENALTY_STARTS``).
* A repayment stops penalty interest on the principal that it pays, from its own day on.
* Owed in all = all unpaid principal + unpaid interest and fees that have fallen due + penalty
  interest to today. Interest and fees of periods that are still to come are not owed yet.

How a repayment is shared out stands in ``finlit.accounts.allocation``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

from finlit.fees import Penalty, PenaltyTerms, Stretch, penalty_a_day, penalty_interest
from finlit.money import exact, show

PENALTY_STARTS = ("due_date", "grace_end")
PARTS = ("fee", "interest", "penalty", "principal")  # what a repayment can pay
ZERO = Decimal(0)
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Paid:
    """One allocation of a repayment: its day and its parts, in yuan."""

    day: date
    principal: Decimal = ZERO
    interest: Decimal = ZERO
    penalty: Decimal = ZERO
    fee: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        return self.principal + self.interest + self.penalty + self.fee


@dataclass(frozen=True)
class Terms:
    """What the contract says about being late and about paying.

    ``allocation_order`` is a permutation of ``PARTS``, or None when the contract is silent.
    ``early_fee_rate`` is a fraction of the principal that is paid before it is due (F-FEE-19).
    Raises ValueError for impossible terms.
    """

    penalty: PenaltyTerms
    grace_days: int = 0
    penalty_runs_from: str = "due_date"
    allocation_order: tuple[str, ...] | None = None
    early_fee_rate: Decimal = ZERO

    def __post_init__(self) -> None:
        if self.penalty_runs_from not in PENALTY_STARTS or self.grace_days < 0:
            raise ValueError(f"unknown start {self.penalty_runs_from!r} or negative grace {self.grace_days}")
        if self.allocation_order is not None and sorted(self.allocation_order) != sorted(PARTS):
            raise ValueError(f"an order names each of {PARTS} once, not {self.allocation_order}")
        if exact(self.early_fee_rate) < 0:
            raise ValueError("a fee rate is not negative")


@dataclass(frozen=True)
class Counted:
    """From which day to which day (both counted) penalty interest ran on ``principal`` yuan."""

    principal: Decimal
    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


@dataclass(frozen=True)
class DueAmount:
    """One instalment with what has been paid of it, oldest payment first."""

    number: int
    due_on: date
    principal: Decimal
    interest: Decimal
    paid: tuple[Paid, ...] = ()
    fee: Decimal = ZERO

    def _paid(self, part: str) -> Decimal:
        return sum((getattr(paid, part) for paid in self.paid), ZERO)

    @cached_property
    def principal_open(self) -> Decimal:
        return self.principal - self._paid("principal")

    @cached_property
    def interest_open(self) -> Decimal:
        return self.interest - self._paid("interest")

    @cached_property
    def fee_open(self) -> Decimal:
        return self.fee - self._paid("fee")

    @cached_property
    def open(self) -> Decimal:
        """Return unpaid principal, interest and fee, without penalty interest."""
        return self.principal_open + self.interest_open + self.fee_open

    def with_paid(self, paid: Paid) -> DueAmount:
        """Return the instalment after one more payment, which is not earlier than the others."""
        return replace(self, paid=(*self.paid, paid))

    def is_past_due(self, today: date) -> bool:
        return self.open > 0 and self.due_on < today

    def days_past_due(self, today: date) -> int:
        """Return the calendar days since the due date, grace period or not; 0 when not past due."""
        return (today - self.due_on).days if self.is_past_due(today) else 0

    def grace_ends(self, terms: Terms) -> date:
        return self.due_on + timedelta(days=terms.grace_days)

    def counted(self, terms: Terms, today: date) -> tuple[Counted, ...]:
        """Return from when to when how much principal bore penalty interest, until ``today``."""
        end_of_grace = self.grace_ends(terms)
        if today <= end_of_grace:
            return ()
        since = end_of_grace if terms.penalty_runs_from == "grace_end" else self.due_on
        left = self.principal - sum((paid.principal for paid in self.paid if paid.day <= end_of_grace), ZERO)
        later = sorted((paid for paid in self.paid if end_of_grace < paid.day <= today), key=lambda paid: paid.day)
        found = []
        for day, principal in [*((paid.day, paid.principal) for paid in later), (today, ZERO)]:
            if left and day > since:
                found.append(Counted(left, since + ONE_DAY, day))
            left, since = left - principal, day
        return tuple(found)

    def penalty(self, terms: Terms, today: date) -> Penalty:
        """Return all penalty interest until ``today``, whether paid or not."""
        stretches = [Stretch(each.principal, each.days) for each in self.counted(terms, today)]
        return penalty_interest(stretches, terms.penalty)

    @property
    def penalty_paid(self) -> Decimal:
        return self._paid("penalty")

    def penalty_open(self, terms: Terms, today: date) -> Penalty:
        """Return penalty interest until ``today`` that is not paid, never below zero, and how it came about."""
        whole = self.penalty(terms, today)
        if not self.penalty_paid:
            return whole
        left = max(ZERO, whole.amount - self.penalty_paid)
        return Penalty(left, f"{whole.steps}，{show(whole.amount)} − {show(self.penalty_paid)} = {show(left)}")


@dataclass(frozen=True)
class LatePart:
    """The open penalty interest of one instalment, and the days that were counted for it."""

    number: int
    due_on: date
    counted: tuple[Counted, ...]
    penalty: Penalty


@dataclass(frozen=True)
class BearingPart:
    """The overdue principal of one instalment that bears penalty interest, and what one more day costs on it, in yuan."""

    number: int
    principal: Decimal
    a_day: Decimal


@dataclass(frozen=True)
class Standing:
    """How one loan stands on ``day``; amounts in yuan.

    ``late`` tells how ``penalty`` came about, instalment by instalment. ``bearing`` are the
    instalments on which one more day costs something; while all of the loan is inside a grace
    period, those on which a day will cost something once that has passed.
    """

    day: date
    outstanding: Decimal
    days_past_due: int
    overdue_principal: Decimal
    overdue_interest: Decimal
    overdue_fee: Decimal
    due_today: Decimal
    penalty: Decimal
    bearing: tuple[BearingPart, ...]
    late: tuple[LatePart, ...]
    pay_today: Decimal
    grace_ends: date | None
    state: str

    @property
    def penalty_a_day(self) -> Decimal:
        """Return what one more day costs: the sum over ``bearing``."""
        return _sum([part.a_day for part in self.bearing])


def _sum(amounts: Sequence[Decimal]) -> Decimal:
    return sum(amounts, ZERO)


def standing(instalments: Sequence[DueAmount], terms: Terms, today: date) -> Standing:
    """Return how the loan of ``instalments`` stands.

    ``state`` is settled, current, in_grace (late, but no instalment beyond its grace period),
    overdue, or penalty_left (nothing is late, only penalty interest of before is unpaid).
    ``pay_today`` brings the loan up to date: what fell due until today, with penalty.
    """
    late = [due for due in instalments if due.is_past_due(today)]
    in_grace = bool(late) and all(today <= due.grace_ends(terms) for due in late)
    parts = [
        LatePart(due.number, due.due_on, due.counted(terms, today), left)
        for due in instalments
        if (left := due.penalty_open(terms, today)).amount
    ]
    penalty = _sum([part.penalty.amount for part in parts])
    fallen_due = [due for due in instalments if due.due_on <= today]
    bearing = [
        BearingPart(due.number, due.principal_open, penalty_a_day(due.principal_open, terms.penalty))
        for due in late
        if due.principal_open and (in_grace or today >= due.grace_ends(terms))
    ]
    return Standing(
        day=today,
        outstanding=_sum([due.principal_open for due in instalments])
        + _sum([due.interest_open + due.fee_open for due in fallen_due])
        + penalty,
        days_past_due=max((due.days_past_due(today) for due in late), default=0),
        overdue_principal=_sum([due.principal_open for due in late]),
        overdue_interest=_sum([due.interest_open for due in late]),
        overdue_fee=_sum([due.fee_open for due in late]),
        due_today=_sum([due.open for due in instalments if due.due_on == today]),
        penalty=penalty,
        bearing=tuple(bearing),
        late=tuple(parts),
        pay_today=_sum([due.open for due in fallen_due]) + penalty,
        grace_ends=min(due.grace_ends(terms) for due in late) if in_grace else None,
        state=_state(instalments, penalty, "in_grace" if in_grace else "overdue" if late else None),
    )


def _state(instalments: Sequence[DueAmount], penalty: Decimal, in_arrears: str | None) -> str:
    if in_arrears or penalty:
        return in_arrears or "penalty_left"
    return "current" if any(due.open for due in instalments) else "settled"
