from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finlit.nlu.dates import resolve_date
from finlit.nlu.numerals import NotANumeral, parse
from finlit.nlu.quantities import find

AMOUNTS = {"三千五": 3500, "1.2万": 12000, "5k": 5000, "两万三": 23000, "一万零五百": 10500, "1,234.56元": "1234.56",
           "3千5": 3500, "2万5千": 25000, "一百零五块": 105, "十块五": "10.5", "¥88.8": "88.8"}  # fmt: skip
PERIODS = {"半个月": ("days", 15), "一个半月": ("days", 45), "一个星期": ("days", 7), "十五天": ("days", 15),
           "12期": ("months", 12), "仨月": ("months", 3), "半年": ("months", 6), "两年半": ("months", 30)}  # fmt: skip
RATES = {"年化18": "0.18", "年利率7.2%": "0.072", "百分之十八": "0.18", "日息万五": "daily:0.0005",
         "日利率0.05%": "daily:0.0005", "月息1.5%": "monthly:0.015", "一分五的利": "monthly:0.015"}  # fmt: skip
DATES = {
    "15号": "day:15",
    "上个月10号": "month-1:10",
    "3月5号": "03-05",
    "2024年3月5日": "2024-03-05",
    "明天": "today+1",
    "周五": "weekday:5",
    "下周五": "week+1:5",
    "这个星期天": "week+0:7",
    "月底": "month+0:31",
    "下个月底": "month+1:31",
}


def only(text):
    (quantity,) = find(text)
    return quantity


@pytest.mark.parametrize(
    ("text", "yuan", "months"),
    [("贷5万三年", 50_000, 36), ("1万12期", 10_000, 12), ("二十万两年", 200_000, 24), ("1.2万24期", 12_000, 24)],
)
def test_an_amount_ends_where_the_period_begins(text, yuan, months):
    assert [(each.kind, each.value) for each in find(text)] == [("amount", yuan), ("months", months)]


@pytest.mark.parametrize(("text", "yuan"), AMOUNTS.items())
def test_an_amount_is_read_to_the_fen(text, yuan):
    assert (only(text).kind, only(text).value) == ("amount", Decimal(yuan))


@pytest.mark.parametrize(("text", "expected"), PERIODS.items())
def test_a_period_is_read_in_days_or_months(text, expected):
    assert (only(text).kind, only(text).value) == expected


@pytest.mark.parametrize(("text", "value"), RATES.items())
def test_a_rate_keeps_the_time_that_it_is_for(text, value):
    quantity = only(text)
    assert quantity.kind == "rate"
    assert str(quantity.value) == value


@pytest.mark.parametrize(("text", "value"), DATES.items())
def test_a_date_stays_as_the_customer_sees_it(text, value):
    assert (only(text).kind, only(text).value) == ("date", value)


@pytest.mark.parametrize("text", ["三五千", "一两万", "十来天", "大概几千", "1000多块", "3到5天", "两三天"])
def test_what_has_several_readings_is_marked_and_never_guessed(text):
    assert only(text).kind == "ambiguous"


@pytest.mark.parametrize(
    "text",
    [
        "第二天",
        "双十一",
        "每周五",
        "第二笔",
        "万一逾期了",
        "12点之前",
        "扣了两次",
        "13812345678",
        "打12378",
        "电话138****5678",
    ],
)
def test_figures_that_count_nothing_of_ours_are_left_alone(text):
    assert find(text) == []


def test_several_values_in_one_sentence_are_all_found():
    found = {quantity.kind: quantity.value for quantity in find("借了三万五年化18用了两个月")}
    assert found == {"amount": Decimal(35000), "rate": Decimal("0.18"), "months": Decimal(2)}


@given(st.integers(min_value=1, max_value=99_999_999))
def test_every_arabic_amount_reads_as_itself(number):
    assert only(f"{number}元").value == number


def chinese(number: int) -> str:
    """Write a number below 100,000,000 in Chinese, independently of the reader."""
    digits, units = "零一二三四五六七八九", ["", "十", "百", "千"]

    def section(value: int) -> str:
        text, zero = "", False
        for power in (3, 2, 1, 0):
            digit = value // 10**power % 10
            if digit:
                text += ("零" if zero and text else "") + digits[digit] + units[power]
                zero = False
            else:
                zero = True
        return text

    high, low = divmod(number, 10_000)
    if not high:
        return section(low)
    return section(high) + "万" + (("零" if low < 1000 else "") + section(low) if low else "")


@given(st.integers(min_value=1, max_value=99_999_999))
def test_every_number_written_in_chinese_reads_as_itself(number):
    assert parse(chinese(number)) == number


@given(st.text(max_size=200))
def test_no_text_makes_the_search_fail_and_values_never_overlap(text):
    found = find(text)
    assert all(a.end <= b.start for a, b in zip(found, found[1:]))


@pytest.mark.parametrize("text", ["", "万", "三四", "abc", "零"])
def test_what_is_no_numeral_raises(text):
    if text in ("三四", "零"):
        parse(text)  # digits read one after the other: 34, and zero
    else:
        with pytest.raises(NotANumeral):
            parse(text)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("day:15", date(2026, 11, 15)),
        ("month-1:31", date(2026, 10, 31)),
        ("month+1:31", date(2026, 12, 31)),
        ("month+3:30", date(2027, 2, 28)),
        ("03-05", date(2026, 3, 5)),
        ("today-1", date(2026, 11, 22)),
        ("2024-03-05", date(2024, 3, 5)),
    ],
)
def test_a_date_is_resolved_from_the_business_day(value, expected):
    assert resolve_date(value, date(2026, 11, 23)) == expected


@pytest.mark.parametrize(
    ("value", "day"),
    [("weekday:1", "2026-11-23"), ("weekday:7", "2026-11-29"), ("week+0:5", "2026-11-27"), ("week+1:5", "2026-12-04"),
     ("week-1:5", "2026-11-20"), ("month+0:31", "2026-11-30"), ("month+3:31", "2027-02-28")],
)  # fmt: skip
def test_a_weekday_and_a_months_end_are_seen_from_today(value, day):
    assert resolve_date(value, date(2026, 11, 23)) == date.fromisoformat(day)  # a Monday


@pytest.mark.parametrize("text", ["两周三次", "两个星期五"])
def test_a_number_of_weeks_is_no_weekday(text):
    assert "date" not in {quantity.kind for quantity in find(text)}
