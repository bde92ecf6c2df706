"""The account actions as Rasa runs them, for every demo customer and for strangers."""

import asyncio
import re
from datetime import datetime

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.account import (
    ActionAccountBill,
    ActionAccountCreditStatus,
    ActionAccountPaymentHistory,
    ActionAccountSchedule,
    ActionAccountStatus,
)
from finlit import answers
from finlit.accounts.binding import bind_demo_customer
from finlit.content import facts
from finlit.db import demo, engine, tables
from finlit.settings import PROJECT_ROOT, SHANGHAI
from tests.integration.account_answers import rendered, run

pytestmark = pytest.mark.both_engines

ACTIONS = [
    ActionAccountStatus,
    ActionAccountBill,
    ActionAccountSchedule,
    ActionAccountPaymentHistory,
    ActionAccountCreditStatus,
]


@pytest.mark.parametrize("action", ACTIONS)
def test_without_verification_the_general_answer_is_given(session, domain, action):
    said, _ = run(action, "a stranger", domain)
    assert said["response"] == f"utter_{action.intent}"


@pytest.mark.parametrize("facet", ["each_day", "steps", "what_if"])
def test_without_verification_a_follow_up_learns_nothing(session, domain, facet):
    said, slots = run(ActionAccountStatus, "a stranger", domain, "如果明天先还一半呢", f"account_status/{facet}")
    assert (said["response"], slots) == ("utter_account_status", {})


def test_a_verified_customer_gets_the_figures_and_how_they_came_about(session, domain):
    bind_demo_customer("talk", "late-20")
    said, _ = run(ActionAccountStatus, "talk", domain)
    text = rendered(said, domain).text
    assert "一共待还 ¥5,314.11；今天付 ¥929.38" in text
    assert "逾期 20 天；逾期本金 ¥838.45、利息 ¥78.35、罚息 ¥12.58，再拖每天约 ¥0.63" in text
    assert "数据截至 10:00" in text
    assert said["details"] == [
        {
            "title": "随借随还",
            "lines": [
                "第 7 期（2026-11-03 到期）：没还的本金 ¥838.45，从 2026-11-04 数到 2026-11-23，共 20 天",
                "罚息：¥838.45 × 20 天 × 18% × (1 + 50%) ÷ 360 = ¥12.58",
                "到期日当天不算，还款当天算；只对到期没还的本金算，同一笔本金不再另收正常利息",
                "到 2026-11-23 要付：本金 ¥838.45 + 利息 ¥78.35 + 罚息 ¥12.58 = ¥929.38",
                "到 2026-11-23 待还：本金 ¥5,223.18 + 利息 ¥78.35 + 罚息 ¥12.58 = ¥5,314.11",
            ],
        }
    ]


@pytest.mark.parametrize("customer", [customer.id for customer in demo.CUSTOMERS])
@pytest.mark.parametrize("action", ACTIONS)
def test_every_account_action_has_a_whole_answer_for_every_demo_customer(session, domain, action, customer):
    bind_demo_customer("talk", customer)
    said, _ = run(action, "talk", domain)
    answer = rendered(said, domain)
    assert said["response"] != f"utter_{action.intent}"
    assert re.search(r"数据截至 10:00", answer.text)
    assert answer.buttons, "no next step"
    whole = answers.for_wechat(answer, facts.load(PROJECT_ROOT / "data" / "facts.yml"))["text"]
    assert len(answers.split([whole])) <= 2, "more WeChat messages than a schedule of two loans needs"


FOLLOW_UPS = [
    ("那每天多少罚息", "each_day"),
    ("怎么算的", "steps"),
    ("如果我明天先还一半呢", "what_if"),
    ("如果下周五还清呢", "what_if"),
    ("再拖十天呢", "what_if"),
    ("那先还500呢", "what_if"),
    ("如果今天还十万呢", "what_if"),
    ("昨天还的话呢", "what_if"),
    ("先还几百呢", "what_if"),
    ("第二笔呢", ""),
    ("第九笔呢", ""),
]


@pytest.mark.parametrize("customer", [customer.id for customer in demo.CUSTOMERS])
@pytest.mark.parametrize(("text", "facet"), FOLLOW_UPS)
def test_every_follow_up_has_a_whole_answer_for_every_demo_customer(session, domain, text, facet, customer):
    bind_demo_customer("talk", customer)
    said, _ = run(ActionAccountStatus, "talk", domain, text, f"account_status/{facet}" if facet else "account_status")
    assert rendered(said, domain).buttons, "no next step"


