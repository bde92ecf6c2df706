from decimal import Decimal
from fractions import Fraction

import numpy_financial as npf
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from finlit.instalments import (
    METHODS,
    NoRate,
    Payment,
    bullet,
    cost,
    effective_annual,
    equal_instalments,
    equal_principal,
    fee_instalments,
    interest_first,
    monthly_irr,
    simple_annual,
)
from finlit.money import fen
from tests import reference

REFERENCE = ("equal_instalments", "equal_principal", "interest_first", "bullet")
TEN_THOUSAND, EIGHTEEN = Decimal(10_000), Decimal("0.18")
amounts = st.integers(1, 100_000_000).map(lambda fen: Decimal(fen) / 100)
rates = st.integers(0, 1_000_000).map(lambda millionths: Decimal(millionths) / 1_000_000)
periods = st.integers(1, 120)


def fee_each_month(amount, fee_rate, count):
    """Return a schedule with the same fee each month, ``fee_rate`` of the whole amount."""
    return fee_instalments(amount, fen(amount * fee_rate) * count, count)


schedules = [*METHODS.values(), fee_each_month]


def near(rate, expected, places="0.0000001"):
    return abs(rate - Decimal(str(expected))) < Decimal(places)


def test_equal_instalments_meet_the_example_of_f_plan_02():
    schedule = equal_instalments(TEN_THOUSAND, EIGHTEEN, 12)
    assert {payment.total for payment in schedule[:-1]} == {Decimal("916.80")}
    assert schedule[-1].total == Decimal("916.81")
    assert cost(schedule) == Decimal("1001.61")


def test_equal_principal_meets_the_example_of_f_plan_03():
    schedule = equal_principal(TEN_THOUSAND, EIGHTEEN, 12)
    assert schedule[0].total == Decimal("983.33")
    # F-PLAN-03 has 845.83 before rounding; the last instalment takes the four fen that 11 × 833.33 leave.
    assert schedule[-1].total == Decimal("845.83") + Decimal("0.04")
    assert cost(schedule) == Decimal("975.00")


def test_interest_first_meets_the_example_of_f_plan_04():
    schedule = interest_first(TEN_THOUSAND, EIGHTEEN, 12)
    assert {payment.total for payment in schedule[:-1]} == {Decimal("150.00")}
    assert schedule[-1].total == Decimal("10150.00")
    assert cost(schedule) == Decimal("1800.00")


def test_a_bullet_loan_pays_everything_at_the_end():
    assert bullet(TEN_THOUSAND, EIGHTEEN, 12) == (Payment(12, TEN_THOUSAND, Decimal("1800.00")),)


def test_the_true_annual_cost_of_a_fee_meets_the_example_of_f_fee_23():
    schedule = fee_each_month(Decimal(12_000), Decimal("0.006"), 12)
    assert {payment.fee for payment in schedule} == {Decimal("72.00")}
    monthly = monthly_irr(Decimal(12_000), schedule)
    assert round(simple_annual(monthly) * 100, 1) == Decimal("13.0")
    assert round(effective_annual(monthly) * 100, 1) == Decimal("13.8")


@pytest.mark.parametrize("count, factor", [(3, "1.5"), (6, "1.7"), (12, "1.8")])
def test_a_fee_costs_more_than_its_name_by_the_factors_of_f_fee_23(count, factor):
    schedule = fee_each_month(Decimal(12_000), Decimal("0.006"), count)
    annual = simple_annual(monthly_irr(Decimal(12_000), schedule))
    assert round(annual / Decimal("0.072"), 1) == Decimal(factor)


@pytest.mark.parametrize(
    "amount, rate, count", [(10_000, "0.18", 12), (3_000, "0.24", 3), (50_000, "0.0888", 36), (777, "0.36", 24)]
)
def test_equal_instalments_agree_with_numpy_financial(amount, rate, count):
    schedule = equal_instalments(Decimal(amount), Decimal(rate), count)
    assert float(schedule[0].total) == pytest.approx(-npf.pmt(float(rate) / 12, count, amount), abs=0.005)
    assert float(schedule[0].principal) == pytest.approx(-npf.ppmt(float(rate) / 12, 1, count, amount), abs=0.011)


@pytest.mark.parametrize("method", schedules)
def test_the_internal_rate_agrees_with_numpy_financial(method):
    schedule = method(Decimal(20_000), Decimal("0.009"), 24)
    flows = [-20_000.0] + [0.0] * schedule[-1].month
    for payment in schedule:
        flows[payment.month] += float(payment.total)
    assert near(monthly_irr(Decimal(20_000), schedule), npf.irr(flows))


