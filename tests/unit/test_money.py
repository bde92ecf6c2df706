import subprocess
import sys
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finlit.money import exact, fen, show, show_range, show_rate
from finlit.settings import PROJECT_ROOT

MONEY_MODULES = ("money", "rates", "fees", "instalments", "affordability", "accounts.ledger")
HEAVY = ("rasa", "rasa_sdk", "tensorflow", "sqlalchemy")


@pytest.mark.parametrize(
    "amount, rounded", [("0.005", "0.01"), ("0.0049", "0.00"), ("-0.005", "-0.01"), ("2.675", "2.68")]
)
def test_half_a_fen_is_rounded_away_from_zero(amount, rounded):
    assert fen(Decimal(amount)) == Decimal(rounded)


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=6))
def test_rounding_never_moves_an_amount_by_more_than_half_a_fen(amount):
    assert abs(fen(amount) - amount) <= Decimal("0.005")


@pytest.mark.parametrize("value", [1.0, 0.1, True])
def test_floats_are_refused(value):
    with pytest.raises(TypeError):
        exact(value)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "三千", ""])
def test_what_is_no_finite_number_is_refused(value):
    with pytest.raises(ValueError):
        exact(value)


@pytest.mark.parametrize(
    "amount, shown", [("1234.5", "¥1,234.50"), ("0", "¥0.00"), ("-0.05", "-¥0.05"), ("1234567.891", "¥1,234,567.89")]
)
def test_amounts_are_shown_with_thousands_and_two_places(amount, shown):
    assert show(Decimal(amount)) == shown


@pytest.mark.parametrize(
    "fraction, shown",
    [("0.18", "18%"), ("0.0005", "0.05%"), ("0.1", "10%"), ("1", "100%"), ("0.0725", "7.25%"), ("0", "0%")],
)
def test_rates_are_shown_without_needless_zeros(fraction, shown):
    assert show_rate(Decimal(fraction)) == shown


def test_half_of_the_last_place_of_a_rate_is_rounded_up():
    assert show_rate(Decimal("0.4005"), 1) == "40.1%"
    assert show_rate(Decimal("0.07125"), 2) == "7.13%"


def test_no_code_rounds_without_naming_how():
    files = [path for folder in ("actions", "finlit") for path in (PROJECT_ROOT / folder).rglob("*.py")]
    calls = [line for path in files for line in path.read_text(encoding="utf-8").splitlines() if ".quantize(" in line]
    assert calls and all("rounding=" in line for line in calls)


def test_a_range_of_one_amount_is_shown_once():
    assert show_range(Decimal("98.63"), Decimal("100")) == "¥98.63–¥100.00"
    assert show_range(Decimal("0.501"), Decimal("0.5")) == "¥0.50"


def test_money_code_loads_neither_rasa_nor_tensorflow_nor_sqlalchemy():
    imports = "; ".join(f"import finlit.{name}" for name in MONEY_MODULES)
    loaded = f"{imports}; import sys; print([name for name in {HEAVY!r} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
