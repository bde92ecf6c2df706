"""What must hold in every guided task, also in one that is added tomorrow."""

import asyncio
from dataclasses import replace

import pytest
from rasa.shared.core.events import BotUttered, SlotSet

from finlit import settings
from finlit.accounts.binding import bind_demo_customer
from finlit.db import demo
from finlit.dialogue.guided import SLOT, stack
from finlit.tasks.progress import ASKING, CONFIRMING, PAUSED, Entry
from finlit.tasks.registry import TASKS
from tests.integration.conftest import Conversation

SAMPLE = {
    "Figure": "12",
    "Fee": None,
    "Picked": None,
    "Amount": "800",
    "Choice": {"code": "other", "words": "说不清"},
    "OneOf": None,
    "Words": "说来话长",
}
RATE = "0.12"
QUESTIONS = [(task, question.name) for task in TASKS.values() for question in task.questions]
SUMMARIES = [(task, None) for task in TASKS.values() if task.confirms]
PLACES = pytest.mark.parametrize(("task", "asked"), QUESTIONS + SUMMARIES, ids=lambda each: getattr(each, "name", each))


@pytest.fixture(scope="module", autouse=True)
def demo_customers(own_database):
    demo.seed(settings.load())


def said(turn):
    return "\n".join(reply["text"] for reply in turn["replies"])


def placed(assistant, task, asked, channel="web"):
    """A conversation in which ``asked`` (None: the summary) of ``task`` was the last thing said."""
    talk = Conversation(assistant, channel)
    bind_demo_customer(talk.sender, "two-loans")
    talk.say("你好")
    before = {}
    for question in task.questions:
        if question.name == asked:
            break
        before[question.name] = RATE if question.name == "rate" else SAMPLE[type(question.reader).__name__]
    entry = Entry(task.name, ASKING if asked else CONFIRMING, asked, before)
    prompt = f"utter_{task.name}_ask_{asked}" if asked else f"utter_{task.name}_confirm"
    tracker = talk.tracker()
    wants_number = {"wants_number": True} if asked and task.question(asked).reader.takes_figure else {}
    shown = BotUttered("…", {"custom": {"answer": prompt, **wants_number}})
    tracker.update_with_events([SlotSet(SLOT, [entry.as_json()]), shown], assistant.agent.domain)
    asyncio.run(assistant.agent.tracker_store.save(tracker))
    return talk


def state(talk):
    return stack(talk.tracker())[0]


@PLACES
@pytest.mark.parametrize("channel", ["web", "wechat"])
def test_crisis_outranks_every_question_of_every_task_and_fills_nothing(assistant, task, asked, channel):
    talk = placed(assistant, task, asked, channel)
    before = state(talk)
    turn = talk.say("我不想活了，5000块也还不上")
    assert turn["intent"] == "crisis"
    assert "12356" in said(turn) and len(turn["replies"]) == 1
    assert state(talk) == replace(before, stage=PAUSED)
    later = talk.say("真的很累很累")
    offers = ("utter_task_", f"utter_{task.name}_")
    assert not any(reply["custom"]["answer"].startswith(offers) for reply in later["replies"])
    assert state(talk).values == before.values
    talk.say("继续")
    assert state(talk).values == before.values and state(talk).stage == before.stage


@PLACES
def test_a_question_in_between_is_answered_and_the_task_offered_again(assistant, task, asked):
    talk = placed(assistant, task, asked)
    before = state(talk)
    turn = talk.say("等等，罚息怎么算？")
    assert turn["intent"] == "fee_penalty"
    assert [reply["custom"]["answer"] for reply in turn["replies"]][0] == "utter_fee_penalty"
    assert turn["replies"][1]["custom"]["answer"].startswith(("utter_task_offer", f"utter_{task.name}_offer"))
    assert state(talk).values == before.values


@PLACES
@pytest.mark.parametrize("channel", ["web", "wechat"])
def test_every_task_can_be_left_at_every_question(assistant, task, asked, channel):
    talk = placed(assistant, task, asked, channel)
    turn = talk.say("算了")
    assert turn["intent"] == "deny"
    assert turn["replies"][0]["custom"]["answer"] in ("utter_task_left", f"utter_{task.name}_left")
    next_turn = talk.say("罚息怎么算")
    assert [reply["custom"]["answer"] for reply in next_turn["replies"]] == ["utter_fee_penalty"]


@PLACES
def test_every_question_explains_itself(assistant, task, asked):
    turn = placed(assistant, task, asked).say("没听懂")
    wanted = f"utter_{task.name}_explain_{asked}" if asked else "utter_task_explain_confirm"
    assert (turn["intent"], turn["replies"][0]["custom"]["answer"]) == ("clarify", wanted)
    assert turn["replies"][0]["text"]


@pytest.mark.parametrize(
    ("task", "asked"),
    [
        (task, name)
        for task, name in QUESTIONS
        if task.question(name).reader.takes_figure and type(task.question(name).reader).__name__ != "Fee"
    ],
    ids=lambda each: getattr(each, "name", each),
)
def test_in_wechat_a_small_number_at_a_question_for_a_number_is_the_number(assistant, task, asked):
    talk = placed(assistant, task, asked, "wechat")
    talk.say("没听懂")
    talk.say("2")
    value = dict(next(each for each in stack(talk.tracker()) if each.task == task.name).values)[asked]
    assert value == ("0.02" if asked == "rate" else "2")


@PLACES
def test_bad_input_changes_nothing_and_the_task_goes_on(assistant, task, asked):
    talk = placed(assistant, task, asked)
    before = state(talk)
    for typed in ("😭😭😭", "   ", "字" * 2000):
        assert talk.say(typed)["replies"][0]["text"]
    assert state(talk).values == before.values
    assert talk.say("继续")["replies"][0]["custom"]["answer"].startswith(f"utter_{task.name}")
