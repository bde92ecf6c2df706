import pytest

from finlit.settings import SettingsError, parse

GOOD_SECRET = "x" * 40


def test_production_refuses_to_start_without_a_real_secret():
    with pytest.raises(SettingsError, match="FINLIT_SESSION_SECRET"):
        parse({"FINLIT_ENV": "production"})
    with pytest.raises(SettingsError, match="32"):
        parse({"FINLIT_ENV": "production", "FINLIT_SESSION_SECRET": "short"})
    assert parse({"FINLIT_ENV": "production", "FINLIT_SESSION_SECRET": GOOD_SECRET}).is_production


def test_production_refuses_a_fixed_clock():
    with pytest.raises(SettingsError, match="FINLIT_NOW"):
        parse({"FINLIT_ENV": "production", "FINLIT_SESSION_SECRET": GOOD_SECRET, "FINLIT_NOW": "2026-11-23T10:00"})


def test_development_makes_a_secret_of_its_own_each_time():
    assert parse({}).session_secret != parse({}).session_secret


@pytest.mark.parametrize(
    ("name", "value"),
    [("FINLIT_PORT", "http"), ("FINLIT_PORT", "70000"), ("FINLIT_ENV", "prod"), ("FINLIT_NOW", "gestern"),
     ("FINLIT_MESSAGES_PER_MINUTE", "-1"), ("FINLIT_MESSAGE_MAX_CHARS", "viel")],
)  # fmt: skip
def test_a_wrong_value_is_named_in_one_chinese_line(name, value):
    with pytest.raises(SettingsError, match=name) as caught:
        parse({name: value})
    assert "\n" not in str(caught.value)


def test_a_fixed_time_is_in_shanghai():
    assert parse({"FINLIT_NOW": "2026-11-23T10:00"}).now().isoformat() == "2026-11-23T10:00:00+08:00"
