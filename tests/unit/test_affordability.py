from decimal import Decimal

import pytest
import yaml

from finlit.affordability import BANDS, debt_to_income
from finlit.money import show_rate
from finlit.settings import PROJECT_ROOT


@pytest.mark.parametrize(
    "owed, band",
    [
        (0, "steady"),
        (2999, "steady"),
        (4000, "steady"),
        (4001, "between"),
        (5000, "between"),
        (5001, "risky"),
        (12_000, "risky"),
    ],
)
def test_ten_thousand_yuan_of_income_fall_into_the_bands_of_f_plan_01(owed, band):
    assert debt_to_income(Decimal(10_000), [Decimal(owed)]).band.name == band


@pytest.mark.parametrize(
    ("owed", "shown"),
    [
        ("4005", "40.1%"),
        ("4004", "40.04%"),
        ("4000.01", "40.0001%"),
        ("4000", "40%"),
        ("5001", "50.01%"),
        ("3333", "33.3%"),
        ("3335", "33.4%"),
    ],
)
def test_the_percentage_that_is_shown_never_contradicts_its_band(owed, shown):
    burden = debt_to_income(Decimal(10_000), [Decimal(owed)])
    assert show_rate(burden.ratio, burden.places) == shown


def test_all_payments_count_together_and_essentials_lower_what_is_left():
    burden = debt_to_income(Decimal(8_000), [Decimal(1_500), Decimal(500)], Decimal(3_000))
    assert burden.ratio == Decimal("0.25")
    assert burden.left == Decimal(3_000)


def test_what_is_left_may_be_negative():
    assert debt_to_income(Decimal(3_000), [Decimal(2_000)], Decimal(1_500)).left == Decimal(-500)


@pytest.mark.parametrize("income, owed", [(0, 100), (-1, 100), (5_000, -1)])
def test_impossible_households_are_refused(income, owed):
    with pytest.raises(ValueError):
        debt_to_income(Decimal(income), [Decimal(owed)])


def test_the_wording_of_each_band_stands_in_the_fact():
    facts = yaml.safe_load((PROJECT_ROOT / "data" / "facts.yml").read_text(encoding="utf-8"))["facts"]
    worded = [band.wording for band in BANDS if band.wording]
    assert len(worded) == 2
    assert all(wording in facts["F-PLAN-01"]["statement"] for wording in worded)
