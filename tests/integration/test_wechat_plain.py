"""WeChat without encryption: whoever posts chooses the openid, so nobody is verified and no account is answered."""

import itertools

import pytest

from finlit.accounts import binding
from finlit.accounts.binding import AccountsOff
from finlit.db import engine, tables
from finlit.settings import overridden
from tests import wechat
from tests.integration.conftest import Conversation

PHONE = "13900000006"  # of a demo customer
_numbers = itertools.count()


@pytest.fixture
def follower(assistant):
    def talking(channel="wechat"):
        conversation = Conversation(assistant, channel)
        conversation.sender = f"{channel}-plain-{next(_numbers)}"
        return conversation

    return talking


def answer(turn):
    return turn["replies"][0]["custom"]["answer"]


@pytest.mark.parametrize("ask", ["核验身份", "我现在欠多少", "我这期要还多少"])
def test_in_plain_mode_it_is_said_at_once_and_no_proof_begins(session, follower, ask):
    with overridden(wechat=wechat.config("plain")):
        talk = follower()
        turn = talk.say(ask)
        assert answer(turn) == "utter_account_off_wechat" and "没有加密" in turn["replies"][0]["text"]
        after = talk.say(PHONE)
        assert not answer(after).startswith("utter_account_verify")
    assert session.query(tables.VerificationAttempt).filter_by(conversation=talk.sender).count() == 0


def test_a_general_question_is_answered_in_plain_mode(session, follower):
    with overridden(wechat=wechat.config("plain")):
        assert answer(follower().say("征信报告怎么查")) == "utter_credit_report_query"


def test_nothing_can_bind_a_plain_conversation(session, settings):
    begin = engine.sessions(settings.database_url).begin
    with overridden(wechat=wechat.config("plain")), begin() as opened, pytest.raises(AccountsOff):
        binding.bind(opened, "wechat-oUser", "wechat", "late-20", "code", settings.now())


@pytest.mark.parametrize(("mode", "channel"), [("safe", "wechat"), ("compatible", "wechat"), ("plain", "web")])
def test_where_messages_are_sealed_or_sessions_signed_a_proof_begins(session, follower, mode, channel):
    with overridden(wechat=wechat.config(mode)):
        assert answer(follower(channel).say("核验身份")) == "utter_account_verify"
