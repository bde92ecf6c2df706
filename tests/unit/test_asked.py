from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finlit.accounts.asked import Asked, read

MONDAY = date(2026, 11, 23)
SAID = {
    "如果我明天先还一半呢": Asked(day=date(2026, 11, 24), portion=Fraction(1, 2)),
    "如果下周五还清呢": Asked(day=date(2026, 12, 4), settles=True),
    "那先还500呢": Asked(amount=Decimal(500)),
    "再拖十天呢": Asked(day=date(2026, 12, 3)),
    "两周以后还": Asked(day=date(2026, 12, 7)),
    "一个月后还": Asked(day=date(2026, 12, 23)),
    "第二笔呢": Asked(loan=2),
    "月底还 1200.5": Asked(day=date(2026, 11, 30), amount=Decimal("1200.5")),
    "15号还呢": Asked(day=date(2026, 12, 15)),
    "3月5号还呢": Asked(day=date(2027, 3, 5)),
    "昨天还的话": Asked(over=True),
    "2020年1月1日还呢": Asked(over=True),
    "先还几百呢": Asked(unclear="几百"),
    "先还三百或者五百呢": Asked(unclear="三百"),
    "先还0.001元": Asked(unclear="0.001元"),
    "一次性还清呢": Asked(settles=True),
    "我现在欠多少": Asked(),
}


@pytest.mark.parametrize(("text", "asked"), SAID.items())
def test_a_case_is_read_from_what_was_said(text, asked):
    assert read(text, MONDAY) == asked


@pytest.mark.parametrize("today, day", [(date(2026, 1, 31), date(2026, 2, 28)), (date(2028, 1, 31), date(2028, 2, 29))])
def test_a_month_later_is_the_last_day_where_the_month_is_too_short(today, day):
    assert read("一个月后还", today).day == day


@given(st.text(alphabet="明天下周五十一二三半月号年底还清先第笔0123456789.万亿千元后", max_size=20))
def test_any_text_is_read_and_no_day_lies_before_today(text):
    asked = read(text, MONDAY)
    assert asked.day is None or asked.day >= MONDAY
    assert asked.amount is None or asked.amount == asked.amount.quantize(Decimal("0.01")) > 0
