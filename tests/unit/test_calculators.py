"""The calculators as Rasa's action server runs them: a tracker comes in, named responses go out."""

import asyncio

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.fee_calculator import ActionFeePenaltyCalculate
from actions.inform import ActionInform
from actions.plan_compare import ActionPlanCompare
from finlit.nlu.quantities import find


def entities(text):
    return [
        {"entity": each.kind, "value": str(each.value), "start": each.start, "end": each.end} for each in find(text)
    ]


class Talk:
    """A conversation with one action: remembers slots and what was said last."""

    def __init__(self, action):
        self.action = action
        self.slots = {}
        self.events = []

    def say(self, text, found=None):
        message = {"text": text, "entities": entities(text) if found is None else found, "intent": {}}
        tracker = Tracker("sender", self.slots, message, self.events, False, None, {}, "action_listen")
        dispatcher = CollectingDispatcher()
        for event in asyncio.run(self.action.run(dispatcher, tracker, {})):
            self.slots[event["name"]] = event["value"]
        self.events = [
            {"event": "bot", "data": {"custom": {"answer": each["response"]}}} for each in dispatcher.messages
        ]
        return dispatcher.messages

    def names(self, text, found=None):
        return [message["response"] for message in self.say(text, found)]


@pytest.fixture
def penalty(settings):
    return Talk(ActionFeePenaltyCalculate())


@pytest.fixture
def plans(settings):
    return Talk(ActionPlanCompare())


def test_the_calculator_asks_only_what_is_missing_and_then_answers(penalty):
    assert penalty.names("5000块逾期30天") == ["utter_fee_calculator_ask_rate"]
    (answer,) = penalty.say("18")
    assert answer["response"] == "utter_fee_penalty_calculate"
    assert (answer["amount"], answer["days"], answer["rate"]) == ("¥5,000.00", "30", "年 18%")
    assert answer["result"] == "¥96.16–¥112.50"
    assert answer["most_steps"] == "¥5,000.00 × 30 天 × 18% × (1 + 50%) ÷ 360 = ¥112.50"
    assert answer["ceiling"] == "¥98.63–¥100.00"


def test_the_calculator_understands_everything_at_once(penalty):
    assert penalty.names("借了5000年化18逾期20天") == ["utter_fee_penalty_calculate"]


def test_a_figure_can_be_corrected_after_the_answer(penalty):
    penalty.say("借了5000年化18逾期20天")
    (answer,) = penalty.say("不对，是30天")
    assert (answer["amount"], answer["days"]) == ("¥5,000.00", "30")


def test_without_a_rate_the_formula_is_shown_and_no_rate_is_invented(penalty):
    penalty.say("5000块逾期30天")
    (answer,) = penalty.say("不知道", [{"entity": "rate", "value": "unknown", "extractor": "button"}])
    assert answer["response"] == "utter_fee_calculator_no_rate"
    assert (answer["amount"], answer["days"]) == ("¥5,000.00", "30")
    assert penalty.slots["fee_calculator_rate"] is None


def test_a_rate_that_turns_out_to_be_unknown_is_forgotten(penalty):
    penalty.say("借了5000年化18逾期20天")
    assert penalty.names("利率其实不清楚") == ["utter_fee_calculator_no_rate"]


def test_a_rate_found_after_all_is_still_taken(penalty):
    penalty.say("5000块逾期30天")
    penalty.say("不知道", [{"entity": "rate", "value": "unknown", "extractor": "button"}])
    assert penalty.names("24") == ["utter_fee_penalty_calculate"]


def test_an_unclear_amount_is_named_and_asked_again(penalty):
    (question,) = penalty.say("欠三五千，逾期10天")
    assert (question["before"], question["words"]) == ("utter_fee_calculator_unclear", "三五千")
    assert question["response"] == "utter_fee_calculator_ask_amount"
    assert penalty.slots == {"fee_calculator_days": "10"}


def test_months_are_said_to_be_taken_as_days(penalty):
    (question,) = penalty.say("逾期2个月，本金4000")
    assert (question["before"], question["months"], question["as_days"]) == (
        "utter_fee_calculator_months_as_days",
        "2",
        "60",
    )
    assert question["response"] == "utter_fee_calculator_ask_rate"


def test_the_plans_are_compared_side_by_side(plans):
    (answer,) = plans.say("借10000分12期，年利率18%")
    assert answer["response"] == "utter_plan_compare_result"
    assert [answer[f"equal_instalments_{each}"] for each in ("first", "last", "interest")] == [
        "¥916.80",
        "¥916.81",
        "¥1,001.61",
    ]
    assert [answer[f"equal_principal_{each}"] for each in ("first", "last", "interest")] == [
        "¥983.33",
        "¥845.87",
        "¥975.00",
    ]
    assert [answer[f"interest_first_{each}"] for each in ("first", "last", "interest")] == [
        "¥150.00",
        "¥10,150.00",
        "¥1,800.00",
    ]


def test_the_comparison_first_says_what_it_needs_and_then_asks_one_thing_at_a_time(plans):
    assert plans.names("哪种还款方式划算") == ["utter_plan_compare"]
    assert plans.names("10000") == ["utter_plan_compare_ask_months"]
    assert plans.names("12") == ["utter_plan_compare_ask_rate"]
    assert plans.names("18") == ["utter_plan_compare_result"]


def test_a_daily_rate_is_compared_with_a_year_of_360_days(plans):
    (answer,) = plans.say("借10000分12期，日息万五")
    assert answer["rate"] == "18%"


def test_the_comparison_invents_no_rate(plans):
    plans.say("借10000分12期")
    assert plans.names("不知道", [{"entity": "rate", "value": "unknown"}]) == ["utter_plan_compare_no_rate"]


def test_a_lone_figure_goes_to_the_calculator_that_asked(penalty):
    penalty.say("1000块逾期1天")
    penalty.action = ActionInform()
    assert penalty.names("日息万五") == ["utter_fee_penalty_calculate"]


def test_a_lone_figure_without_a_question_is_asked_about(settings):
    assert Talk(ActionInform()).names("18") == ["utter_inform"]
