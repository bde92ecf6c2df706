"""Pure reads for one customer: what is owed, due, planned, paid and reported.

The customer's id comes from ``finlit.accounts.binding`` and from nowhere else. The moment comes
in as an argument (aware; days are days in Asia/Shanghai). Amounts are Decimal yuan. Nothing is
created by reading; a customer without loans gets empty answers, an unknown id as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from finlit.accounts.ledger import ZERO, DueAmount, Paid, Standing, Terms, standing
from finlit.db import tables
from finlit.fees import PenaltyTerms
from finlit.settings import SHANGHAI


@dataclass(frozen=True)
class LoanStatus:
    """One loan by its product's name, and how it stands."""

    product: str
    standing: Standing


@dataclass(frozen=True)
class Status:
    """All loans; ``as_of`` is the moment in Asia/Shanghai until which penalty interest is counted."""

    as_of: datetime
    loans: tuple[LoanStatus, ...]

    @property
    def outstanding(self) -> Decimal:
        return sum((loan.standing.outstanding for loan in self.loans), ZERO)

    @property
    def pay_today(self) -> Decimal:
        return sum((loan.standing.pay_today for loan in self.loans), ZERO)


@dataclass(frozen=True)
class Due:
    """One unpaid instalment, today or later; ``days_left`` is 0 on the due date."""

    product: str
    number: int
    due_on: date
    days_left: int
    amount: Decimal


@dataclass(frozen=True)
class Bill:
    """The next instalment of each loan, soonest first, and what is past due (with penalty interest)."""

    as_of: datetime
    next_due: tuple[Due, ...]
    past_due: Decimal


@dataclass(frozen=True)
class LoanSchedule:
    """The unpaid instalments of one loan that are still to come, today's included."""

    product: str
    remaining: tuple[Due, ...]

    @property
    def total(self) -> Decimal:
        return sum((due.amount for due in self.remaining), ZERO)


@dataclass(frozen=True)
class Payment:
    """One booked repayment; ``paid_at`` is in Asia/Shanghai."""

    product: str
    paid_at: datetime
    amount: Decimal


@dataclass(frozen=True)
class History:
    """The latest repayments, newest first, and how many there are in all."""

    as_of: datetime
    latest: tuple[Payment, ...]
    count: int


@dataclass(frozen=True)
class Reporting:
    """Whether a loan was reported as overdue, and since when the customer disputes it."""

    product: str
    days_past_due: int
    reported_on: date | None
    dispute_opened_on: date | None


def status(session: Session, customer_id: str, now: datetime) -> Status:
    """Return how each loan of the customer stands."""
    as_of = now.astimezone(SHANGHAI)
    return Status(
        as_of, tuple(LoanStatus(str(loan.product), _stands(loan, as_of)) for loan in _loans(session, customer_id))
    )


def bill(session: Session, customer_id: str, now: datetime) -> Bill:
    """Return what falls due next, and what should have been paid already."""
    as_of = now.astimezone(SHANGHAI)
    loans = _loans(session, customer_id)
    upcoming = [next(_upcoming(loan, as_of.date()), None) for loan in loans]
    standings = [_stands(loan, as_of) for loan in loans]
    past_due = sum((each.overdue_principal + each.overdue_interest + each.penalty for each in standings), ZERO)
    soonest = sorted((due for due in upcoming if due is not None), key=lambda due: due.due_on)
    return Bill(as_of, tuple(soonest), past_due)


def schedule(session: Session, customer_id: str, now: datetime) -> tuple[LoanSchedule, ...]:
    """Return the instalments to come of each loan that has any."""
    today = now.astimezone(SHANGHAI).date()
    plans = [LoanSchedule(str(loan.product), tuple(_upcoming(loan, today))) for loan in _loans(session, customer_id)]
    return tuple(plan for plan in plans if plan.remaining)


def payment_history(session: Session, customer_id: str, now: datetime, limit: int) -> History:
    """Return the ``limit`` latest repayments over all loans."""
    of_customer = (
        select(tables.Repayment, tables.Loan.product)
        .join(tables.Loan)
        .where(tables.Loan.customer_id == customer_id)
        .order_by(tables.Repayment.paid_at.desc(), tables.Repayment.id.desc())
    )
    count = session.execute(select(func.count()).select_from(of_customer.order_by(None).subquery())).scalar_one()
    latest = tuple(
        Payment(product, repayment.paid_at.astimezone(SHANGHAI), repayment.amount)
        for repayment, product in session.execute(of_customer.limit(limit))
    )
    return History(now.astimezone(SHANGHAI), latest, int(count))


def credit_reporting(session: Session, customer_id: str, now: datetime) -> tuple[Reporting, ...]:
    """Return for each loan what the lender has reported to the credit system."""
    as_of = now.astimezone(SHANGHAI)
    return tuple(
        Reporting(
            str(loan.product), _stands(loan, as_of).days_past_due, loan.credit_reported_on, loan.dispute_opened_on
        )
        for loan in _loans(session, customer_id)
    )


def _loans(session: Session, customer_id: str) -> list[tables.Loan]:
    rows = (
        select(tables.Loan)
        .where(tables.Loan.customer_id == customer_id)
        .order_by(tables.Loan.id)
        .options(
            selectinload(tables.Loan.instalments)
            .selectinload(tables.Instalment.allocations)
            .joinedload(tables.Allocation.repayment)
        )
    )
    return list(session.execute(rows).scalars())


def _instalments(loan: tables.Loan) -> tuple[DueAmount, ...]:
    return tuple(
        DueAmount(row.number, row.due_on, row.principal_due, row.interest_due, _paid(row)) for row in loan.instalments
    )


def _paid(row: tables.Instalment) -> tuple[Paid, ...]:
    parts = [
        Paid(part.repayment.paid_at.astimezone(SHANGHAI).date(), part.principal, part.interest, part.penalty)
        for part in row.allocations
    ]
    return tuple(sorted(parts, key=lambda part: part.day))


def _stands(loan: tables.Loan, as_of: datetime) -> Standing:
    penalty = PenaltyTerms(loan.annual_rate, loan.penalty_surcharge, loan.day_count_base, loan.penalty_cap)
    terms = Terms(penalty, loan.grace_days, loan.penalty_runs_from)
    return standing(_instalments(loan), terms, as_of.date())


def _upcoming(loan: tables.Loan, today: date) -> Iterator[Due]:
    for due in _instalments(loan):
        if due.due_on >= today and due.open > 0:
            yield Due(str(loan.product), due.number, due.due_on, (due.due_on - today).days, due.open)
