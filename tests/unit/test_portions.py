from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finlit.nlu.portions import OTHER, loan_number, portion, without_portions

PARTS = {"先还一半": (1, 2), "还三分之一": (1, 3), "付四分之三": (3, 4), "还三成": (3, 10), "全部还": (1, 1)}
NO_PARTS = ["先还五百", "三分之四", "零分之一", "一般", "成功了吗"]
LOANS = {"第二笔呢": 2, "那第1笔": 1, "第三个贷款": 3, "另一笔呢": OTHER, "另外一笔": OTHER, "还有一笔呢": OTHER}


@pytest.mark.parametrize(("text", "part"), PARTS.items())
def test_a_part_of_the_whole_is_read_exactly(text, part):
    assert portion(text) == Fraction(*part)


@pytest.mark.parametrize("text", NO_PARTS)
def test_what_is_no_part_is_not_guessed(text):
    assert portion(text) is None


@pytest.mark.parametrize(("text", "number"), LOANS.items())
def test_one_of_several_loans_is_named(text, number):
    assert loan_number(text) == number


@pytest.mark.parametrize("text", ["一笔", "第二天", "第二期", "第零笔", "多少"])
def test_what_names_no_loan_is_left_alone(text):
    assert loan_number(text) is None


@given(st.text(alphabet="第笔另一二两三半分之成全部还0123。a", max_size=12))
def test_any_text_is_read_without_fault(text):
    part = portion(text)
    assert part is None or 0 < part <= 1
    loan_number(text)
    without_portions(text)
