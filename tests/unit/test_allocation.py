from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finlit.accounts.allocation import Debt, allocate, allocate_over
from finlit.accounts.ledger import DueAmount, Terms, standing
from finlit.fees import PenaltyTerms
from tests.reference import waterfall
from tests.unit.loans import day, loans, yuan

DUE = date(2026, 11, 1)
PENALTY = PenaltyTerms(Decimal("0.24"), Decimal("0.5"), 360)  # 36 % a year: one yuan a day on 1,000
payments = st.integers(1, 3_000_000)


def instalment(number=1, due_on=DUE, principal=1000, interest=20, fee=5):
    return DueAmount(number, due_on, Decimal(principal), Decimal(interest), fee=Decimal(fee))


def parts(allocation):
    return {
        number: {name: str(getattr(paid, name)) for name in ("fee", "interest", "penalty", "principal") if getattr(paid, name)}
        for number, paid in allocation.paid.items()
    }  # fmt: skip


def two_late():
    """The first instalment is 40 days late (40.00 of penalty interest), the second 10 days (10.00)."""
    return (instalment(), instalment(2, DUE + timedelta(days=30))), DUE + timedelta(days=40)


def test_a_silent_contract_pays_costs_then_interest_then_principal_as_in_civil_code_561():
    plan, today = two_late()
    # 10 of fees and 40 of interest in all, 50 of penalty interest; 900 reach the principal
    assert parts(allocate(Decimal(1000), plan, Terms(PENALTY), today)) == {
        1: {"fee": "5", "interest": "20", "penalty": "40.00", "principal": "900.00"},
        2: {"fee": "5", "interest": "20", "penalty": "10.00"},
    }


def test_too_little_for_the_costs_reaches_no_interest():
    plan, today = two_late()
    assert parts(allocate(Decimal(8), plan, Terms(PENALTY), today)) == {1: {"fee": "5"}, 2: {"fee": "3"}}


def test_a_contract_order_is_gone_through_instalment_by_instalment_oldest_first():
    plan, today = two_late()
    contract = Terms(PENALTY, allocation_order=("principal", "interest", "penalty", "fee"))
    assert parts(allocate(Decimal(1070), plan, contract, today)) == {
        1: {"principal": "1000", "interest": "20", "penalty": "40.00", "fee": "5"},
        2: {"principal": "5.00"},
    }


def test_a_payment_pays_nothing_that_is_not_due_yet():
    plan = (instalment(), instalment(2, DUE + timedelta(days=30)))
    allocation = allocate(Decimal(2000), plan, Terms(PENALTY), DUE)
    assert (parts(allocation), allocation.left_over) == ({1: {"fee": "5", "interest": "20", "principal": "1000"}}, 975)


def test_what_a_payment_pays_bears_no_more_penalty_interest():
    (after,) = allocate(Decimal(535), [instalment()], Terms(PENALTY), DUE + timedelta(days=10)).applied([instalment()])
    # 5 + 20 + 10.00, and 500 of principal: 500 are left for five more days
    assert standing([after], Terms(PENALTY), DUE + timedelta(days=15)).penalty == Decimal("2.50")


@pytest.mark.parametrize("payment", ["0", "-1", "0.001"])
def test_what_is_no_payment_is_refused(payment):
    with pytest.raises(ValueError):
        allocate(Decimal(payment), [instalment()], Terms(PENALTY), DUE)


def debt(rate, due_on, principal=1000):
    return Debt(
        (instalment(due_on=due_on, principal=principal, interest=0, fee=0),),
        Terms(PenaltyTerms(Decimal(rate), Decimal(0), 360)),
    )


def shares(payment, debts, today, named=None):
    found, left = allocate_over(Decimal(payment), debts, today, named)
    return [f"{share:.2f}" for share in found], f"{left:.2f}"


def test_of_several_loans_the_one_that_the_payer_names_comes_first():
    debts = [debt("0.36", DUE), debt("0.12", DUE)]
    assert shares("1200", debts, DUE, named=1) == (["200.00", "1000.00"], "0.00")


def test_without_a_wish_the_heaviest_burden_comes_first_then_the_earliest_due_date():
    debts = [debt("0.12", DUE - timedelta(days=60)), debt("0.36", DUE), debt("0.36", DUE - timedelta(days=1))]
    # the third is due earlier than the second at the same rate, and owes one day of penalty interest
    assert shares("1500", debts, DUE) == (["0.00", "499.00", "1001.00"], "0.00")


