"""Loans that are described by what a reader wants to see; dates, schedules and allocations follow.

For the demo customers and for load. Nothing is random: the same description and day give the same rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from finlit.days import months_later
from finlit.db import tables
from finlit.instalments import METHODS, Payment, Schedule, fee_instalments
from finlit.rates import MONTHS_A_YEAR
from finlit.settings import SHANGHAI

PAID_AT = time(9, 30)
ZERO = Decimal(0)


@dataclass(frozen=True)
class PartPayment:
    """What was paid of the first unpaid instalment, so many days after its due date; in yuan.

    Penalty interest that had run up comes before principal (F-FEE-20).
    """

    principal: Decimal
    days_after_due: int
    penalty: Decimal = ZERO


@dataclass(frozen=True)
class SampleLoan:
    """A loan of which ``paid`` instalments are settled; the next one is due in ``due_in`` days.

    The terms that are named in ``CONTRACT`` mean what they mean in ``tables.Loan``. ``fee_each`` yuan are
    the fee of each period of a ``fee_instalments`` loan, which bears no interest.
    """

    product: str
    amount: Decimal
    annual_rate: Decimal
    periods: int
    paid: int
    due_in: int
    method: str = "equal_instalments"
    fee_each: Decimal = ZERO
    penalty_surcharge: Decimal = Decimal("0.5")
    day_count_base: int = 360
    grace_days: int = 0
    penalty_runs_from: str = "due_date"
    penalty_cap: Decimal | None = None
    allocation_order: str | None = None
    early_fee_rate: Decimal = ZERO
    part_payments: tuple[PartPayment, ...] = ()
    reported_days_ago: int | None = None
    disputed_days_ago: int | None = None
    restructured_days_ago: int | None = None
    limit: Decimal | None = None  # of the credit line that it was drawn from, if it was
    limit_state: str = "open"

    def schedule(self) -> Schedule:
        """Return what is due each month."""
        if self.method == "fee_instalments":
            return fee_instalments(self.amount, self.fee_each * self.periods, self.periods)
        return METHODS[self.method](self.amount, self.annual_rate, self.periods)


CONTRACT = (
    "product", "method", "annual_rate", "penalty_surcharge", "penalty_cap", "penalty_runs_from", "day_count_base",
    "grace_days", "allocation_order", "early_fee_rate",
)  # fmt: skip


def build(
    customer_id: str, loan_id: str, loan: SampleLoan, today: date
) -> tuple[tables.Loan, tables.CreditLine | None]:
    """Return the rows of ``loan`` as they stand on ``today``, and the credit line that it was drawn from."""
    schedule = loan.schedule()
    # When all is paid, ``due_in`` is where the last instalment fell.
    anchor_number = min(loan.paid + 1, len(schedule))
    anchor = today + timedelta(days=loan.due_in)
    restructured_on = _days_ago(today, loan.restructured_days_ago)
    started_on = months_later(anchor, -anchor_number)
    row = tables.Loan(
        id=loan_id,
        customer_id=customer_id,
        credit_line_id=None if loan.limit is None else f"{loan_id}-line",
        principal=loan.amount,
        # a loan that was restructured had run for a year before
        started_on=months_later(started_on, -MONTHS_A_YEAR) if restructured_on else started_on,
        restructured_on=restructured_on,
        **{term: getattr(loan, term) for term in CONTRACT},
    )
    for number, payment in enumerate(schedule, start=1):
        instalment = tables.Instalment(
            number=number,
            due_on=months_later(anchor, number - anchor_number),
            principal_due=payment.principal,
            interest_due=payment.interest,
            fee_due=payment.fee,
        )
        row.instalments.append(instalment)
        row.repayments.extend(_repayments(loan, number, payment, instalment))
    row.credit_events.extend(_credit_events(loan, row, today))
    for letter, booked in (("R", row.repayments), ("E", row.credit_events)):
        for position, each in enumerate(booked, start=1):
            each.reference = f"{letter}{position}"
    return row, _credit_line(loan, row)


def _credit_line(loan: SampleLoan, row: tables.Loan) -> tables.CreditLine | None:
    if loan.limit is None:
        return None
    return tables.CreditLine(
        id=row.credit_line_id,
        customer_id=row.customer_id,
        product=loan.product,
        limit_amount=loan.limit,
        state=loan.limit_state,
        opened_on=row.started_on,
    )


def _credit_events(loan: SampleLoan, row: tables.Loan, today: date) -> Iterator[tables.CreditEvent]:
    """Yield the report, which is about the latest instalment that was due by then, and the objection."""
    if loan.reported_days_ago is None:
        return
    reported_on = today - timedelta(days=loan.reported_days_ago)
    due_on = max(each.due_on for each in row.instalments if each.due_on < reported_on)
    report = tables.CreditEvent(kind="overdue", happened_on=reported_on, days_past_due=(reported_on - due_on).days)
    yield report
    if loan.disputed_days_ago is not None:
        opened_on = today - timedelta(days=loan.disputed_days_ago)
        yield tables.CreditEvent(kind="dispute_opened", happened_on=opened_on, about=report)


def _repayments(
    loan: SampleLoan, number: int, payment: Payment, instalment: tables.Instalment
) -> Iterator[tables.Repayment]:
    if number <= loan.paid:
        yield _repayment(instalment, PartPayment(payment.principal, 0), payment.interest, payment.fee)
    if number == loan.paid + 1:
        interest, fee = payment.interest, payment.fee
        for part in loan.part_payments:
            yield _repayment(instalment, part, interest, fee)
            interest = fee = ZERO  # they come first, so the first part payment settles them (F-FEE-20)


def _repayment(instalment: tables.Instalment, part: PartPayment, interest: Decimal, fee: Decimal) -> tables.Repayment:
    paid_at = datetime.combine(instalment.due_on + timedelta(days=part.days_after_due), PAID_AT, SHANGHAI)
    allocation = tables.Allocation(
        instalment=instalment, principal=part.principal, interest=interest, penalty=part.penalty, fee=fee
    )
    amount = part.principal + interest + part.penalty + fee
    return tables.Repayment(amount=amount, paid_at=paid_at, allocations=[allocation])


def _days_ago(today: date, days: int | None) -> date | None:
    return None if days is None else today - timedelta(days=days)
