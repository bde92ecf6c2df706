"""The account actions as Rasa's action server runs them, for every demo customer and for strangers."""

import asyncio
import re

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
from finlit.accounts.binding import bind_demo_customer
from finlit.db import demo

pytestmark = pytest.mark.both_engines

ACTIONS = [
    ActionAccountStatus,
    ActionAccountBill,
    ActionAccountSchedule,
    ActionAccountPaymentHistory,
    ActionAccountCreditStatus,
]


@pytest.fixture
def domain():
    """Every account response as one line: its own name."""

    class Echo(dict):
        def __missing__(self, name):
            return [{"text": name}]

    return {"responses": Echo()}


def run(action, sender, domain):
    dispatcher = CollectingDispatcher()
    tracker = Tracker(sender, {}, {"text": "", "entities": [], "intent": {}}, [], False, None, {}, "action_listen")
    assert asyncio.run(action().run(dispatcher, tracker, domain)) == []
    (message,) = dispatcher.messages
    return message


@pytest.mark.parametrize("action", ACTIONS)
def test_without_verification_the_general_answer_is_given(session, domain, action):
    message = run(action, "a stranger", domain)
    assert message["response"] == f"utter_{action.intent}"


def test_a_verified_customer_gets_the_figures(session, domain):
    bind_demo_customer("talk", "late-20")
    message = run(ActionAccountStatus, "talk", domain)
    assert message["response"] == "utter_account_status_due"
    assert (message["outstanding"], message["pay_today"], message["as_of"]) == ("¥5,314.11", "¥929.38", "10:00")
    assert message["loans"] == "utter_account_status_loan_overdue"


@pytest.mark.parametrize("customer", [customer.id for customer in demo.CUSTOMERS])
@pytest.mark.parametrize("action", ACTIONS)
def test_every_account_action_has_an_answer_for_every_demo_customer(session, domain, action, customer):
    bind_demo_customer("talk", customer)
    response = run(action, "talk", domain)["response"]
    assert re.fullmatch(rf"utter_{action.intent}_(due|verified|settled|none)", response)


@pytest.mark.parametrize("action", ACTIONS)
def test_a_database_that_fails_gives_an_apology_and_no_trace(settings, domain, action, caplog):
    message = run(action, "talk", domain)  # no tables were made
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