def test_equal_loans_share_in_proportion_to_the_fen():
    debts = [debt("0.36", DUE, 100), debt("0.36", DUE, 100), debt("0.36", DUE, 100)]
    assert shares("100", debts, DUE) == (["33.34", "33.33", "33.33"], "0.00")


def test_what_is_not_due_yet_on_another_loan_gets_nothing():
    assert shares("1500", [debt("0.36", DUE), debt("0.36", DUE + timedelta(days=9))], DUE) == (
        ["1000.00", "0.00"],
        "500.00",
    )


@given(loans(), st.integers(0, 120), payments)
def test_allocation_conserves_money(loan, later, fen):
    today = loan.last_payment + timedelta(days=later)
    allocation = allocate(yuan(fen), loan.instalments, loan.terms, today)
    assert allocation.total + allocation.left_over == yuan(fen)
    assert all(paid.total == paid.total.quantize(Decimal("0.01")) for paid in allocation.paid.values())


@given(loans(), st.integers(0, 120), payments)
def test_what_is_owed_falls_by_what_was_allocated_and_by_nothing_else(loan, later, fen):
    today = loan.last_payment + timedelta(days=later)
    allocation = allocate(yuan(fen), loan.instalments, loan.terms, today)
    before = standing(loan.instalments, loan.terms, today)
    after = standing(allocation.applied(loan.instalments), loan.terms, today)
    assert before.pay_today - after.pay_today == allocation.total == before.outstanding - after.outstanding
    assert allocation.left_over == 0 or after.pay_today == 0


@given(loans(), st.integers(0, 120), payments)
def test_no_part_of_an_instalment_is_paid_twice(loan, later, fen):
    today = loan.last_payment + timedelta(days=later)
    for due in allocate(yuan(fen), loan.instalments, loan.terms, today).applied(loan.instalments):
        assert min(due.principal_open, due.interest_open, due.fee_open) >= 0
        assert due.penalty_paid <= due.penalty(loan.terms, today).amount


@given(loans(payments=0), st.integers(30, 200), payments)
def test_the_parts_are_those_of_a_plain_waterfall(loan, late, fen):
    today = day(late)
    names = loan.terms.allocation_order or ("fee", "interest", "penalty", "principal")
    fallen = [due for due in loan.instalments if due.due_on <= today]

    def claim(due, name):
        owed = due.penalty(loan.terms, today).amount if name == "penalty" else getattr(due, name)
        return (due.number, name), int(owed * 100)

    by_part = [claim(due, name) for name in names for due in fallen]
    by_instalment = [claim(due, name) for due in fallen for name in names]
    expected, rest = waterfall(fen, by_instalment if loan.terms.allocation_order else by_part)
    allocation = allocate(yuan(fen), loan.instalments, loan.terms, today)
    found = {
        (number, name): int(getattr(paid, name) * 100)
        for number, paid in allocation.paid.items()
        for name in names
        if getattr(paid, name)
    }
    assert (found, int(allocation.left_over * 100)) == (expected, rest)


@given(loans(payments=1), st.integers(0, 90), st.integers(0, 90), st.integers(0, 200), payments)
def test_the_same_payment_made_later_never_costs_less(loan, first, more, wait, fen):
    early = loan.last_payment + timedelta(days=first)
    late = early + timedelta(days=more)
    owed = standing(loan.instalments, loan.terms, early).pay_today
    payment = min(yuan(fen), owed)
    if not payment:
        return
    costs = []
    for paid_on in (early, late):
        after = allocate(payment, loan.instalments, loan.terms, paid_on).applied(loan.instalments)
        costs.append(sum(due.penalty(loan.terms, late + timedelta(days=wait)).amount for due in after))
    assert costs[0] <= costs[1]


@given(st.lists(loans(), min_size=1, max_size=4), st.integers(0, 200), payments, st.none() | st.integers(0, 3))
def test_allocation_over_several_loans_conserves_money_and_overpays_none(several, late, fen, named):
    today = max(loan.last_payment for loan in several) + timedelta(days=late)
    debts = [Debt(loan.instalments, loan.terms) for loan in several]
    found, left = allocate_over(yuan(fen), debts, today, named)
    due = [standing(debt.instalments, debt.terms, today).pay_today for debt in debts]
    assert sum(found) + left == yuan(fen)
    assert all(0 <= share <= most for share, most in zip(found, due))
    assert left == 0 or found == due
    assert all(share == share.quantize(Decimal("0.01")) for share in found)
