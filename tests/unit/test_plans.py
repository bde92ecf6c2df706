"""Comparing ways to repay: every figure against numpy-financial, which knows nothing of ours."""

from decimal import Decimal

import numpy as np
import numpy_financial as npf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finlit import plans
from finlit.money import fen
from finlit.plans import FEE_METHOD

FEN = 0.005  # a payment is rounded to the fen
CASES = pytest.mark.parametrize(
    ("amount", "annual", "periods"),
    [(10_000, 0.18, 12), (3_000, 0.24, 3), (56_789.01, 0.0725, 36), (200_000, 0.036, 60), (1_000, 0.36, 1)],
)


def by_name(amount, annual, periods):
    found = plans.with_rate(Decimal(str(amount)), Decimal(str(annual)), periods)
    return {plan.method: plan for plan in found}


@CASES
def test_equal_instalments_are_those_of_numpy_financial(amount, annual, periods):
    plan = by_name(amount, annual, periods)["equal_instalments"]
    payment = -npf.pmt(annual / 12, periods, amount)
    assert float(plan.first) == pytest.approx(payment, abs=FEN)
    assert float(plan.cost) == pytest.approx(payment * periods - amount, abs=FEN * periods)
    interest = -npf.ipmt(annual / 12, np.arange(1, periods + 1), periods, amount)
    ours = [float(each.interest) for each in plan.schedule]
    assert ours == pytest.approx(list(interest), abs=2 * FEN * periods)


@CASES
def test_the_other_methods_cost_what_their_cash_flows_say(amount, annual, periods):
    found = by_name(amount, annual, periods)
    left = [amount - amount / periods * month for month in range(periods)]
    assert float(found["equal_principal"].cost) == pytest.approx(sum(left) * annual / 12, abs=FEN * periods)
    assert float(found["interest_first"].cost) == pytest.approx(amount * annual / 12 * periods, abs=FEN * periods)
    assert float(found["bullet"].cost) == pytest.approx(amount * annual / 12 * periods, abs=FEN)


@CASES
def test_the_true_annual_cost_is_the_irr_of_numpy_financial(amount, annual, periods):
    amount_fen = Decimal(str(amount))
    fee = plans.with_fee(amount_fen, fen(amount_fen * Decimal("0.006")) * periods, periods)
    for plan in (*by_name(amount, annual, periods).values(), fee):
        flows = [-amount] + [float(plan.due(month)) for month in range(1, plan.schedule[-1].month + 1)]
        monthly = npf.irr(flows)
        assert float(plan.simple_annual) == pytest.approx(monthly * 12, abs=1e-6), plan.method
        assert float(plan.effective_annual) == pytest.approx((1 + monthly) ** 12 - 1, abs=1e-6), plan.method


def test_twelve_periods_at_0_6_percent_cost_what_the_fact_says():
    plan = plans.with_fee(Decimal(10_000), Decimal(720), 12)  # F-FEE-23
    assert round(plan.simple_annual, 3) == Decimal("0.130") and round(plan.effective_annual, 3) == Decimal("0.138")


@pytest.mark.parametrize(
    ("given_as", "fee"),
    [({"each": Decimal("60")}, "720"), ({"each_rate": Decimal("0.006")}, "720"), ({"whole": Decimal("700")}, "700"),
     ({"whole_rate": Decimal("0.072")}, "720")],
)  # fmt: skip
def test_a_fee_is_the_same_however_it_is_said(given_as, fee):
    assert plans.fee_in_yuan(Decimal(10_000), 12, **given_as) == Decimal(fee)


@settings(max_examples=150, deadline=None)
@given(
    amount=st.decimals("1", "1000000", places=2),
    fee=st.decimals("0", "100000", places=2),
    periods=st.integers(1, 120),
)
def test_a_fee_in_parts_conserves_amount_and_fee_to_the_fen(amount, fee, periods):
    plan = plans.with_fee(amount, fee, periods)
    assert sum(payment.principal for payment in plan.schedule) == amount
    assert plan.cost == fee
    assert plan.method == FEE_METHOD and len(plan.schedule) == periods


def test_a_plan_that_costs_nothing_has_no_cost_a_year():
    free = plans.with_fee(Decimal(1200), Decimal(0), 12)
    assert free.cost == 0 and free.monthly < Decimal("1e-20")


@pytest.mark.parametrize(("periods", "shown"), [(1, [1]), (36, list(range(1, 37))), (40, [1, 12, 24, 36, 40])])
def test_every_month_is_shown_up_to_three_years_and_then_one_a_year(periods, shown):
    assert plans.shown_months(periods) == shown
