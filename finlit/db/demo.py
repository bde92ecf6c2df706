"""Fifteen fixed demo customers whose dates move with today; no randomness, safe to seed again.

Names and phones are invented. Seeding replaces the demo customers' loans; what their conversations
have proved stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from finlit.db import engine, tables
from finlit.db.sample import PartPayment, SampleLoan, build
from finlit.settings import Settings


@dataclass(frozen=True)
class DemoCustomer:
    """A borrower; ``situation`` says, in Chinese, what the customer is there to show."""

    id: str
    name: str
    phone: str
    situation: str
    loans: tuple[SampleLoan, ...]
    email: str | None = None


def _loan(product: str, amount: int, rate: str, periods: int, paid: int, due_in: int, **more: object) -> SampleLoan:
    return SampleLoan(product, Decimal(amount), Decimal(rate), periods, paid, due_in, **more)  # type: ignore[arg-type]


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
        (_loan("分期贷", 8000, "0.156", 12, 3, -1, day_count_base=365),),
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
        (_loan("备用金", 5000, "0.18", 12, 11, -200, method="interest_first", day_count_base=365, reported_days_ago=198),),
    ),
    DemoCustomer(
        "partly-paid", "冯雪", "13900000009", "逾期 25 天，中间还过一部分",
        (
            _loan(
                "分期贷", 12000, "0.168", 12, 4, -25, method="equal_principal", penalty_surcharge=Decimal("0.3"),
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
            _loan("装修分期", 50000, "0.0888", 36, 10, 6, method="equal_principal", day_count_base=365),
        ),
    ),
    DemoCustomer(
        "own-terms", "韩露", "13900000014", "两期没还，合同写了抵扣顺序和提前还款费用",
        (
            _loan(
                "分期贷", 10000, "0.15", 12, 4, -40, allocation_order="fee,penalty,interest,principal",
                early_fee_rate=Decimal("0.01"), reported_days_ago=37,
            ),
        ),
    ),
    DemoCustomer(
        "fee-plan", "唐悦", "13900000015", "账单分期，收手续费不收利息，逾期 12 天",
        (_loan("账单分期", 12000, "0.13", 12, 5, -12, method="fee_instalments", fee_each=Decimal("72.00")),),
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
                row, line = build(customer.id, f"{customer.id}-{number}", loan, today)
                if line is not None:
                    session.add(line)
                    session.flush()
                session.add(row)
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
