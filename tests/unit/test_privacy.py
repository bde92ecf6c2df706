import random
import timeit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finlit.digits import runs
from finlit.privacy import mask

CHINESE = dict(zip("0123456789", "零一二三四五六七八九"))
FULL_WIDTH = {str(value): chr(0xFF10 + value) for value in range(10)}
PHONE, ID_CARD, CARD = "13812345678", "500101199003071234", "6222021234567890123"


def dressed(number, dress):
    return {
        "plain": number,
        "full width": "".join(FULL_WIDTH[digit] for digit in number),
        "Chinese": "".join(CHINESE[digit] for digit in number),
        "Chinese spoken": "".join(CHINESE[digit] for digit in number).replace("一", "幺"),
        "spaced": " ".join(number),
        "in fours": " ".join(number[i : i + 4] for i in range(0, len(number), 4)),
        "dashed": "-".join((number[:3], number[3:7], number[7:])),
        "full width dashes": "－".join((number[:3], number[3:7], number[7:])),
        "zero width": "\u200b".join(number),
        "mixed": "".join((CHINESE, FULL_WIDTH)[i % 2][digit] for i, digit in enumerate(number)),
        "ideographic spaces": "\u3000".join(number),
    }[dress]


DRESSES = ["plain", "full width", "Chinese", "Chinese spoken", "spaced", "in fours", "dashed", "full width dashes",
           "zero width", "mixed", "ideographic spaces"]  # fmt: skip


@pytest.mark.parametrize("dress", DRESSES)
@pytest.mark.parametrize(
    ("number", "shown"), [(PHONE, "138****5678"), (ID_CARD, "500101********"), (CARD, "6222****0123")]
)
def test_a_number_in_any_dress_is_masked_and_stays_recognisable(number, shown, dress):
    assert mask(f"我的是{dressed(number, dress)}，帮我看看") == f"我的是{shown}，帮我看看"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("我手机13812345678", "我手机138****5678"),
        ("+86 138 1234 5678", "+138****5678"),
        ("008613812345678打给我", "138****5678打给我"),
        ("50010119900307123x逾期", "500101********逾期"),
        ("身份证50010119900307123Ｘ", "身份证500101********"),
        ("卡号6222 0212 3456 7890 123", "卡号6222****0123"),
        ("工资卡 3000 2000 1500 4000", "工资卡 3000****4000"),
        ("两个号 13812345678 13987654321", "两个号 138****5678 139****4321"),
        ("邮箱zhang.san@example.com", "邮箱***@example.com"),
        ("【某某】验证码：583920，别告诉别人", "【某某】验证码：〔验证码〕，别告诉别人"),
        ("验证码是五八三九二零", "验证码是〔验证码〕"),
    ],
)
def test_personal_numbers_are_masked(typed, stored):
    assert mask(typed) == stored


@pytest.mark.parametrize(
    "text",
    ["欠了12000元", "100000", "13800元", "借100000分12期", "2024年10月5日", "12378", "订单202411230001", "年化18.25%",
     "每月3000 2000 1500 1000都还了", "2026-11-23 还了 1500", "13,812,345,678", "一万三千八", "逾期138天欠12345.67",
     "二零二六年十一月二十三日", "400-100-1234", "138001380001380元", "连三累六", "¥13,800.00", "验证码收不到"],
)  # fmt: skip
def test_amounts_dates_and_hotlines_are_left_alone(text):
    assert mask(text) == text


@settings(deadline=None)  # the machine may be busy
@given(st.text(max_size=40))
def test_any_text_at_all_can_be_masked_and_masking_twice_changes_nothing(text):
    assert mask(mask(text)) == mask(text)


@settings(deadline=None)
@given(st.text(alphabet="abc还款 ，。0123456789", max_size=20), st.integers(0, 10**9 - 1), st.sampled_from(DRESSES))
def test_no_phone_survives_wherever_it_stands(around, rest, dress):
    phone = f"13{rest:09d}"
    text = f"{around}号{dressed(phone, dress)}。{around}"
    assert phone not in "".join(run.digits for run in runs(mask(text)[len(mask(around)) :]))


def seconds_to_mask(characters):
    """Return the best of several tries: the machine may be busy."""
    text = "".join(random.Random(1).choice("0123456789一二三 -") for _ in range(characters))
    return min(timeit.repeat(lambda: mask(text), number=1, repeat=7))


def test_the_time_that_masking_takes_grows_with_the_length_and_no_faster():
    assert seconds_to_mask(5_000) < 30 * seconds_to_mask(500)  # ten times as long; a hundred times were quadratic
