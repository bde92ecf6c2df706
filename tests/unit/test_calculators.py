"""The calculators as Rasa's action server runs them: what was heard comes in, named responses go out."""

import asyncio
from datetime import date

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.fee_calculator import ActionFeePenaltyCalculate
from actions.guided import SLOT
from actions.plan_compare import ActionPlanCompare
from finlit import settings as finlit_settings
from finlit.content import topics
from finlit.tasks import phrases
from finlit.tasks.hearing import Heard, hear
from finlit.tasks.progress import DONE, entries

ROOT = finlit_settings.PROJECT_ROOT
WORDS = phrases.load(ROOT / "data" / "task_words.yml")
RESPONSES = {response.name: [response.body] for response in topics.read(ROOT / "data").responses}


class Talk:
    """A conversation with one calculator, heard as the server hears it."""

    def __init__(self, action):
        self.action, self.slots = action, {}

    @property
    def values(self):
        return dict(entries(self.slots.get(SLOT))[0].values)

    def say(self, text, label="", choice=None):
        task = self.action.task
        stack = entries(self.slots.get(SLOT))
        heard = Heard(text, date(2026, 11, 23), task.intent, "answered", 0.9, choice, label)
        move = hear(task, stack[0], heard, WORDS, is_open=True) if stack else None
        decision = {"label": label, **({"task": {"name": task.name, "move": move.as_json()}} if move else {})}
        message = {"text": text, "intent": {}, "decision": decision}
        tracker = Tracker("sender", self.slots, message, [], False, None, {}, "action_listen")
        dispatcher = CollectingDispatcher()
        for event in asyncio.run(self.action.run(dispatcher, tracker, {"responses": RESPONSES})):
            self.slots[event["name"]] = event["value"]
        (reply,) = dispatcher.messages
        return reply


@pytest.fixture
def penalty(settings):
    return Talk(ActionFeePenaltyCalculate())


@pytest.fixture
def plans(settings):
    return Talk(ActionPlanCompare())


def said(reply):
    return reply["response"].removeprefix("utter_fee_penalty_calculate_").removeprefix("utter_plan_compare_")


def test_the_calculator_asks_only_what_is_missing_and_then_answers(penalty):
    assert said(penalty.say("5000块逾期30天")) == "ask_rate"
    answer = penalty.say("18")
    assert said(answer) == "result"
    assert (answer["amount"], answer["days"], answer["rate"]) == ("¥5,000.00", "30 天", "年 18%")
    assert answer["result"] == "¥96.16–¥112.50"
    assert answer["most"] == "¥5,000.00 × 30 天 × 18% × (1 + 50%) ÷ 360 = ¥112.50"
    assert answer["ceiling"] == "¥98.63–¥100.00"


def test_everything_at_once_is_answered_at_once(penalty):
    answer = penalty.say("借了5000年化18逾期20天")
    assert (said(answer), answer.get("before")) == ("result", None)


def test_a_figure_can_be_corrected_after_the_answer_and_asked_anew(penalty):
    penalty.say("借了5000年化18逾期20天")
    answer = penalty.say("不对，是30天")
    assert (answer["days"], answer["result"]) == ("30 天", "¥96.16–¥112.50")
    assert answer["before"].endswith("_changed")
    assert penalty.say("那逾期40天呢")["result"] == "¥128.22–¥150.00"
    answer = penalty.say("本金改成8000，年化24")
    assert (answer["amount"], answer["days"], answer["rate"]) == ("¥8,000.00", "40 天", "年 24%")


def test_a_correction_is_heard_before_the_result_too(penalty):
    penalty.say("5000块逾期30天")
    assert said(penalty.say("不对，是3000")) == "ask_rate"
    assert penalty.values["amount"] == "3000"


def test_a_correction_to_nonsense_is_asked_again_and_then_taken(penalty):
    penalty.say("借了5000年化18逾期20天")
    reply = penalty.say("不对，是三五千")
    assert (said(reply), reply["before"].rsplit("_")[-1], reply["words"]) == ("ask_amount", "unclear", "三五千")
    assert penalty.say("4000")["amount"] == "¥4,000.00"


