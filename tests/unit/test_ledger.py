from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finlit.accounts.ledger import DueAmount, Paid, Terms, standing
from finlit.fees import PenaltyTerms
from tests import reference
from tests.unit.loans import loans

DUE = date(2026, 11, 1)
PENALTY = PenaltyTerms(Decimal("0.24"), Decimal("0.5"), 360)  # 36 % a year: one yuan a day on 1,000


def instalment(*paid, due_on=DUE, number=1):
    return DueAmount(number, due_on, Decimal(1000), Decimal(20), tuple(paid))


def after(days, *paid, grace=0, runs_from="due_date"):
    return standing((instalment(*paid),), Terms(PENALTY, grace, runs_from), DUE + timedelta(days=days))


def test_the_due_date_itself_is_not_late():
    today = after(0)
    assert (today.state, today.days_past_due, today.penalty) == ("current", 0, 0)
    assert today.pay_today == Decimal(1020)


def test_the_day_after_the_due_date_is_one_day_past_due():
    today = after(1)
    assert (today.state, today.days_past_due, today.penalty) == ("overdue", 1, Decimal("1.00"))


def test_penalty_interest_runs_on_principal_only():
    today = after(10)
    assert (today.overdue_principal, today.overdue_interest, today.penalty) == (1000, 20, Decimal("10.00"))
    assert today.outstanding == today.pay_today == Decimal("1030.00")
    assert today.penalty_a_day == Decimal("1.00")


def test_inside_the_grace_period_a_day_late_costs_nothing():
    today = after(3, grace=3)
    assert (today.state, today.days_past_due, today.penalty) == ("in_grace", 3, 0)
    assert today.grace_ends == DUE + timedelta(days=3)
    assert today.penalty_a_day == Decimal("1.00")  # what a day costs once the grace period has passed


@pytest.mark.parametrize("runs_from, penalty", [("due_date", "4.00"), ("grace_end", "1.00")])
def test_after_the_grace_period_the_contract_says_from_when_penalty_interest_runs(runs_from, penalty):
    assert after(4, grace=3, runs_from=runs_from).penalty == Decimal(penalty)


@pytest.mark.parametrize("paid_after, penalty", [(2, "4.00"), (3, "4.00"), (4, "6.40")])
def test_what_is_paid_by_the_last_day_of_grace_bears_no_penalty_interest(paid_after, penalty):
    part = Paid(DUE + timedelta(days=paid_after), Decimal(600))
    assert after(10, part, grace=3).penalty == Decimal(penalty)


def test_a_later_part_payment_stops_penalty_interest_on_its_part_from_its_own_day():
    part = Paid(DUE + timedelta(days=4), Decimal(600), Decimal(20))
    today = after(10, part)
    assert today.penalty == Decimal("6.40")  # 1,000 × 4 days + 400 × 6 days
    (late,) = today.late
    assert late.penalty.steps == "(¥1,000.00 × 4 天 + ¥400.00 × 6 天) × 24% × (1 + 50%) ÷ 360 = ¥6.40"
    assert [(str(each.first), str(each.last), each.days) for each in late.counted] == [
        ("2026-11-02", "2026-11-05", 4),
        ("2026-11-06", "2026-11-11", 6),
    ]


def test_penalty_interest_that_was_paid_is_not_asked_again():
    part = Paid(DUE + timedelta(days=4), Decimal(596), Decimal(20), Decimal(4))
    today = after(10, part)
    assert today.penalty == Decimal("2.42")  # 4.00 + 404 × 6 ÷ 1,000 − 4.00
    assert today.late[0].penalty.steps.endswith("= ¥6.42，¥6.42 − ¥4.00 = ¥2.42")


def test_principal_paid_late_leaves_the_penalty_interest_owed():
    today = after(30, Paid(DUE + timedelta(days=5), Decimal(1000), Decimal(20)))
    assert (today.state, today.days_past_due, today.outstanding) == ("penalty_left", 0, Decimal("5.00"))


def test_a_loan_with_everything_paid_is_settled():
    assert after(30, Paid(DUE, Decimal(1000), Decimal(20))).state == "settled"


def test_interest_of_coming_periods_is_not_owed_yet():
    plan = (instalment(), instalment(due_on=DUE + timedelta(days=30), number=2))
    today = standing(plan, Terms(PENALTY), DUE - timedelta(days=1))
    assert (today.outstanding, today.pay_today) == (Decimal(2000), 0)


