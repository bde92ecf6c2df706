import pytest
from hypothesis import given
from hypothesis import strategies as st

from finlit.dialogue.screening import Trouble, clean, defang, trouble, windows


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("", Trouble.EMPTY),
        (" \n\t ", Trouble.EMPTY),
        (None, Trouble.EMPTY),
        ("😭😭", Trouble.ONLY_SYMBOLS),
        ("。。。！！", Trouble.ONLY_SYMBOLS),
        ("\x00\x01\x02", Trouble.EMPTY),
        ("还" * 10_000, Trouble.TOO_LONG),
        ("逾期怎么办", None),
        ("/greet", Trouble.COMMAND),
        ('  ／inform{"amount":\n"1"}', Trouble.COMMAND),
        ("/repay_how@0.9", Trouble.COMMAND),
        ("/怎么还款", None),
        ("/app 里怎么还款", None),
        ("<script>alert(1)</script>", None),
        ("'; DROP TABLE customers; --", None),
    ],
)
def test_trouble_is_named_and_ordinary_text_has_none(typed, expected):
    assert trouble(clean(typed, 500), 500) is expected


@pytest.mark.parametrize("typed", ["/greet", '/inform{"amount":"1"}', "  /restart", "/repay_how@0.9"])
def test_a_typed_payload_no_longer_starts_with_a_slash(typed):
    assert not defang(typed).lstrip().startswith("/")


@given(st.text(max_size=2000))
def test_cleaning_never_fails_and_keeps_the_limit(text):
    assert len(clean(text, 500)) <= 501
    trouble(clean(text, 500), 500)


@given(st.integers(0, 1200), st.integers(0, 1200))
def test_whatever_is_short_lies_whole_in_a_window_of_a_long_text(before, after):
    sign = "这几个字要连着看"
    pieces = list(windows("前" * before + sign + "后" * after))
    assert any(sign in piece for piece in pieces)
    assert all(len(piece) <= 200 for piece in pieces)
