"""What is owed on a loan on a given day: pure rules on plain records, no database.

Rules, stated once (how penalty interest itself is counted stands in ``finlit.fees``):

* An instalment is past due from the day after its due date until principal and interest are paid.
* What is paid by the end of a contractual grace period counts as paid on time: it bears no
  penalty interest. Later, penalty interest runs from the due date or from the end of the grace
  period, as the contract says (``PENALTY_STARTS``).
* A repayment stops penalty interest on the principal that it pays, from its own day on.
* Owed in all = all unpaid principal + unpaid interest that has fallen due + penalty interest to
  today. Interest of periods that are still to come is not owed yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from finlit.fees import Penalty, PenaltyTerms, Stretch, penalty_a_day, penalty_interest
from finlit.money import show

PENALTY_STARTS = ("due_date", "grace_end")
ZERO = Decimal(0)


@dataclass(frozen=True)
class Paid:
    """One allocation of a repayment: its day and its parts, in yuan."""

    day: date
    principal: Decimal = ZERO
    interest: Decimal = ZERO
    penalty: Decimal = ZERO


@dataclass(frozen=True)
class Terms:
    """What the contract says about being late."""

    penalty: PenaltyTerms
    grace_days: int = 0
    penalty_runs_from: str = "due_date"

    def __post_init__(self) -> None:
        if self.penalty_runs_from not in PENALTY_STARTS or self.grace_days < 0:
            raise ValueError(f"unknown start {self.penalty_runs_from!r} or negative grace {self.grace_days}")


@dataclass(frozen=True)
class DueAmount:
    """One instalment with what has been paid of it, oldest payment first."""

    number: int
    due_on: date
    principal: Decimal
    interest: Decimal
    paid: tuple[Paid, ...] = ()

    @property
    def principal_open(self) -> Decimal:
        return self.principal - sum((paid.principal for paid in self.paid), ZERO)

    @property
    def interest_open(self) -> Decimal:
        return self.interest - sum((paid.interest for paid in self.paid), ZERO)

    @property
    def open(self) -> Decimal:
        """Return unpaid principal and interest, without penalty interest."""
        return self.principal_open + self.interest_open

    def is_past_due(self, today: date) -> bool:
        return self.open > 0 and self.due_on < today

    def days_past_due(self, today: date) -> int:
        """Return the calendar days since the due date, grace period or not; 0 when not past due."""
        return (today - self.due_on).days if self.is_past_due(today) else 0

    def grace_ends(self, terms: Terms) -> date:
        return self.due_on + timedelta(days=terms.grace_days)

    def stretches(self, terms: Terms, today: date) -> tuple[Stretch, ...]:
        """Return for how many days how much principal bore penalty interest, until ``today``."""
        end_of_grace = self.grace_ends(terms)
        on_time = sum((paid.principal for paid in self.paid if paid.day <= end_of_grace), ZERO)
        left, since = self.principal - on_time, self.due_on
        if terms.penalty_runs_from == "grace_end":
            since = end_of_grace
        if today <= end_of_grace:
            return ()
        found = []
        for paid in sorted((paid for paid in self.paid if paid.day > end_of_grace), key=lambda paid: paid.day):
            found.append(Stretch(left, (paid.day - since).days))
            left, since = left - paid.principal, paid.day
        found.append(Stretch(left, (today - since).days))
        return tuple(stretch for stretch in found if stretch.principal and stretch.days)

    def penalty(self, terms: Terms, today: date) -> Penalty:
        """Return all penalty interest until ``today``, whether paid or not."""
        return penalty_interest(self.stretches(terms, today), terms.penalty)

    @property
    def penalty_paid(self) -> Decimal:
        return sum((paid.penalty for paid in self.paid), ZERO)

    def penalty_open(self, terms: Terms, today: date) -> Penalty:
        """Return penalty interest until ``today`` that is not paid, never below zero, and how it came about."""
        whole = self.penalty(terms, today)
        if not self.penalty_paid:
            return whole
        left = max(ZERO, whole.amount - self.penalty_paid)
        return Penalty(left, f"{whole.steps}，{show(whole.amount)} − {show(self.penalty_paid)} = {show(left)}")


@dataclass(frozen=True)
class Standing:
    """How one loan stands today; amounts in yuan. ``penalty_steps`` show how ``penalty`` came about."""

    outstanding: Decimal
    days_past_due: int
    overdue_principal: Decimal
    overdue_interest: Decimal
    penalty: Decimal
    penalty_a_day: Decimal
    penalty_steps: tuple[str, ...]
    pay_today: Decimal
    grace_ends: date | None
    state: str


def standing(instalments: tuple[DueAmount, ...], terms: Terms, today: date) -> Standing:
    """Return how the loan of ``instalments`` stands.

    ``state`` is settled, current, in_grace (late, but no instalment beyond its grace period) or
    overdue. ``pay_today`` brings the loan up to date: what fell due until today, with penalty.
    """
    late = [due for due in instalments if due.is_past_due(today)]
    in_grace = bool(late) and all(today <= due.grace_ends(terms) for due in late)
    penalties = [each for due in instalments if (each := due.penalty_open(terms, today)).amount]
    penalty = sum((each.amount for each in penalties), ZERO)
    fallen_due = [due for due in instalments if due.due_on <= today]
    interest_due = sum((due.interest_open for due in fallen_due), ZERO)
    principal_open = sum((due.principal_open for due in instalments), ZERO)
    settled = not any(due.open for due in instalments) and not penalty
    state = "settled" if settled else "in_grace" if in_grace else "overdue" if late or penalty else "current"
    return Standing(
        outstanding=principal_open + interest_due + penalty,
        days_past_due=max((due.days_past_due(today) for due in late), default=0),
        overdue_principal=sum((due.principal_open for due in late), ZERO),
        overdue_interest=sum((due.interest_open for due in late), ZERO),
        penalty=penalty,
        penalty_a_day=sum(
            (penalty_a_day(due.principal_open, terms.penalty) for due in late if today >= due.grace_ends(terms)), ZERO
        ),
        penalty_steps=tuple(each.steps for each in penalties),
        pay_today=sum((due.open for due in fallen_due), ZERO) + penalty,
        grace_ends=min(due.grace_ends(terms) for due in late) if in_grace else None,
        state=state,
    )