def test_the_internal_rate_of_interest_first_is_its_own_rate():
    assert near(simple_annual(monthly_irr(TEN_THOUSAND, interest_first(TEN_THOUSAND, EIGHTEEN, 12))), "0.18")


def test_an_amount_deducted_in_advance_raises_the_true_rate():
    schedule = equal_instalments(TEN_THOUSAND, EIGHTEEN, 12)
    assert monthly_irr(Decimal(9_500), schedule) > monthly_irr(TEN_THOUSAND, schedule)


def test_no_rate_explains_paying_back_less_than_was_received():
    with pytest.raises(NoRate):
        monthly_irr(TEN_THOUSAND, [Payment(12, Decimal(9_000))])


@pytest.mark.parametrize("method", REFERENCE)
def test_the_worked_examples_agree_with_plain_fractions(method):
    schedule = METHODS[method](TEN_THOUSAND, EIGHTEEN, 12)
    expected = reference.schedule(method, 1_000_000, Fraction(18, 100), 12)
    assert [(int(payment.principal * 100), int(payment.interest * 100)) for payment in schedule] == expected


@given(st.sampled_from(REFERENCE), st.integers(10_000, 100_000_000), st.integers(0, 1_000_000), st.integers(1, 60))
def test_schedules_are_what_plain_fractions_give(method, fen, millionths, count):
    schedule = METHODS[method](Decimal(fen) / 100, Decimal(millionths) / 1_000_000, count)
    expected = reference.schedule(method, fen, Fraction(millionths, 1_000_000), count)
    assert [(int(payment.principal * 100), int(payment.interest * 100)) for payment in schedule] == expected


@given(st.sampled_from(schedules), st.integers(100_000, 10_000_000), st.integers(1_000, 30_000), st.integers(1, 60))
def test_the_internal_rate_makes_the_payments_worth_what_was_received(method, fen, millionths, count):
    received, rate = Decimal(fen) / 100, Decimal(millionths) / 1_000_000
    schedule = method(received, rate, count)
    monthly = float(monthly_irr(received, schedule))
    flows = [-float(received)] + [0.0] * schedule[-1].month
    for payment in schedule:
        flows[payment.month] += float(payment.total)
    assert npf.npv(monthly, flows) == pytest.approx(0, abs=1e-6 * float(received))


@given(st.sampled_from(schedules), st.integers(100_000, 10_000_000), st.integers(1_000, 30_000), st.integers(1, 60))
def test_the_effective_annual_rate_is_never_below_the_simple_one(method, fen, millionths, count):
    monthly = monthly_irr(Decimal(fen) / 100, method(Decimal(fen) / 100, Decimal(millionths) / 1_000_000, count))
    assert effective_annual(monthly) >= simple_annual(monthly) >= 0


@given(st.sampled_from(schedules), amounts, rates, periods)
def test_principal_parts_sum_to_the_amount_and_are_never_negative(method, amount, rate, count):
    schedule = method(amount, rate, count)
    assert sum(payment.principal for payment in schedule) == amount
    assert all(payment.principal >= 0 and payment.interest >= 0 and payment.fee >= 0 for payment in schedule)


@given(st.sampled_from(schedules), amounts, rates, periods)
def test_every_payment_is_in_whole_fen(method, amount, rate, count):
    assert all(payment.total == payment.total.quantize(Decimal("0.01")) for payment in method(amount, rate, count))


@given(st.integers(10_000, 100_000_000), st.integers(1_000, 360_000), st.integers(2, 60))
def test_paying_principal_later_never_costs_less(fen, millionths, count):
    amount, rate = Decimal(fen) / 100, Decimal(millionths) / 1_000_000
    first, equal, last = (
        cost(method(amount, rate, count)) for method in (equal_principal, equal_instalments, interest_first)
    )
    slack = Decimal("0.01") * count  # each payment's rounding
    assert first <= equal + slack
    assert equal <= last + slack


@given(amounts, rates, periods)
def test_a_higher_rate_never_costs_less(amount, rate, count):
    assume(count > 1)
    dearer = rate + Decimal("0.01")
    assert cost(equal_principal(amount, dearer, count)) >= cost(equal_principal(amount, rate, count))


def test_a_loan_without_interest_is_shared_out_evenly():
    schedule = equal_instalments(Decimal(100), Decimal(0), 3)
    assert [payment.total for payment in schedule] == [Decimal("33.33"), Decimal("33.33"), Decimal("33.34")]


@pytest.mark.parametrize(
    "amount, rate, count",
    [("0", "0.18", 12), ("0.005", "0.18", 12), ("100", "-0.1", 12), ("100", "0.1", 0), ("100", "0.1", 601)],
)
def test_impossible_loans_are_refused(amount, rate, count):
    with pytest.raises(ValueError):
        equal_instalments(Decimal(amount), Decimal(rate), count)