@pytest.mark.parametrize("text, choice", [("不知道", None), ("不知道", "skip"), ("利率记不清了", None)])
def test_without_a_rate_the_formula_is_shown_and_no_rate_is_invented(penalty, text, choice):
    penalty.say("5000块逾期30天")
    reply = penalty.say(text, choice=choice)
    assert (said(reply), reply["amount"], reply["days"]) == ("no_rate", "¥5,000.00", "30 天")
    assert "rate" not in penalty.values


def test_a_rate_said_to_be_unknown_in_the_first_words_is_not_asked_for(penalty):
    assert said(penalty.say("本金5000逾期30天，利率不知道")) == "no_rate"


def test_a_rate_that_turns_out_to_be_unknown_is_forgotten(penalty):
    penalty.say("借了5000年化18逾期20天")
    assert said(penalty.say("利率其实不清楚")) == "no_rate"
    assert said(penalty.say("24")) == "result"


def test_an_unclear_amount_in_the_first_words_is_named_and_asked_again(penalty):
    reply = penalty.say("欠三五千，逾期10天")
    assert (said(reply), reply["words"]) == ("ask_amount", "三五千")
    assert penalty.values == {"days": "10"}


@pytest.mark.parametrize(
    "asked, text, most",
    [("amount", "十亿", "¥100,000,000.00"), ("days", "99999天", "36500 天"), ("rate", "年化5000%", "年 1000%")],
)
def test_what_is_out_of_range_is_answered_with_the_range(penalty, asked, text, most):
    penalty.say({"amount": "算罚息", "days": "算罚息，本金5000", "rate": "本金5000逾期3天"}[asked])
    reply = penalty.say(text)
    assert (said(reply), reply["before"].rsplit("_")[-1], reply["most"]) == (f"ask_{asked}", "beyond", most)


def test_months_are_said_to_be_taken_as_days(penalty):
    reply = penalty.say("逾期2个月，本金4000")
    assert (reply["before"].removeprefix("utter_fee_penalty_calculate_"), reply["months"], reply["code"]) == (
        "months_as_days",
        "2",
        "60",
    )
    details = penalty.say("年化18")["details"]
    assert any("2 个月按 60 天算" in line for line in details[0]["lines"])


def test_days_between_two_dates_are_counted_and_shown(penalty):
    reply = penalty.say("11月10号该还3400，拖到11月25号")
    assert (reply["due"], reply["paid"], reply["code"]) == ("2026-11-10", "2026-11-25", "15")
    details = penalty.say("18")["details"]
    assert any("从 2026-11-10 的第二天数到 2026-11-25，一共 15 天" in line for line in details[0]["lines"])


def test_three_answers_that_fit_nothing_put_the_calculator_aside_with_its_figures(penalty):
    penalty.say("5000块逾期30天")
    replies = [said(penalty.say("年年有余0.5", choice=None)) for _ in range(3)]
    assert replies[-1] == "gave_up"
    assert said(penalty.say("继续")) == "ask_rate"


# comparing plans


def rows(reply):
    return {row[0]: row[1:] for row in reply["table"]["rows"]}


def test_the_plans_are_compared_side_by_side(plans):
    reply = plans.say("借10000分12期，年利率18%")
    assert said(reply) == "result"
    assert rows(reply) == {
        "等额本息": ["¥916.80", "¥916.81", "¥1,001.61", "18%"],
        "等额本金": ["¥983.33", "¥845.87", "¥975.00", "18%"],
        "先息后本": ["¥150.00", "¥10,150.00", "¥1,800.00", "18%"],
        "到期还本付息": ["¥11,800.00", "¥11,800.00", "¥1,800.00", "16.67%"],
    }
    assert (reply["least"], reply["most"]) == ("等额本金", "先息后本、到期还本付息")


def test_the_chart_shows_the_same_payments_as_the_list_that_unfolds(plans):
    reply = plans.say("借10000分12期，年利率18%")
    each = reply["details"][-1]["lines"]
    assert len(each) == 12
    for series in reply["chart"]["series"]:
        assert len(series["points"]) == 12
        for month, amount in series["points"]:
            assert f"{series['name']} ¥{float(amount):,.2f}" in each[month - 1]


