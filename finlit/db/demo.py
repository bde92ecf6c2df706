"""Thirteen fixed demo customers whose dates move with today; no randomness, safe to seed again.

Each loan is described by what a reader wants to see (when which instalment falls due, which ones
were paid and how); dates, schedules and allocations follow from that. Names and phones are
invented. Seeding replaces the demo customers' loans only: other customers and all bindings stay.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from finlit.db import engine, tables
from finlit.instalments import METHODS, Payment
from finlit.rates import MONTHS_A_YEAR
from finlit.settings import SHANGHAI, Settings

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
class DemoLoan:
    """A loan of which ``paid`` instalments are settled; the next one is due in ``due_in`` days."""

    product: str
    amount: Decimal
    annual_rate: Decimal
    periods: int
    paid: int
    due_in: int
    method: str = "equal_instalments"
    surcharge: Decimal = Decimal("0.5")
    base: int = 360
    grace_days: int = 0
    penalty_runs_from: str = "due_date"
    penalty_cap: Decimal | None = None
    part_payments: tuple[PartPayment, ...] = ()
    reported_days_ago: int | None = None
    disputed_days_ago: int | None = None
    restructured_days_ago: int | None = None
    limit: Decimal | None = None  # of the credit line that it was drawn from, if it was
    limit_state: str = "open"


@dataclass(frozen=True)
class DemoCustomer:
    """A borrower; ``situation`` says, in Chinese, what the customer is there to show."""

    id: str
    name: str
    phone: str
    situation: str
    loans: tuple[DemoLoan, ...]
    email: str | None = None


def _loan(product: str, amount: int, rate: str, periods: int, paid: int, due_in: int, **more: object) -> DemoLoan:
    return DemoLoan(product, Decimal(amount), Decimal(rate), periods, paid, due_in, **more)  # type: ignore[arg-type]


CUSTOMERS = (
    DemoCustomer(
        "current", "林晓", "13900000001", "正常还款", (_loan("随借随还", 12000, "0.18", 12, 4, 12, limit=Decimal(20000)),),
        email="linxiao@example.com",
    ),
    DemoCustomer("due-in-3", "周敏", "13900000002", "三天后到期", (_loan("随借随还", 6000, "0.144", 6, 2, 3),)),
    DemoCustomer("due-today", "陈立", "13900000003", "今天到期", (_loan("随借随还", 9000, "0.2", 12, 5, 0),)),
    DemoCustomer(
        "grace-inside", "赵宁", "13900000004", "晚一天，在合同宽限期内",
        (_loan("分期贷", 8000, "0.156", 12, 3, -1, grace_days=3),),
    ),
    DemoCustomer(
        "grace-outside", "孙芳", "13900000005", "晚一天，合同没有宽限期",
        (_loan("分期贷", 8000, "0.156", 12, 3, -1, base=365),),
    ),
    DemoCustomer(
        "late-20", "吴桐", "13900000006", "逾期 20 天，额度已冻结",
        (_loan("随借随还", 10000, "0.18", 12, 6, -20, reported_days_ago=18, limit=Decimal(15000), limit_state="frozen"),),
    ),
    DemoCustomer(
        "late-95", "郑凯", "13900000007", "逾期 95 天，罚息按年 24% 封顶",
        (_loan("分期贷", 20000, "0.198", 24, 5, -95, penalty_cap=Decimal("0.24"), reported_days_ago=93),),
    ),
    DemoCustomer(
        "late-200", "钱玲", "13900000008", "逾期 200 天，先息后本，已全部到期",
        (_loan("备用金", 5000, "0.18", 12, 11, -200, method="interest_first", base=365, reported_days_ago=198),),
    ),
    DemoCustomer(
        "partly-paid", "冯雪", "13900000009", "逾期 25 天，中间还过一部分",
        (
            _loan(
                "分期贷", 12000, "0.168", 12, 4, -25, method="equal_principal", surcharge=Decimal("0.3"),
                part_payments=(PartPayment(Decimal("300.00"), 0), PartPayment(Decimal("395.75"), 10, Decimal("4.25"))),
                reported_days_ago=23,
            ),
        ),
    ),
    DemoCustomer("paid-off", "何涛", "13900000010", "已结清", (_loan("随借随还", 3000, "0.18", 6, 6, -40),)),
    DemoCustomer(
        "restructured", "许静", "13900000011", "协商后重新分期，正常还款",
        (_loan("分期贷（协商重新分期）", 15000, "0.12", 24, 2, 9, restructured_days_ago=80),),
    ),
    DemoCustomer(
        "wrongly-flagged", "沈博", "13900000012", "按时还款却被报逾期，异议处理中",
        (_loan("随借随还", 6000, "0.18", 12, 7, 15, reported_days_ago=30, disputed_days_ago=6),),
    ),
    DemoCustomer(
        "two-loans", "高洁", "13900000013", "两笔：一笔逾期 8 天，一笔正常",
        (
            _loan("随借随还", 10000, "0.216", 12, 3, -8, grace_days=3, penalty_runs_from="grace_end", limit=Decimal(30000)),
            _loan("装修分期", 50000, "0.0888", 36, 10, 6, method="equal_principal", base=365),
        ),
    ),
)  # fmt: skip


class NotADemoDatabase(RuntimeError):
    """The database holds customers who are no demo customers, or belongs to production."""


def seed(settings: Settings) -> int:
    """Put the demo customers in, with dates around ``settings.now()``; returns how many.

    Needs the tables. All or nothing: it is one transaction. Raises NotADemoDatabase.
    """
    today = settings.now().date()
    with engine.sessions(settings.database_url).begin() as session:
        if settings.is_production or others_than_demo(session):
            raise NotADemoDatabase
        for customer in CUSTOMERS:
            session.merge(tables.Customer(id=customer.id, name=customer.name, phone=customer.phone))
            session.flush()
            for replaced in (tables.Loan, tables.CreditLine, tables.ContactPoint):
                session.execute(delete(replaced).where(replaced.customer_id == customer.id))
            if customer.email is not None:
                session.add(tables.ContactPoint(customer_id=customer.id, kind="email", value=customer.email))
            for number, loan in enumerate(customer.loans, start=1):
                _add_loan(session, customer.id, f"{customer.id}-{number}", loan, today)
    return len(CUSTOMERS)


def others_than_demo(session: Session) -> bool:
    """Return whether there are customers who are no demo customers."""
    demo_ids = [customer.id for customer in CUSTOMERS]
    return (
        session.execute(select(tables.Customer.id).where(tables.Customer.id.not_in(demo_ids)).limit(1)).first()
        is not None
    )


def are_in(session: Session) -> bool:
    """Return whether the demo customers are in the database."""
    return session.get(tables.Customer, CUSTOMERS[0].id) is not None


def _add_loan(session: Session, customer_id: str, loan_id: str, loan: DemoLoan, today: date) -> None:
    schedule = METHODS[loan.method](loan.amount, loan.annual_rate, loan.periods)
    # When all is paid, ``due_in`` is where the last instalment fell.
    anchor_number = min(loan.paid + 1, len(schedule))
    anchor = today + timedelta(days=loan.due_in)
    restructured_on = _days_ago(today, loan.restructured_days_ago)
    started_on = _months_later(anchor, -anchor_number)
    row = tables.Loan(
        id=loan_id,
        customer_id=customer_id,
        product=loan.product,
        method=loan.method,
        principal=loan.amount,
        annual_rate=loan.annual_rate,
        penalty_surcharge=loan.surcharge,
        penalty_cap=loan.penalty_cap,
        penalty_runs_from=loan.penalty_runs_from,
        day_count_base=loan.base,
        grace_days=loan.grace_days,
        # a loan that was restructured had run for a year before
        started_on=_months_later(started_on, -MONTHS_A_YEAR) if restructured_on else started_on,
        restructured_on=restructured_on,
    )
    for number, payment in enumerate(schedule, start=1):
        instalment = tables.Instalment(
            number=number,
            due_on=_months_later(anchor, number - anchor_number),
            principal_due=payment.principal,
            interest_due=payment.interest,
        )
        row.instalments.append(instalment)
        row.repayments.extend(_repayments(loan, number, payment, instalment))
    if loan.limit is not None:
        session.add(_credit_line(loan, row))
        session.flush()
        row.credit_line_id = f"{loan_id}-line"
    row.credit_events.extend(_credit_events(loan, row, today))
    for letter, booked in (("R", row.repayments), ("E", row.credit_events)):
        for position, each in enumerate(booked, start=1):
            each.reference = f"{letter}{position}"
    session.add(row)


def _credit_line(loan: DemoLoan, row: tables.Loan) -> tables.CreditLine:
    return tables.CreditLine(
        id=f"{row.id}-line",
        customer_id=row.customer_id,
        product=loan.product,
        limit_amount=loan.limit,
        state=loan.limit_state,
        opened_on=row.started_on,
    )


def _credit_events(loan: DemoLoan, row: tables.Loan, today: date) -> Iterator[tables.CreditEvent]:
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
    loan: DemoLoan, number: int, payment: Payment, instalment: tables.Instalment
) -> Iterator[tables.Repayment]:
    if number <= loan.paid:
        yield _repayment(instalment, PartPayment(payment.principal, 0), payment.interest)
    if number == loan.paid + 1:
        interest = payment.interest
        for part in loan.part_payments:
            yield _repayment(instalment, part, interest)
            interest = ZERO  # interest comes first, so the first part payment settles it (F-FEE-20)


def _repayment(instalment: tables.Instalment, part: PartPayment, interest: Decimal) -> tables.Repayment:
    paid_at = datetime.combine(instalment.due_on + timedelta(days=part.days_after_due), PAID_AT, SHANGHAI)
    allocation = tables.Allocation(
        instalment=instalment, principal=part.principal, interest=interest, penalty=part.penalty
    )
    amount = part.principal + interest + part.penalty
    return tables.Repayment(amount=amount, paid_at=paid_at, allocations=[allocation])


def _months_later(day: date, months: int) -> date:
    """Return the same day of another month; its last day where the month is too short."""
    index = day.year * MONTHS_A_YEAR + day.month - 1 + months
    year, month = index // MONTHS_A_YEAR, index % MONTHS_A_YEAR + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _days_ago(today: date, days: int | None) -> date | None:
    return None if days is None else today - timedelta(days=days)
