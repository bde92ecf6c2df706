"""Pure reads for one customer: what is owed, due, planned, paid and reported.

The customer's id comes from ``finlit.accounts.binding`` and from nowhere else. Days come in as
arguments (days in Asia/Shanghai). Amounts are Decimal yuan. Nothing is created by reading; a
customer without loans gets empty answers, an unknown id as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session, selectinload

from finlit.accounts.ledger import ZERO, DueAmount, Paid, Standing, Terms, standing
from finlit.db import tables
from finlit.fees import PenaltyTerms
from finlit.settings import SHANGHAI

_LOAN, _PLAN = tables.Loan.__table__, tables.Instalment.__table__
_REPAYMENT, _PART = tables.Repayment.__table__, tables.Allocation.__table__
_PARTS = ("principal", "interest", "penalty", "fee")  # in the order of ``Paid``
# An account answer waits for these. They are built once, and read no objects of the ORM, which took three times as long.
_LATEST = select(func.max(tables.DataImport.as_of))
_LOANS = select(_LOAN).where(_LOAN.c.customer_id == bindparam("customer")).order_by(_LOAN.c.id)
_PLANS = (
    select(
        _PLAN.c.loan_id, _PLAN.c.number, _PLAN.c.due_on, _PLAN.c.principal_due, _PLAN.c.interest_due, _PLAN.c.fee_due,
        _REPAYMENT.c.paid_at, *(_PART.c[name] for name in _PARTS),
    )
    .join(_LOAN, _LOAN.c.id == _PLAN.c.loan_id)
    .outerjoin(_PART, _PART.c.instalment_id == _PLAN.c.id)
    .outerjoin(_REPAYMENT, _REPAYMENT.c.id == _PART.c.repayment_id)
    .where(_LOAN.c.customer_id == bindparam("customer"))
    .order_by(_PLAN.c.loan_id, _PLAN.c.number, _REPAYMENT.c.paid_at, _REPAYMENT.c.id)
)  # fmt: skip


@dataclass(frozen=True)
class Account:
    """One loan as the ledger sees it; ``number`` is its place among the customer's loans, from 1."""

    id: str
    number: int
    product: str
    instalments: tuple[DueAmount, ...]
    terms: Terms
    started_on: date

    def stands(self, day: date) -> Standing:
        return standing(self.instalments, self.terms, day)


@dataclass(frozen=True)
class Due:
    """One unpaid instalment, today or later, with its open parts in yuan; ``days_left`` is 0 on the due date.

    ``loan`` is the number of its ``Account``.
    """

    loan: int
    number: int
    due_on: date
    days_left: int
    principal: Decimal
    interest: Decimal
    fee: Decimal

    @property
    def amount(self) -> Decimal:
        return self.principal + self.interest + self.fee


@dataclass(frozen=True)
class Bill:
    """The next instalment of each loan, soonest first, what is past due, and the penalty interest within that."""

    next_due: tuple[Due, ...]
    past_due: Decimal
    penalty: Decimal


@dataclass(frozen=True)
class LoanSchedule:
    """The unpaid instalments of one loan that are still to come, today's included."""

    loan: int
    remaining: tuple[Due, ...]

    @property
    def total(self) -> Decimal:
        return sum((due.amount for due in self.remaining), ZERO)


@dataclass(frozen=True)
class Payment:
    """One booked repayment; ``paid_at`` is in Asia/Shanghai, ``parts`` is what it paid, in yuan."""

    product: str
    paid_at: datetime
    amount: Decimal
    parts: dict[str, Decimal]


@dataclass(frozen=True)
class History:
    """The latest repayments, newest first; how many there are in all, and how much they come to."""

    latest: tuple[Payment, ...]
    count: int
    total: Decimal


@dataclass(frozen=True)
class Reporting:
    """Whether a loan was reported as overdue, and since when the customer disputes it.

    ``penalty_left``: nothing is late, only penalty interest of before is unpaid.
    """

    number: int
    product: str
    days_past_due: int
    penalty_left: bool
    reported_on: date | None
    dispute_opened_on: date | None


def data_as_of(session: Session, now: datetime) -> datetime:
    """Return until when the lender's data is complete: its last delivery, or ``now`` when there was none."""
    delivered = session.execute(_LATEST).scalar_one()
    return (delivered or now).astimezone(SHANGHAI)


def accounts(session: Session, customer_id: str) -> tuple[Account, ...]:
    """Return all loans of the customer, settled ones too."""
    loans = session.execute(_LOANS, {"customer": customer_id}).all()
    plans = _plans(session, customer_id)
    return tuple(
        Account(str(loan.id), number, str(loan.product), plans.get(loan.id, ()), _terms(loan), loan.started_on)
        for number, loan in enumerate(loans, start=1)
    )


