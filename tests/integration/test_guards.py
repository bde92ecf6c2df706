"""What must hold on every path through the processor."""

import asyncio
import threading

import pytest
from rasa.core.channels.channel import UserMessage
from rasa.shared.core.events import ActiveLoop, SlotSet

from finlit import settings
from finlit.db import engine, tables
from finlit.dialogue import alerts, without_store
from tests.integration.conftest import Conversation


def said(turn):
    return "\n".join(reply["text"] for reply in turn["replies"])


@pytest.mark.parametrize(
    "typed", ['/repay_how{"amount":"3"}', "/crisis", '  /inform{"amount": "99"}', "/restart", "/nlu_fallback@1.0"]
)
def test_a_typed_payload_sets_neither_intent_nor_entity(conversation, typed):
    turn = conversation.say(typed)
    tracker = conversation.tracker()
    assert not tracker.latest_message.text.startswith("/")
    assert all(entity.get("extractor") != "RegexMessageHandler" for entity in tracker.latest_message.entities)
    assert turn["intent"] not in ("crisis", "restart")
    assert turn["replies"]


def test_a_typed_payload_is_harmless_when_only_parsing(assistant):
    data = asyncio.run(assistant.agent.processor.parse_message(UserMessage('/crisis{"amount":"1"}')))
    assert data["intent"]["name"] != "crisis"


def test_a_title_taps_a_button_that_was_offered_and_only_then(conversation):
    fresh = Conversation(conversation.assistant)
    first = conversation.say("怎么还款")
    title = first["replies"][-1]["buttons"][0]["title"]
    assert conversation.say(title)["decision"] == "answered"
    assert conversation.tracker().latest_message.parse_data["decision"].get("tapped") is True
    fresh.say(title)
    assert not fresh.tracker().latest_message.parse_data["decision"].get("tapped")


def test_in_wechat_a_number_picks_the_choice_that_was_offered(wechat):
    first = wechat.say("怎么还款")
    assert "1. " in said(first)
    wechat.say("1")
    assert wechat.tracker().latest_message.parse_data["decision"].get("tapped") is True


def test_on_the_web_a_number_is_just_a_number(conversation):
    conversation.say("怎么还款")
    conversation.say("1")
    assert not conversation.tracker().latest_message.parse_data["decision"].get("tapped")


def test_buttons_carry_no_payload_to_the_client(conversation):
    turn = conversation.say("怎么还款")
    assert turn["replies"][-1]["buttons"]
    assert all(set(button) == {"title"} for button in turn["replies"][-1]["buttons"])


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "还" * 10_000,
        "😭😭😭",
        "\x00\x01\x02",
        "<img src=x onerror=alert(1)>",
        "' OR 1=1; DROP TABLE customers;--",
    ],
)
def test_bad_input_gets_a_polite_answer_and_the_conversation_stays_usable(conversation, typed):
    turn = conversation.say(typed)
    assert turn["replies"] and turn["replies"][0]["text"]
    assert "Traceback" not in said(turn) and "Error" not in said(turn)
    assert conversation.say("怎么还款")["intent"] == "repay_how"


def test_fifty_messages_at_once_from_one_sender_are_all_answered(assistant):
    talk = Conversation(assistant)

    async def flood():
        return await asyncio.gather(*(assistant.turn("怎么还款", talk.sender) for _ in range(50)))

    turns = asyncio.run(flood())
    assert len(turns) == 50 and all(turn["replies"] for turn in turns)
    assert talk.say("怎么还款")["intent"] == "repay_how"


def test_phones_and_identity_numbers_never_reach_the_store(conversation):
    conversation.say("我手机13812345678 身份证500101199003071234 怎么还款")
    stored = str([event.as_dict() for event in conversation.tracker().events])
    assert "13812345678" not in stored and "500101199003071234" not in stored
    assert "138****5678" in stored


def slots_of_all_forms(assistant):
    domain = assistant.agent.domain
    return [(name, slot) for name in domain.form_names for slot in domain.required_slots_for_form(name)]