def test_half_of_what_is_owed_tomorrow_pays_interest_and_penalty_before_principal(session, domain):
    bind_demo_customer("talk", "late-20")
    said, _ = run(ActionAccountStatus, "talk", domain, "如果我明天先还一半呢", "account_status/what_if")
    text = rendered(said, domain).text
    # tomorrow 838.45 × 21 × 27 % ÷ 360 = 13.21 of penalty interest: 930.01 in all, half of it 465.005
    assert "明天（2026-11-24）付 ¥465.01，还差 ¥465.00 没补上（那天要付 ¥930.01）" in text
    # 465.01 − 78.35 − 13.21 = 373.45 of principal; 465.00 are left, 465.00 × 27 % ÷ 360 = 0.35 a day
    assert "依次抵 利息 ¥78.35、罚息 ¥13.21、本金 ¥373.45，还差 ¥465.00" in text
    assert "每天的罚息从约 ¥0.63 变成约 ¥0.35" in text


def test_waiting_until_a_day_counts_the_instalment_that_falls_due_before(session, domain):
    bind_demo_customer("talk", "late-20")
    said, _ = run(ActionAccountStatus, "talk", domain, "12月5号还呢", "account_status/what_if")
    text = rendered(said, domain).text
    # the 8th falls due on 12-03: 916.80, of which 851.03 bear two days; the 7th has 32 days by then
    assert "2026-12-05（12 天后）什么都不还" in text
    assert "罚息从 ¥12.58 变成 ¥21.40，多 ¥8.82" in text
    assert "这期间还有 1 期到期，共 ¥916.80" in text


def test_settling_on_a_friday_counts_interest_for_the_days_used(session, domain):
    bind_demo_customer("talk", "late-20")
    said, _ = run(ActionAccountStatus, "talk", domain, "如果这周五还清呢", "account_status/what_if")
    text = rendered(said, domain).text
    # 838.45 × 24 × 27 % ÷ 360 = 15.09; 4,384.73 × 18 % ÷ 360 × 24 days = 52.62
    assert "2026-11-27（4 天后）只补上到期没还的，要 ¥931.89；连没到期的一起全部还清，要 ¥5,369.24" in text
    assert "没到期的本金 ¥4,384.73 + 用了几天的利息 ¥52.62" in text


def test_the_second_of_two_loans_is_remembered_until_the_next_fresh_question(session, domain):
    bind_demo_customer("talk", "two-loans")
    said, slots = run(ActionAccountStatus, "talk", domain, "第二笔呢", from_context=True)
    assert slots == {"account_loan": "2"}
    assert "装修分期" in said["loans"] and "随借随还" not in said["loans"]
    said, slots = run(
        ActionAccountStatus, "talk", domain, "那每天多少罚息", "account_status/each_day", {"account_loan": "2"}
    )
    assert said["response"] == "utter_account_status_each_day_none"
    said, slots = run(ActionAccountStatus, "talk", domain, "我现在欠多少", slots={"account_loan": "2"})
    assert slots == {"account_loan": None}
    assert "装修分期" in said["loans"] and "随借随还" in said["loans"]


def test_the_other_loan_is_the_one_that_was_not_spoken_of(session, domain):
    bind_demo_customer("talk", "two-loans")
    _, slots = run(ActionAccountStatus, "talk", domain, "另一笔呢", from_context=True, slots={"account_loan": "2"})
    assert slots == {"account_loan": "1"}


def test_figures_are_those_of_the_last_delivery_of_the_core_system(session, settings, domain):
    with engine.sessions(settings.database_url).begin() as writing:
        delivered = datetime(2026, 11, 22, 22, 15, tzinfo=SHANGHAI)
        writing.add(tables.DataImport(digest="x", as_of=delivered, imported_at=delivered))
    bind_demo_customer("talk", "late-20")
    said, _ = run(ActionAccountStatus, "talk", domain)
    assert "数据截至 2026-11-22 22:15" in rendered(said, domain).text


@pytest.mark.parametrize("action", ACTIONS)
def test_a_database_that_fails_gives_an_apology_and_no_trace(settings, domain, action, caplog):
    message, _ = run(action, "talk", domain)  # no tables were made
    assert message["response"] == "utter_service_down"
    assert "no such table" not in str(message)
    assert "could not read the database" in caplog.text


def test_a_customer_id_in_a_slot_or_an_entity_opens_no_account(session, domain):
    message = {"text": "", "entities": [{"entity": "customer", "value": "late-20"}], "intent": {}}
    slots = {"customer": "late-20", "customer_id": "late-20"}
    dispatcher = CollectingDispatcher()
    tracker = Tracker("a stranger", slots, message, [], False, None, {}, "action_listen")
    asyncio.run(ActionAccountStatus().run(dispatcher, tracker, domain))
    assert [each["response"] for each in dispatcher.messages] == ["utter_account_status"]