def bill(accounts: Sequence[Account], today: date) -> Bill:
    """Return what falls due next on each loan, soonest first, and what should have been paid already."""
    upcoming = [next(_upcoming(account, today), None) for account in accounts]
    standings = [account.stands(today) for account in accounts]
    past_due = sum((each.pay_today - each.due_today for each in standings), ZERO)
    penalty = sum((each.penalty for each in standings), ZERO)
    next_due = sorted((due for due in upcoming if due is not None), key=lambda due: due.due_on)
    return Bill(tuple(next_due), past_due, penalty)


def schedule(accounts: Sequence[Account], today: date) -> tuple[LoanSchedule, ...]:
    """Return the instalments to come of each loan that has any."""
    plans = [LoanSchedule(account.number, tuple(_upcoming(account, today))) for account in accounts]
    return tuple(plan for plan in plans if plan.remaining)


def payment_history(session: Session, customer_id: str, limit: int) -> History:
    """Return the ``limit`` latest repayments over all loans."""
    of_customer = select(tables.Repayment.id).join(tables.Loan).where(tables.Loan.customer_id == customer_id)
    summed = select(func.count(), func.sum(tables.Repayment.amount)).where(tables.Repayment.id.in_(of_customer))
    count, total = session.execute(summed).one()
    latest = (
        select(tables.Repayment, tables.Loan.product)
        .join(tables.Loan)
        .where(tables.Loan.customer_id == customer_id)
        .order_by(tables.Repayment.paid_at.desc(), tables.Repayment.id.desc())
        .options(selectinload(tables.Repayment.allocations))
        .limit(limit)
    )
    payments = tuple(
        Payment(product, row.paid_at.astimezone(SHANGHAI), row.amount, _parts(row))
        for row, product in session.execute(latest)
    )
    return History(payments, int(count), total or ZERO)


def _parts(repayment: tables.Repayment) -> dict[str, Decimal]:
    return {
        name: sum((getattr(part, name) for part in repayment.allocations), ZERO)
        for name in ("principal", "interest", "fee", "penalty")
    }


def credit_reporting(session: Session, customer_id: str, today: date) -> tuple[Reporting, ...]:
    """Return for each loan what the lender has reported to the credit system."""
    rows = (
        select(tables.Loan)
        .where(tables.Loan.customer_id == customer_id)
        .order_by(tables.Loan.id)
        .options(selectinload(tables.Loan.credit_events).selectinload(tables.CreditEvent.answers))
    )
    loans = session.execute(rows).scalars()
    return tuple(
        Reporting(
            account.number,
            account.product,
            standing_today.days_past_due,
            standing_today.state == "penalty_left",
            loan.credit_reported_on,
            loan.dispute_opened_on,
        )
        for account, loan in zip(accounts(session, customer_id), loans, strict=True)
        for standing_today in [account.stands(today)]
    )


def _instalment(row: Any) -> tuple[Any, ...]:
    return tuple(row[:6])


def _plans(session: Session, customer_id: str) -> dict[str, tuple[DueAmount, ...]]:
    """Return each loan's instalments with what was paid of them."""
    plans: dict[str, list[DueAmount]] = {}
    rows = session.execute(_PLANS, {"customer": customer_id}).all()
    for (loan, number, due_on, principal, interest, fee), parts in groupby(rows, key=_instalment):
        paid = tuple(
            Paid(row.paid_at.astimezone(SHANGHAI).date(), *row[7:]) for row in parts if row.paid_at is not None
        )
        plans.setdefault(loan, []).append(DueAmount(number, due_on, principal, interest, paid, fee))
    return {loan: tuple(instalments) for loan, instalments in plans.items()}


def _terms(loan: Any) -> Terms:
    penalty = PenaltyTerms(loan.annual_rate, loan.penalty_surcharge, loan.day_count_base, loan.penalty_cap)
    order = tuple(loan.allocation_order.split(",")) if loan.allocation_order else None
    return Terms(penalty, loan.grace_days, loan.penalty_runs_from, order, loan.early_fee_rate)


def _upcoming(account: Account, today: date) -> Iterator[Due]:
    for due in account.instalments:
        if due.due_on >= today and due.open > 0:
            yield Due(
                account.number,
                due.number,
                due.due_on,
                (due.due_on - today).days,
                due.principal_open,
                due.interest_open,
                due.fee_open,
            )
