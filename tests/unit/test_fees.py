from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finlit.fees import PenaltyTerms, Stretch, estimate, penalty_a_day, penalty_interest
from finlit.rates import Rate

HALF = Decimal("0.5")
rates = st.integers(0, 360_000).map(lambda millionths: Decimal(millionths) / 1_000_000)
amounts = st.integers(1, 10_000_000).map(lambda fen: Decimal(fen) / 100)
days = st.integers(0, 4000)
bases = st.sampled_from([360, 365])


def terms(base=360, cap=None, rate="0.18", surcharge="0.5"):
    return PenaltyTerms(Decimal(rate), Decimal(surcharge), base, Decimal(cap) if cap else None)


@pytest.mark.parametrize(
    "base, cap, expected",
    [(360, None, "112.50"), (365, None, "110.96"), (360, "0.24", "100.00"), (365, "0.24", "98.63")],
)
def test_the_worked_example_of_f_fee_04_is_met_to_the_fen(base, cap, expected):
    assert penalty_interest([Stretch(Decimal(5000), 30)], terms(base, cap)).amount == Decimal(expected)


def test_the_steps_show_the_formula_with_the_numbers_put_in():
    steps = penalty_interest([Stretch(Decimal(5000), 30)], terms()).steps
    assert steps == "¥5,000.00 × 30 天 × 18% × (1 + 50%) ÷ 360 = ¥112.50"


def test_the_steps_of_a_capped_rate_show_the_cap():
    steps = penalty_interest([Stretch(Decimal(5000), 30)], terms(cap="0.24")).steps
    assert steps == "¥5,000.00 × 30 天 × 24% ÷ 360 = ¥100.00"


def test_a_part_payment_ends_penalty_interest_on_what_it_paid():
    penalty = penalty_interest([Stretch(Decimal(1000), 10), Stretch(Decimal(400), 5)], terms(rate="0.12"))
    assert penalty.amount == Decimal("6.00")  # (10,000 + 2,000) × 18 % ÷ 360
    assert penalty.steps == "(¥1,000.00 × 10 天 + ¥400.00 × 5 天) × 12% × (1 + 50%) ÷ 360 = ¥6.00"


def test_stretches_are_rounded_together_and_not_one_by_one():
    stretches = [Stretch(Decimal("10"), 1)] * 3
    # 0.0049 each: one by one they would vanish
    assert penalty_interest(stretches, terms(rate="0.1176")).amount == Decimal("0.01")


def test_a_cap_above_the_penalty_rate_changes_nothing():
    assert penalty_interest([Stretch(Decimal(5000), 30)], terms(cap="0.36")).amount == Decimal("112.50")


def test_no_day_past_due_costs_nothing():
    assert penalty_interest([Stretch(Decimal(5000), 0)], terms()).amount == 0
    assert penalty_interest([], terms()).amount == 0


def test_one_more_day_on_ten_thousand_yuan_at_27_percent_costs_seven_yuan_fifty():
    assert penalty_a_day(Decimal(10_000), terms()) == Decimal("7.50")


@given(amounts, days, rates, rates, bases)
def test_penalty_interest_is_the_formula_rounded_half_up(principal, late, rate, surcharge, base):
    penalty = penalty_interest([Stretch(principal, late)], PenaltyTerms(rate, surcharge, base)).amount
    fen = Fraction(principal) * Fraction(rate) * (1 + Fraction(surcharge)) * late / base * 100
    assert penalty * 100 == (fen + Fraction(1, 2)).__floor__()


@given(amounts, days, st.integers(0, 100), rates, bases)
def test_paying_later_never_costs_less(principal, late, later, rate, base):
    contract = PenaltyTerms(rate, HALF, base)
    now = penalty_interest([Stretch(principal, late)], contract).amount
    assert penalty_interest([Stretch(principal, late + later)], contract).amount >= now


@given(amounts, days, rates, bases, st.integers(1, 360_000))
def test_a_cap_never_raises_penalty_interest(principal, late, rate, base, cap):
    capped = PenaltyTerms(rate, HALF, base, Decimal(cap) / 1_000_000)
    plain = penalty_interest([Stretch(principal, late)], PenaltyTerms(rate, HALF, base)).amount
    assert penalty_interest([Stretch(principal, late)], capped).amount <= plain


@pytest.mark.parametrize("wrong", [{"base": 366}, {"rate": "-0.1"}, {"surcharge": "-0.5"}, {"cap": "-0.24"}])
def test_impossible_terms_are_refused(wrong):
    with pytest.raises(ValueError):
        terms(**wrong)


def test_a_float_is_refused_as_principal_and_as_rate():
    with pytest.raises(TypeError):
        Stretch(5000.0, 30)
    with pytest.raises(TypeError):
        PenaltyTerms(0.18, HALF, 360)


def test_without_contract_terms_the_estimate_spans_the_surcharges_of_f_fee_02():
    found = estimate(Decimal(5000), 30, Rate(Decimal("0.18")))
    assert found.least.amount == Decimal("96.16")  # 5,000 × 23.4 % ÷ 365 × 30
    assert found.most.amount == Decimal("112.50")
    assert [each.amount for each in found.at_rate] == [Decimal("73.97"), Decimal("75.00")]
    assert [each.amount for each in found.ceiling] == [Decimal("98.63"), Decimal("100.00")]


def test_a_daily_rate_gives_the_same_penalty_interest_with_either_base():
    found = estimate(Decimal(10_000), 10, Rate.parse("daily:0.0005"))
    assert [each.amount for each in found.at_rate] == [Decimal("50.00"), Decimal("50.00")]


@pytest.mark.parametrize(
    "said, base, annual",
    [("daily:0.0002", 360, "0.072"), ("daily:0.0002", 365, "0.073"), ("daily:0.0005", 360, "0.18"), ("daily:0.0005", 365, "0.1825"),
     ("monthly:0.01", 360, "0.12"), ("0.24", 365, "0.24")],
)  # fmt: skip
def test_daily_rates_become_annual_as_in_f_fee_22(said, base, annual):
    assert Rate.parse(said).annual(base) == Decimal(annual)


@pytest.mark.parametrize("said", ["weekly:0.01", "unknown", "-0.1", "daily:", "NaN"])
def test_what_is_no_rate_is_refused(said):
    with pytest.raises(ValueError):
        Rate.parse(said)


def test_a_rate_survives_being_stored_as_text():
    for said in ("0.18", "daily:0.0005", "monthly:0.015"):
        assert str(Rate.parse(said)) == said
