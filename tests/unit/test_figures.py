from datetime import date
from decimal import Decimal

import pytest

from finlit.figures import AMOUNT, DAYS, MONTHS, RATE, parse, read
from finlit.rates import Rate

TODAY = date(2026, 11, 23)
PENALTY = (AMOUNT, DAYS, RATE)
PLAN = (AMOUNT, MONTHS, RATE)


def given(text, kinds=PENALTY, asked=None):
    return read(text, asked, TODAY, kinds)


def test_everything_said_at_once_is_understood_at_once():
    values = given("借了5000年化18逾期20天").values
    assert values == {AMOUNT: Decimal(5000), DAYS: 20, RATE: Rate(Decimal("0.18"))}


def test_periods_are_months_of_a_plan_and_no_days_past_due():
    assert given("借10000分12期", PLAN).values == {AMOUNT: Decimal(10_000), MONTHS: 12}
    assert DAYS not in given("借10000分12期").values


def test_months_past_due_become_days_and_the_months_are_told():
    figures = given("逾期3个月，本金4000")
    assert (figures.values[DAYS], figures.from_months) == (90, 3)


def test_two_dates_are_the_due_date_and_the_day_of_payment():
    assert given("10号还3400，如果拖到25号").values[DAYS] == 15


def test_one_past_date_counts_until_today():
    assert given("上个月28号的账单2100到现在都没还").values[DAYS] == 26


def test_dates_in_an_unclear_order_are_asked_again():
    assert given("28号到期，拖到5号").unclear[DAYS] == "28号、5号"


def test_today_alone_says_nothing_about_the_days():
    figures = given("今天还2000要多少罚息")
    assert DAYS not in figures.values and DAYS not in figures.unclear


def test_a_rough_amount_is_named_in_the_customers_words():
    assert given("欠三五千，逾期10天").unclear == {AMOUNT: "三五千"}


def test_a_rough_time_is_about_the_days():
    assert given("六千拖了十来天").unclear == {DAYS: "十来天"}


def test_asking_how_many_yuan_is_no_rough_amount():
    assert given("晚一天要给几块钱").unclear == {}


def test_two_different_amounts_are_unclear():
    assert AMOUNT in given("欠5000元还了2000元，逾期3天").unclear


@pytest.mark.parametrize(
    "asked, text, value",
    [(RATE, "18", Rate(Decimal("0.18"))), (DAYS, "30", 30), (DAYS, "100", 100), (AMOUNT, "50", Decimal(50))],
)
def test_a_bare_figure_answers_the_question_that_was_asked(asked, text, value):
    assert given(text, asked=asked).values == {asked: value}


def test_a_bare_figure_without_a_question_means_nothing():
    assert given("18").values == {}


def test_an_amount_in_a_sentence_stays_an_amount_when_days_were_asked():
    assert given("我欠的是5000", asked=DAYS).values == {AMOUNT: Decimal(5000)}


def test_a_bare_rate_below_one_is_asked_again_because_it_has_two_readings():
    assert given("0.18", asked=RATE).unclear == {RATE: "0.18"}


def test_a_daily_rate_keeps_its_period():
    assert given("日息万五", asked=RATE).values == {RATE: Rate(Decimal("0.0005"), "daily")}


@pytest.mark.parametrize("text, kind", [("欠十亿", AMOUNT), ("逾期0天", DAYS), ("年化2000%", RATE)])
def test_a_clear_figure_out_of_range_is_told_from_an_unclear_one(text, kind):
    figures = given(text)
    assert kind in figures.beyond and not figures.unclear and kind not in figures.values


def test_the_dates_between_which_days_were_counted_are_kept():
    assert given("10号还3400，如果拖到25号").between == (date(2026, 11, 10), date(2026, 11, 25))


@pytest.mark.parametrize("text", ["利率不清楚", "我不知道利率是多少", "年化忘了"])
def test_a_rate_that_the_customer_does_not_know_is_said_to_be_unknown_in_any_message(text):
    assert given(text + "，本金3000").unknown == {RATE}


def test_a_typed_i_do_not_know_answers_the_question_that_was_asked():
    assert given("不清楚呢", asked=AMOUNT).unknown == {AMOUNT}
    assert not given("不清楚呢").unknown


@pytest.mark.parametrize(
    "kind, text",
    [
        (AMOUNT, "0"),
        (AMOUNT, "0.001"),
        (AMOUNT, "10000000000"),
        (DAYS, "1.5"),
        (DAYS, "0"),
        (MONTHS, "601"),
        (RATE, "0"),
        (RATE, "11"),
    ],
)
def test_figures_out_of_range_are_refused(kind, text):
    with pytest.raises(ValueError):
        parse(kind, text)


@pytest.mark.parametrize(
    "kind, text", [(AMOUNT, "1234.56"), (DAYS, "20"), (MONTHS, "12"), (RATE, "0.18"), (RATE, "daily:0.0005")]
)
def test_a_value_survives_its_slot(kind, text):
    assert str(parse(kind, text)) == text


@pytest.mark.parametrize("text", ["如果合同是基数365呢", "一年按360天算", "计息基数是360天", "365天基数", "除以365"])
def test_how_a_year_is_counted_is_no_figure_of_the_loan(text):
    assert given(text).values == {} and given(text, asked=AMOUNT).values == {}


@pytest.mark.parametrize("text, days", [("逾期365天", 365), ("拖了360天", 360)])
def test_a_year_of_days_past_due_still_counts(text, days):
    assert given(text).values == {DAYS: days}
