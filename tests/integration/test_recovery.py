"""A database that goes away is apologised for in seconds, and works again without a restart."""

import socket
import time
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError

from actions.account import ActionAccountStatus
from finlit.accounts.binding import bind_demo_customer
from finlit.db import engine
from tests.integration.account_answers import run
from tests.postgresql import on_postgresql

pytestmark = pytest.mark.stops_postgresql

PATIENCE = engine.CONNECT_WITHIN + 1.0  # seconds


@on_postgresql
def test_account_answers_apologise_while_the_database_is_down_and_come_back_by_themselves(session, server, domain):
    bind_demo_customer("talk", "late-20")
    session.close()
    assert run(ActionAccountStatus, "talk", domain)[0]["response"] == "utter_account_status_due"
    server.stop()
    for _ in range(3):
        started = time.monotonic()
        assert run(ActionAccountStatus, "talk", domain)[0]["response"] == "utter_service_down"
        assert time.monotonic() - started < PATIENCE
    server.start()
    assert run(ActionAccountStatus, "talk", domain)[0]["response"] == "utter_account_status_due"


@on_postgresql
def test_a_restart_between_two_questions_goes_unnoticed(session, server, domain):
    bind_demo_customer("talk", "late-20")
    session.close()
    server.stop()
    server.start()
    assert run(ActionAccountStatus, "talk", domain)[0]["response"] == "utter_account_status_due"


def answer(turn):
    return turn["replies"][0]["custom"]["answer"]


def a_talk_while_the_database_is_away(conversation, go_away, come_back):
    """Play one conversation across an outage; the general questions are answered throughout."""
    bind_demo_customer(conversation.sender, "late-20")
    assert "¥929.38" in conversation.say("我现在欠多少")["replies"][0]["text"]
    go_away()
    assert answer(conversation.say("那每天多少罚息")) == "utter_service_down"
    assert answer(conversation.say("征信报告怎么查")) == "utter_credit_report_query"
    calculated = conversation.say("借了5000年化18逾期20天罚息多少")
    assert answer(calculated) == "utter_fee_penalty_calculate_result" and "¥75.00" in calculated["replies"][0]["text"]
    assert answer(conversation.say("我现在欠多少")) == "utter_service_down"
    come_back()
    assert "¥929.38" in conversation.say("我现在欠多少")["replies"][0]["text"]
    assert "¥0.63" in conversation.say("那每天多少罚息")["replies"][0]["text"]


def test_a_conversation_goes_on_while_the_database_file_is_away(session, settings, conversation):
    session.close()
    file = Path(settings.database_url.removeprefix("sqlite:///"))
    kept = file.with_suffix(".kept")

    def go_away():
        file.rename(kept)
        file.mkdir()  # nothing can be opened there, as with a disk that is not mounted

    def come_back():
        file.rmdir()
        kept.rename(file)

    a_talk_while_the_database_is_away(conversation, go_away, come_back)


@on_postgresql
def test_a_conversation_goes_on_while_postgresql_is_away(session, server, conversation):
    session.close()
    a_talk_while_the_database_is_away(conversation, server.stop, server.start)


def test_a_server_that_accepts_and_never_answers_costs_a_few_seconds_at_most():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://finlit:x@127.0.0.1:{silent.getsockname()[1]}/finlit"
        started = time.monotonic()
        with pytest.raises(OperationalError), engine.engine_for(url).connect():
            pass
        assert time.monotonic() - started < PATIENCE
        engine.dispose(url)


@on_postgresql
def test_a_statement_that_takes_too_long_is_given_up(settings, monkeypatch):
    monkeypatch.setattr(engine, "ANSWER_WITHIN", 1)
    with engine.sessions(settings.database_url)() as session, pytest.raises(DBAPIError, match="statement timeout"):
        session.execute(text("SELECT pg_sleep(20)"))


@on_postgresql
def test_a_long_job_may_take_its_time(settings, monkeypatch):
    monkeypatch.setattr(engine, "ANSWER_WITHIN", 1)
    with engine.sessions(settings.database_url).begin() as session:
        engine.no_time_limit(session.connection())
        session.execute(text("SELECT pg_sleep(1.5)"))