def test_the_formula_of_each_plan_unfolds_with_the_numbers_put_in(plans):
    details = plans.say("借10000分12期，年利率18%")["details"]
    lines = "\n".join(line for part in details for line in part["lines"])
    assert "¥10,000.00 × 1.5% ×（1 + 1.5%）^12 ÷（（1 + 1.5%）^12 − 1）= ¥916.80" in lines
    assert "¥833.33 + ¥10,000.00 × 1.5% = ¥983.33" in lines
    assert "[F-" not in lines and "{" not in lines


def test_a_long_loan_is_shown_year_by_year(plans):
    reply = plans.say("借100000分120期，年利率6%")
    assert [month for month, _ in reply["chart"]["series"][0]["points"]] == [1, *range(12, 121, 12)]


def test_one_payment_in_all_has_no_chart(plans):
    assert plans.say("借10000分1期，年利率18%")["chart"] is None


def test_a_fee_each_period_is_compared_with_the_interest(plans):
    reply = plans.say("借10000分12期，年利率18%，每期手续费0.6%")
    assert rows(reply)["分期手续费"] == ["¥893.33", "¥893.37", "¥720.00", "13.03%"]


@pytest.mark.parametrize(
    "text, cost",
    [("每期手续费60元", "¥720.00"), ("手续费一共720元", "¥720.00"), ("总手续费7.2%", "¥720.00"), ("手续费率每期0.6%", "¥720.00"),
     ("每月0.6%的手续费", "¥720.00"), ("手续费总共700块", "¥700.00")],
)  # fmt: skip
def test_a_fee_is_understood_in_the_ways_in_which_it_is_said(plans, text, cost):
    reply = plans.say(f"借10000分12期，{text}")
    assert (said(reply), rows(reply)["分期手续费"][2]) == ("result_fee", cost)


def test_with_only_a_fee_no_rate_is_asked_for_and_one_said_later_is_compared(plans):
    assert said(plans.say("10000分12期，每期手续费0.6%")) == "result_fee"
    assert list(rows(plans.say("年化15呢"))) == ["等额本息", "等额本金", "先息后本", "到期还本付息", "分期手续费"]


def test_a_fee_that_may_be_for_each_period_or_for_all_is_asked_back(plans):
    reply = plans.say("借10000分12期手续费7.2%")
    assert (said(reply), "7.2%" in reply["words"]) == ("ask_fee", True)
    assert rows(plans.say("一共7.2%"))["分期手续费"][2] == "¥720.00"


def test_the_fee_question_may_be_skipped(plans):
    plans.say("借10000分12期手续费7.2%")
    assert said(plans.say("跳过")) == "ask_rate"


def test_the_comparison_asks_one_thing_at_a_time(plans):
    assert said(plans.say("哪种还款方式划算")) == "ask_amount"
    assert said(plans.say("10000")) == "ask_months"
    assert said(plans.say("12")) == "ask_rate"
    assert said(plans.say("18")) == "result"


def test_two_periods_at_once_are_asked_back_and_each_can_be_tried(plans):
    assert said(plans.say("一万块年化18，比较一下6期和12期")) == "ask_months"
    assert plans.say("6期")["months"] == "6"
    assert plans.say("换成12期")["months"] == "12"


def test_a_daily_rate_is_compared_with_a_year_of_360_days(plans):
    assert plans.say("借10000分12期，日息万五")["rate"] == "18%"


def test_the_comparison_invents_no_rate(plans):
    plans.say("借10000分12期")
    assert said(plans.say("不知道")) == "no_rate"


def test_how_it_was_reckoned_is_said_where_nothing_unfolds(plans):
    plans.say("借10000分12期，年利率18%")
    reply = plans.say("怎么算的", label="plan_compare/steps")
    assert said(reply) == "steps" and "= ¥916.80" in reply["lines"]
    assert entries(plans.slots[SLOT])[0].stage == DONE


def test_how_it_was_reckoned_before_anything_was_is_a_beginning(plans):
    assert said(plans.say("怎么算的", label="plan_compare/steps")) == "ask_amount"
