"""``finlit db purge``: old conversations go, the rest stays, and it is on record."""

import asyncio
from datetime import timedelta

import pytest
from rasa.shared.core.events import BotUttered
from sqlalchemy import select

from finlit import settings as finlit_settings
from finlit.accounts import data_rights
from finlit.cli import main
from finlit.db import engine, schema, tables
from finlit.dialogue.tracker_store import ConversationStore
from tests.conftest import NOW
from tests.integration.test_tracker_store import DOMAIN, in_turns, session


@pytest.fixture
def current(settings, monkeypatch, tmp_path):
    """Settings with a conversations' database that the test fills; thirty days are kept."""
    monkeypatch.setenv("TRACKER_DATABASE", f"sqlite:///{tmp_path / 'talk.db'}")
    monkeypatch.setenv("FINLIT_CONVERSATIONS_KEPT_DAYS", "30")
    finlit_settings.load.cache_clear()
    schema.migrate(engine.engine_for(settings.database_url))
    yield finlit_settings.load()
    engine.dispose(f"sqlite:///{tmp_path / 'talk.db'}")


def note(current, conversation, at):
    """A message that was answered and an answer that was rated."""
    with engine.sessions(current.database_url).begin() as opened:
        opened.add(tables.WebMessage(conversation=conversation, name="m", received_at=at, lease_until=at, done_at=at))
        opened.add(
            tables.AnswerFeedback(conversation=conversation, turn=2, answer="a", rating=-1, word="", given_at=at)
        )


@pytest.mark.both_engines
def test_what_is_older_than_the_setting_says_goes_from_both_databases(current, capsys):
    store = ConversationStore(DOMAIN, url=current.tracker_database)
    for conversation, age in (("web-old", timedelta(days=31)), ("web-new", timedelta(days=29))):
        asyncio.run(in_turns(store, conversation, session((NOW - age).timestamp())))
        note(current, conversation, NOW - age)
    assert main.main(["db", "purge"]) == 0
    said = capsys.readouterr().out
    assert "30 天以前的对话记录：删了 6 条，其中整段的对话 1 段。" in said and "收发记录 1 条、评价 1 条" in said
    assert asyncio.run(store.keys()) == ["web-new"]
    with engine.sessions(current.database_url)() as opened:
        for table in (tables.WebMessage, tables.AnswerFeedback):
            assert opened.execute(select(table.conversation)).scalars().all() == ["web-new"]
        entry = opened.execute(select(tables.AuditEntry).order_by(tables.AuditEntry.id.desc())).scalars().first()
        assert (entry.who, entry.what) == ("system", "purge conversations") and "events 6" in entry.detail
    assert main.main(["db", "purge"]) == 0 and "删了 0 条" in capsys.readouterr().out


@pytest.mark.both_engines
def test_a_deletion_that_was_promised_but_cut_short_is_made_up_for(current):
    store = ConversationStore(DOMAIN, url=current.tracker_database)
    told = BotUttered("好，删好了。", data={"custom": {"answer": data_rights.DELETED}}, timestamp=NOW.timestamp())
    asyncio.run(in_turns(store, "wechat-promised", [*session(NOW.timestamp()), told]))
    asyncio.run(in_turns(store, "wechat-another", session(NOW.timestamp())))
    assert main.main(["db", "purge"]) == 0
    assert asyncio.run(store.keys()) == ["wechat-another"]
    with engine.sessions(current.database_url)() as opened:
        entry = opened.execute(select(tables.AuditEntry).order_by(tables.AuditEntry.id.desc())).scalars().first()
        assert entry.detail.endswith("promised 1")


def proofs(session, name, at, channel="web"):
    """What somebody leaves behind who proves who they are, and an editor who logs in, at this moment."""
    session.add_all([
        tables.VerificationAttempt(conversation=name, channel=channel, stage="left", touched_at=at),
        tables.VerificationLimit(subject=name, codes=(), wrong=(), touched_at=at),
        tables.Binding(conversation=name, customer_id="c", channel=channel, proved_by="code", bound_at=at, seen_at=at),
        tables.Consent(conversation=name, notice="1", given_at=at, withdrawn_at=at),
        tables.ConsoleLoginFailure(user_name=name, address="a", at=at),
        tables.ConsoleSession(token_hash=name, user_name="ed", csrf="c", created_at=at, seen_at=at, expires_at=at),
    ])  # fmt: skip


@pytest.mark.both_engines
def test_what_proofs_and_logins_leave_behind_goes_when_nothing_can_follow_from_it(current):
    later = NOW + timedelta(hours=1)
    with engine.sessions(current.database_url).begin() as opened:
        opened.add(tables.Customer(id="c", name="c", phone="13800000000"))
        user = {"name": "ed", "full_name": "ed", "email": "e@e", "role": "editor", "password_hash": "h"}
        opened.add(tables.ConsoleUser(**user, created_at=NOW))
        opened.flush()
        proofs(opened, "old", NOW - timedelta(days=31))
        proofs(opened, "wx", NOW - timedelta(days=31), channel="wechat")
        proofs(opened, "new", later)
        opened.add(tables.Consent(conversation="still", notice="1", given_at=NOW - timedelta(days=31)))
    assert main.main(["db", "purge"]) == 0
    with engine.sessions(current.database_url)() as opened:
        kept = {
            column.class_.__tablename__: sorted(opened.execute(select(column)).scalars())
            for column in (
                tables.VerificationAttempt.conversation, tables.VerificationLimit.subject, tables.Binding.conversation,
                tables.Consent.conversation, tables.ConsoleLoginFailure.user_name, tables.ConsoleSession.token_hash,
            )
        }  # fmt: skip
    assert kept == {
        "verification_attempts": ["new"], "verification_limits": ["new"], "bindings": ["new", "wx"],
        "consents": ["new", "still"], "console_login_failures": ["new"], "console_sessions": ["new"],
    }  # fmt: skip


def test_before_anybody_has_talked_there_is_nothing_to_purge(current, capsys, tmp_path):
    assert main.main(["db", "purge"]) == 0
    assert "还没有对话记录" in capsys.readouterr().out
    assert not (tmp_path / "talk.db").exists()


@pytest.mark.parametrize("days", ["0", "-1", "1.5", "很久"])
def test_days_that_make_no_sense_are_refused(current, monkeypatch, capsys, days):
    monkeypatch.setenv("FINLIT_CONVERSATIONS_KEPT_DAYS", days)
    finlit_settings.load.cache_clear()
    assert main.main(["db", "purge"]) == 2
    assert "FINLIT_CONVERSATIONS_KEPT_DAYS" in capsys.readouterr().err