def test_the_oldest_unpaid_instalment_counts_the_days():
    plan = (instalment(), instalment(due_on=DUE + timedelta(days=30), number=2))
    today = standing(plan, Terms(PENALTY), DUE + timedelta(days=40))
    assert (today.days_past_due, today.penalty) == (40, Decimal("50.00"))


def test_one_instalment_beyond_its_grace_period_makes_the_loan_overdue():
    plan = (instalment(), instalment(due_on=DUE + timedelta(days=30), number=2))
    assert standing(plan, Terms(PENALTY, 3), DUE + timedelta(days=31)).state == "overdue"


@given(st.integers(0, 400), st.integers(1, 60), st.integers(0, 10), st.sampled_from(["due_date", "grace_end"]))
def test_waiting_longer_never_lowers_what_is_owed(days, more, grace, runs_from):
    now, later = (after(each, grace=grace, runs_from=runs_from) for each in (days, days + more))
    assert later.outstanding >= now.outstanding
    assert later.pay_today >= now.pay_today


@given(st.integers(1, 100), st.integers(1, 100), st.integers(1, 100_000))
def test_a_part_payment_made_later_never_costs_less(first, more, fen):
    part = Decimal(fen) / 100
    early, late = (after(300, Paid(DUE + timedelta(days=days), part)) for days in (first, first + more))
    assert late.penalty >= early.penalty


def test_a_fee_is_owed_like_interest_and_bears_no_penalty_interest():
    plan = (
        DueAmount(1, DUE, Decimal(1000), Decimal(0), fee=Decimal(6)),
        DueAmount(2, DUE + timedelta(days=30), Decimal(1000), Decimal(0), fee=Decimal(6)),
    )
    today = standing(plan, Terms(PENALTY), DUE + timedelta(days=10))
    assert (today.overdue_fee, today.penalty, today.pay_today) == (6, Decimal("10.00"), Decimal("1016.00"))
    assert today.outstanding == Decimal("2016.00")  # the fee of the period to come is not owed yet


@given(loans(), st.integers(0, 400))
def test_penalty_interest_is_what_counting_day_by_day_gives(loan, later):
    today = loan.last_payment + timedelta(days=later)
    contract, penalty = loan.terms, loan.terms.penalty
    rate = reference.penalty_rate(
        Fraction(penalty.annual_rate), Fraction(penalty.surcharge), penalty.cap and Fraction(penalty.cap)
    )
    for due in loan.instalments:
        expected = reference.penalty(
            int(due.principal * 100), due.due_on, [(paid.day, int(paid.principal * 100)) for paid in due.paid], today,
            rate=rate, base=penalty.base, grace=contract.grace_days, from_grace_end=contract.penalty_runs_from == "grace_end",
        )  # fmt: skip
        assert due.penalty(contract, today).amount * 100 == expected


@given(loans(), st.integers(0, 300), st.integers(0, 100))
def test_what_is_owed_never_falls_by_waiting(loan, later, more):
    now = loan.last_payment + timedelta(days=later)
    today, another_day = (standing(loan.instalments, loan.terms, day) for day in (now, now + timedelta(days=more)))
    assert another_day.pay_today >= today.pay_today
    assert another_day.outstanding >= today.outstanding
    assert another_day.penalty >= today.penalty


@given(loans(), st.integers(0, 300), st.integers(1, 360_000))
def test_a_cap_never_raises_what_is_owed(loan, later, millionths):
    today = loan.last_payment + timedelta(days=later)
    capped = replace(loan.terms, penalty=replace(loan.terms.penalty, cap=Decimal(millionths) / 1_000_000))
    uncapped = replace(loan.terms, penalty=replace(loan.terms.penalty, cap=None))
    assert standing(loan.instalments, capped, today).pay_today <= standing(loan.instalments, uncapped, today).pay_today


@given(loans(), st.integers(0, 300))
def test_the_parts_of_what_is_owed_sum_to_it(loan, later):
    today = standing(loan.instalments, loan.terms, loan.last_payment + timedelta(days=later))
    late = today.overdue_principal + today.overdue_interest + today.overdue_fee
    assert late + today.due_today + today.penalty == today.pay_today
    assert sum(part.penalty.amount for part in today.late) == today.penalty


@pytest.mark.parametrize(
    "terms",
    [
        {"penalty_runs_from": "whenever"},
        {"grace_days": -1},
        {"allocation_order": ("fee", "interest", "principal")},
        {"allocation_order": ("fee", "fee", "interest", "principal")},
        {"early_fee_rate": Decimal("-0.01")},
    ],
)
def test_impossible_terms_are_refused(terms):
    with pytest.raises(ValueError):
        Terms(PENALTY, **terms)
