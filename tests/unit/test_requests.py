"""Case numbers and service hours."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from finlit.requests import numbers
from finlit.service_hours import ServiceHours


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("HX-20261124-7K3Q9M", "HX-20261124-7K3Q9M"),
        ("查一下 hx 20261124 7k3q9m 到哪了", "HX-20261124-7K3Q9M"),
        ("ＴＳ－２０２６１１２４－ＡＢＣＤＥＦ", "TS-20261124-ABCDEF"),
        ("RG20261124ABCDEF办得怎么样", "RG-20261124-ABCDEF"),
        ("HX-20261124-7K3Q9", None),
        ("HX-20261124-7K3Q9MM", None),
        ("订单号20261124", None),
    ],
)
def test_a_number_is_found_however_it_is_typed(text, number):
    assert numbers.find(text) == number


def test_numbers_use_no_letter_that_is_mistaken_for_another():
    assert not set(numbers.LETTERS) & set("01OILU")
    assert len(numbers.LETTERS) ** numbers.RANDOM_LENGTH > 500_000_000
    drawn = {numbers.new_number("hardship", date(2026, 11, 23)) for _ in range(200)}
    assert len(drawn) == 200


@pytest.mark.parametrize(
    ("when", "is_open", "opens"),
    [
        ("2026-11-23T08:59", False, "2026-11-23T09:00"),
        ("2026-11-23T09:00", True, "2026-11-24T09:00"),
        ("2026-11-23T18:00", False, "2026-11-24T09:00"),
        ("2026-11-27T20:00", False, "2026-11-30T09:00"),
    ],
)
def test_people_are_there_when_the_setting_says_so(when, is_open, opens):
    hours = ServiceHours.parse("1-5 09:00-18:00")
    zone = ZoneInfo("Asia/Shanghai")
    now = datetime.fromisoformat(when).replace(tzinfo=zone)
    assert hours.open_at(now) is is_open
    assert hours.next_opening(now) == datetime.fromisoformat(opens).replace(tzinfo=zone)
    assert hours.show() == "周一到周五 09:00–18:00"


@pytest.mark.parametrize(
    "text", ["", "9-18", "5-1 09:00-18:00", "1-5 18:00-09:00", "1-5 25:00-26:00", "0-5 09:00-18:00"]
)
def test_faulty_hours_are_refused(text):
    with pytest.raises(ValueError):
        ServiceHours.parse(text)


def test_the_letters_of_a_case_number_say_nothing():
    assert numbers.without("ＴＳ-20261127-BY68HF 到哪一步了") == " 到哪一步了"
    assert numbers.without("罚息怎么算") == "罚息怎么算"
