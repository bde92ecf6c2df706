from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finlit.accounts.ledger import DueAmount, Paid, Terms, standing
from finlit.accounts.what_if import settlement, what_if
from finlit.fees import PenaltyTerms
from finlit.instalments import METHODS, cost
from tests.unit.loans import START, loans, yuan

DUE = date(2026, 11, 1)
TODAY = date(2026, 11, 11)
PENALTY = PenaltyTerms(Decimal("0.24"), Decimal("0.5"), 360)  # 36 % a year: one yuan a day on 1,000
PLAN = (
    DueAmount(1, DUE, Decimal(1000), Decimal(20)),
    DueAmount(2, date(2026, 12, 1), Decimal(1000), Decimal(20)),
    DueAmount(3, date(2027, 1, 1), Decimal(2000), Decimal(30)),
)
STARTED = date(2026, 10, 1)


def test_waiting_three_more_days_costs_three_more_days():
    found = what_if(PLAN, Terms(PENALTY), TODAY, TODAY + timedelta(days=3))
    assert (found.allocation, found.after.penalty, found.after.pay_today) == (
        None,
        Decimal("13.00"),
        Decimal("1033.00"),
    )


def test_paying_half_tomorrow_pays_interest_and_penalty_first_and_lowers_the_daily_penalty():
    found = what_if(PLAN, Terms(PENALTY), TODAY, TODAY + timedelta(days=1), Decimal("515.50"))  # half of 1,031
    assert (found.allocation.part("interest"), found.allocation.part("penalty")) == (20, Decimal("11.00"))
    assert found.allocation.part("principal") == Decimal("484.50")
    assert found.after.pay_today == Decimal("515.50")
    assert (found.before.penalty_a_day, found.after.penalty_a_day) == (Decimal("1.00"), Decimal("0.52"))


def test_an_instalment_that_falls_due_until_then_is_late_by_then():
    found = what_if(PLAN, Terms(PENALTY), TODAY, date(2026, 12, 4))
    assert found.after.pay_today == Decimal("2076.00")  # 2,040, 33 days on the first, 3 on the second


def test_what_is_paid_beyond_what_is_due_is_left_over():
    assert what_if(PLAN, Terms(PENALTY), TODAY, TODAY, Decimal(2000)).allocation.left_over == Decimal("970.00")


def test_a_day_that_is_over_is_refused():
    with pytest.raises(ValueError):
        what_if(PLAN, Terms(PENALTY), TODAY, TODAY - timedelta(days=1))


def test_settling_early_counts_interest_for_the_days_used_as_in_f_fee_19():
    found = settlement(PLAN, Terms(PENALTY), STARTED, TODAY)
    assert (found.principal, found.days_used, found.used_from) == (3000, 10, date(2026, 11, 2))
    assert found.interest_used == Decimal("20.00")  # 3,000 × 24 % ÷ 360 × 10 days
    assert found.fallen_due == Decimal("1030.00")
    assert found.total == Decimal("4050.00")


def test_the_interest_of_the_days_used_is_at_most_that_of_the_period():
    assert settlement(PLAN, Terms(PENALTY), STARTED, date(2026, 11, 30)).interest_used == 20


def test_before_the_first_due_date_days_are_counted_from_the_pay_out():
    found = settlement(PLAN, Terms(PENALTY), STARTED, date(2026, 10, 4))
    assert (found.days_used, found.used_from, found.interest_used) == (3, date(2026, 10, 2), Decimal("8.00"))
    assert found.total == Decimal("4008.00")


def test_interest_of_the_running_period_that_was_paid_already_is_not_asked_again():
    plan = (
        PLAN[0].with_paid(Paid(DUE, Decimal(1000), Decimal(20))),
        PLAN[1].with_paid(Paid(DUE, interest=Decimal(15))),
        PLAN[2],
    )
    assert settlement(plan, Terms(PENALTY), STARTED, TODAY).interest_used == Decimal("5.00")


def test_a_fee_for_settling_early_is_taken_only_where_the_contract_has_one():
    assert settlement(PLAN, Terms(PENALTY), STARTED, TODAY).early_fee == 0
    with_fee = settlement(PLAN, Terms(PENALTY, early_fee_rate=Decimal("0.01")), STARTED, TODAY)
    assert (with_fee.early_fee, with_fee.total) == (Decimal("30.00"), Decimal("4080.00"))


def test_the_fee_of_the_running_period_is_owed_and_later_ones_are_not():
    plan = tuple(DueAmount(due.number, due.due_on, due.principal, Decimal(0), fee=Decimal(9)) for due in PLAN)
    terms = Terms(PenaltyTerms(Decimal(0), Decimal(0), 360))
    assert settlement(plan, terms, STARTED, date(2026, 10, 20)).total == 4009
    assert settlement(plan, terms, STARTED, DUE).total == 4009
    assert settlement(plan, terms, STARTED, TODAY).total == 4018


def test_a_loan_with_nothing_left_takes_nothing_to_settle():
    paid = tuple(due.with_paid(Paid(due.due_on, due.principal, due.interest)) for due in PLAN)
    assert settlement(paid, Terms(PENALTY), STARTED, TODAY).total == 0


@given(loans(early_fee=False), st.integers(0, 200), st.integers(0, 60))
def test_settling_later_never_costs_less(loan, later, more):
    day = loan.last_payment + timedelta(days=later)
    first, second = (
        settlement(loan.instalments, loan.terms, START, each).total for each in (day, day + timedelta(days=more))
    )
    assert first <= second


@given(loans(), st.integers(0, 200))
def test_settling_takes_at_least_what_is_owed_and_pays_everything(loan, later):
    day = loan.last_payment + timedelta(days=later)
    found = settlement(loan.instalments, loan.terms, START, day)
    assert found.total >= standing(loan.instalments, loan.terms, day).outstanding
    assert found.fallen_due + found.principal == standing(loan.instalments, loan.terms, day).outstanding


@given(
    st.sampled_from(list(METHODS.values())), st.integers(1_000, 5_000_000), st.integers(0, 360_000), st.integers(1, 36),
    st.integers(0, 1200),
)  # fmt: skip
def test_settling_early_never_costs_more_than_keeping_to_the_schedule(method, fen, millionths, periods, days):
    rate = Decimal(millionths) / 1_000_000
    schedule = method(yuan(fen), rate, periods)
    plan = [
        DueAmount(number, START + timedelta(days=30 * payment.month), payment.principal, payment.interest)
        for number, payment in enumerate(schedule, start=1)
    ]
    day = START + timedelta(days=min(days, 30 * schedule[-1].month))
    paid = [due.with_paid(Paid(due.due_on, due.principal, due.interest)) if due.due_on < day else due for due in plan]
    so_far = sum(each.total for due in paid for each in due.paid)
    assert so_far + settlement(paid, Terms(PenaltyTerms(rate, Decimal(0), 360)), START, day).total <= yuan(fen) + cost(
        schedule
    )
