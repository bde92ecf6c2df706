"""The demo customers' accounts on a temporary database; expected figures are worked out without our code."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy_financial as npf
import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from finlit.accounts import queries
from finlit.accounts.binding import WEB_IDLE, bind_demo_customer, bound_customer
from finlit.db import demo, tables
from finlit.settings import SHANGHAI
from finlit.settings import load as load_settings

pytestmark = pytest.mark.both_engines

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=SHANGHAI)


def standing(session, customer, number=0):
    return queries.accounts(session, customer)[number].stands(TODAY)


def counts(session):
    kinds = (tables.Customer, tables.Loan, tables.Instalment, tables.Repayment, tables.Allocation)
    return [session.execute(select(func.count()).select_from(kind)).scalar_one() for kind in kinds]


def test_seeding_again_changes_no_count(session, settings):
    before = counts(session)
    assert demo.seed(settings) == len(demo.CUSTOMERS) == before[0]
    assert counts(session) == before


def test_seeding_on_another_day_moves_the_dates(session, settings, monkeypatch):
    monkeypatch.setenv("FINLIT_NOW", "2027-03-31T10:00")
    load_settings.cache_clear()
    demo.seed(load_settings())
    later = datetime(2027, 3, 31, 10, 0, tzinfo=SHANGHAI)
    session.expire_all()
    assert queries.bill(queries.accounts(session, "due-in-3"), later.date()).next_due[0].due_on == date(2027, 4, 3)
    assert queries.accounts(session, "late-95")[0].stands(later.date()).days_past_due == 95


def test_seeding_again_keeps_a_verified_conversation(session, settings):
    bind_demo_customer("talk", "current")
    demo.seed(settings)
    assert bound_customer("talk") == "current"


@pytest.mark.parametrize(
    "customer, state, days",
    [("current", "current", 0), ("due-in-3", "current", 0), ("due-today", "current", 0), ("grace-inside", "in_grace", 1),
     ("grace-outside", "overdue", 1), ("late-20", "overdue", 20), ("late-95", "overdue", 95), ("late-200", "overdue", 200),
     ("partly-paid", "overdue", 25), ("paid-off", "settled", 0), ("restructured", "current", 0),
     ("wrongly-flagged", "current", 0), ("two-loans", "overdue", 8)],
)  # fmt: skip
def test_each_demo_customer_shows_its_situation(session, customer, state, days):
    found = standing(session, customer)
    assert (found.state, found.days_past_due) == (state, days)


def test_twenty_days_past_due_cost_what_numpy_financial_and_the_formula_say(session):
    principal = Decimal(str(round(-npf.ppmt(0.015, 7, 12, 10_000), 2)))
    penalty = (principal * 20 * Decimal("0.27") / 360).quantize(Decimal("0.01"))
    found = standing(session, "late-20")
    assert abs(found.overdue_principal - principal) <= Decimal("0.02")  # the cents that rounding each month moves
    assert (found.overdue_principal, found.overdue_interest) == (Decimal("838.45"), Decimal("78.35"))
    assert found.penalty == penalty == Decimal("12.58")
    assert found.pay_today == Decimal("838.45") + Decimal("78.35") + Decimal("12.58")


def test_a_whole_principal_past_due_for_two_hundred_days_bears_739_yuan_73(session):
    found = standing(session, "late-200")  # 5,000 × 200 × 27 % ÷ 365
    assert (found.overdue_principal, found.overdue_interest, found.penalty) == (5000, 75, Decimal("739.73"))


def test_the_cap_of_the_contract_holds_for_each_of_the_four_late_instalments(session):
    found = standing(session, "late-95")
    due_days = [date(2026, 8, 20), date(2026, 9, 20), date(2026, 10, 20), date(2026, 11, 20)]
    rows = session.execute(
        select(tables.Instalment).where(
            tables.Instalment.loan_id == "late-95-1", tables.Instalment.due_on.in_(due_days)
        )
    ).scalars()
    expected = sum(round(float(row.principal_due) * 0.24 / 360 * (TODAY - row.due_on).days, 2) for row in rows)
    assert found.penalty == Decimal(str(round(expected, 2)))
    assert len(found.late) == 4


def test_a_part_payment_is_taken_off_from_its_own_day(session):
    found = standing(session, "partly-paid")
    # 700 × 10 + 304.25 × 15 = 11,563.75; × 16.8 % × 1.3 ÷ 360 = 7.02; 4.25 of it were paid
    assert (found.overdue_principal, found.overdue_interest) == (Decimal("304.25"), 0)
    assert found.penalty == Decimal("7.02") - Decimal("4.25")


def test_a_grace_period_of_the_contract_suspends_penalty_interest(session):
    assert standing(session, "grace-inside").penalty == 0
    # 644.84 × 15.6 % × 1.5 ÷ 365 = 0.41
    assert standing(session, "grace-outside").penalty == Decimal("0.41")


def test_penalty_interest_may_start_at_the_end_of_the_grace_period(session):
    # eight days late, three of grace: 795.47 × 21.6 % × 1.5 ÷ 360 × 5 = 3.58
    assert standing(session, "two-loans").penalty == Decimal("3.58")


def test_the_bill_names_the_next_day_and_amount_of_each_loan(session):
    bill = queries.bill(queries.accounts(session, "due-in-3"), TODAY)
    assert [(due.due_on, due.days_left, due.number) for due in bill.next_due] == [(TODAY + timedelta(days=3), 3, 3)]
    assert bill.next_due[0].amount == Decimal(str(round(-npf.pmt(0.012, 6, 6_000), 2)))
    assert bill.past_due == 0


def test_what_is_due_today_is_in_the_bill_and_not_past_due(session):
    bill = queries.bill(queries.accounts(session, "due-today"), TODAY)
    assert (bill.next_due[0].days_left, bill.past_due) == (0, 0)


def test_the_schedule_lists_what_is_still_to_come(session):
    (plan,) = queries.schedule(queries.accounts(session, "current"), TODAY)
    assert [due.number for due in plan.remaining] == list(range(5, 13))
    assert plan.total == sum(due.amount for due in plan.remaining)
    assert queries.schedule(queries.accounts(session, "paid-off"), TODAY) == ()


def test_the_history_has_the_latest_repayments_first_and_counts_all(session):
    history = queries.payment_history(session, "two-loans", limit=3)
    assert history.count == 13
    assert [paid.paid_at.date() for paid in history.latest] == [
        date(2026, 10, 29),
        date(2026, 10, 15),
        date(2026, 9, 29),
    ]
    assert {paid.paid_at.strftime("%H:%M %Z") for paid in history.latest} == {"09:30 CST"}


def test_a_disputed_report_is_told_apart(session):
    (loan,) = queries.credit_reporting(session, "wrongly-flagged", TODAY)
    assert (loan.days_past_due, loan.reported_on, loan.dispute_opened_on) == (
        0,
        TODAY - timedelta(days=30),
        TODAY - timedelta(days=6),
    )


def test_nobody_has_an_account_under_an_unknown_id(session):
    assert queries.accounts(session, "nobody") == ()
    assert queries.payment_history(session, "nobody", limit=5).count == 0


def test_every_repayment_is_allocated_to_the_fen(session):
    for repayment in session.execute(select(tables.Repayment)).scalars():
        assert repayment.amount == sum(
            part.principal + part.interest + part.penalty + part.fee for part in repayment.allocations
        )


def test_the_principal_of_all_instalments_is_the_loan(session):
    for loan in session.execute(select(tables.Loan)).scalars():
        assert sum(row.principal_due for row in loan.instalments) == loan.principal


@pytest.mark.parametrize(
    "column, value",
    [
        ("day_count_base", 364),
        ("grace_days", -1),
        ("penalty_runs_from", "someday"),
        ("method", "balloon"),
        ("allocation_order", "principal"),
        ("early_fee_rate", Decimal("-0.01")),
        ("restructured_on", date(2020, 1, 1)),
        ("principal", Decimal(0)),
    ],
)
def test_the_database_refuses_impossible_contracts(session, column, value):
    loan = session.get(tables.Loan, "current-1")
    setattr(loan, column, value)
    with pytest.raises(IntegrityError):
        session.flush()
    session.rollback()


def test_a_binding_ends_on_time(session, settings, monkeypatch):
    bind_demo_customer("talk", "current")
    assert bound_customer("talk") == "current"
    assert bound_customer("another talk") is None
    monkeypatch.setenv("FINLIT_NOW", f"{(NOW + WEB_IDLE):%Y-%m-%dT%H:%M}")
    load_settings.cache_clear()
    assert bound_customer("talk") is None


def test_a_report_says_how_late_the_customer_was_on_that_day(session):
    reports = session.execute(select(tables.CreditEvent).where(tables.CreditEvent.kind == "overdue")).scalars()
    days = {report.loan.customer_id: report.days_past_due for report in reports}
    assert days == {"late-20": 2, "late-95": 2, "late-200": 2, "partly-paid": 2, "wrongly-flagged": 16, "own-terms": 3}


def test_demo_loans_from_a_credit_line_stay_within_it(session):
    lines = session.execute(select(tables.CreditLine).order_by(tables.CreditLine.id)).scalars().all()
    assert [(line.customer_id, line.state) for line in lines] == [
        ("current", "open"), ("late-20", "frozen"), ("two-loans", "open"),
    ]  # fmt: skip
    for line in lines:
        (loan,) = session.execute(select(tables.Loan).where(tables.Loan.credit_line_id == line.id)).scalars()
        assert loan.principal <= line.limit_amount and loan.started_on >= line.opened_on


def test_a_loan_cannot_be_drawn_from_another_customers_line(session):
    session.get(tables.Loan, "late-20-1").credit_line_id = "current-1-line"
    with pytest.raises(IntegrityError):
        session.flush()
    session.rollback()


def test_money_cannot_wander_to_another_loan(session):
    part = session.execute(select(tables.Allocation).limit(1)).scalar_one()
    part.loan_id = "two-loans-2" if part.loan_id != "two-loans-2" else "current-1"
    with pytest.raises(IntegrityError):
        session.flush()
    session.rollback()


def test_only_a_report_can_be_disputed(session):
    event = {"loan_id": "current-1", "happened_on": TODAY}
    session.add(tables.CreditEvent(kind="dispute_opened", **event))
    with pytest.raises(IntegrityError):
        session.flush()
    session.rollback()


def test_a_corrected_report_no_longer_stands(session):
    loan = session.get(tables.Loan, "wrongly-flagged-1")
    report = loan.standing_report
    session.add(tables.CreditEvent(loan=loan, kind="corrected", happened_on=TODAY, about=report))
    session.flush()
    session.refresh(report)
    assert (loan.credit_reported_on, loan.dispute_opened_on) == (None, None)


def test_a_rejected_dispute_is_no_longer_open(session):
    loan = session.get(tables.Loan, "wrongly-flagged-1")
    report = loan.standing_report
    session.add(tables.CreditEvent(loan=loan, kind="dispute_rejected", happened_on=TODAY, about=report))
    session.flush()
    session.refresh(report)
    assert loan.credit_reported_on is not None and loan.dispute_opened_on is None