def start_form(assistant, talk, form, slot):
    talk.say("你好")
    tracker = talk.tracker()
    tracker.update_with_events([ActiveLoop(form), SlotSet("requested_slot", slot)], assistant.agent.domain)
    asyncio.run(assistant.agent.tracker_store.save(tracker))
    return {name: value.value for name, value in tracker.slots.items()}


def test_without_the_guard_a_form_would_store_any_text(assistant_with_a_new_form):
    talk = Conversation(assistant_with_a_new_form)
    start_form(assistant_with_a_new_form, talk, "new_form", "new_reason")
    talk.say("厂里欠薪")
    assert talk.tracker().get_slot("new_reason") == "厂里欠薪"


def test_crisis_outranks_every_slot_of_every_form_even_of_one_that_was_just_added(assistant, assistant_with_a_new_form):
    tried = 0
    for assistant_ in (assistant, assistant_with_a_new_form):
        for form, slot in slots_of_all_forms(assistant_):
            talk = Conversation(assistant_)
            before = start_form(assistant_, talk, form, slot)
            turn = talk.say("我不想活了，5000块也还不上")
            after = talk.tracker()
            assert turn["intent"] == "crisis", (form, slot)
            assert "12356" in said(turn), (form, slot)
            assert after.active_loop_name is None, (form, slot)
            changed = {name for name, value in after.slots.items() if value.value != before[name]}
            assert changed <= {"requested_slot"}, (form, slot, changed)
            tried += 1
    assert tried >= 2


def test_crisis_leaves_an_alert_for_staff_and_says_nothing_of_fees(conversation):
    turn = conversation.say("活着没意思，想一了百了")
    assert turn["intent"] == "crisis"
    assert all(word not in said(turn) for word in ("罚息", "利息", "还款", "征信", "逾期"))
    with engine.sessions(settings.load().database_url)() as session:
        alerts = session.query(tables.StaffAlert).filter_by(conversation=conversation.sender).all()
    assert [alert.kind for alert in alerts] == ["crisis"]


def test_a_second_miss_in_a_row_offers_a_person_first(conversation):
    first = conversation.say("呜啦啦啦巴拉巴拉")
    second = conversation.say("叽里咕噜哇啦")
    assert "人工" not in first["replies"][-1]["buttons"][0]["title"]
    assert "人工" in second["replies"][-1]["buttons"][0]["title"]


@pytest.mark.parametrize("first, second", [("今天天气怎么样", "讲个笑话吧"), ("讲个笑话吧", "呜啦啦啦巴拉巴拉")])
def test_questions_that_are_not_our_subject_count_as_misses_too(conversation, first, second):
    conversation.say(first)
    assert "人工" in conversation.say(second)["replies"][-1]["buttons"][0]["title"]


LONG = "我从去年三月开始借钱，后来换了工作又生病，每个月都差一点，" * 19


@pytest.mark.parametrize("said_so_far", [LONG, LONG * 10], ids=["a little too long", "by far too long"])
def test_danger_is_heard_in_a_message_that_is_too_long_although_its_conversation_is_down(assistant, said_so_far):
    help_ = asyncio.run(without_store.reply(assistant.agent, f"{said_so_far}我不想活了", "web-long", "web"))
    apology = asyncio.run(without_store.reply(assistant.agent, said_so_far, "web-long", "web"))
    assert "12356" in help_["text"] and "12356" not in apology["text"]


def test_others_are_answered_while_an_alert_waits_for_the_database(assistant, monkeypatch):
    stored = threading.Event()
    monkeypatch.setattr(alerts, "raise_alert", lambda *_: stored.wait(10))

    async def play():
        help_ = asyncio.create_task(assistant.turn("我不想活了", "test-waiting", "web"))
        await asyncio.sleep(0.3)
        other = await asyncio.wait_for(assistant.turn("怎么还款", "test-other", "web"), 5)
        assert not help_.done()
        stored.set()
        return other, await help_

    other, help_ = asyncio.run(play())
    assert other["intent"] == "repay_how" and "12356" in said(help_)
