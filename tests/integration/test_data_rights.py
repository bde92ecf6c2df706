"""What is stored about a conversation, and what its deletion takes away."""

from datetime import timedelta

from sqlalchemy import select

from finlit.accounts import data_rights
from finlit.accounts.binding import bind, bound_customer
from finlit.channels.deliveries import Inbox
from finlit.channels.deliveries.kinds import NOTHING
from finlit.db import engine, tables
from finlit.requests import filing
from finlit.requests.filing import Sender
from tests.conftest import NOW


def delivery(conversation, key, **more):
    times = {"received_at": NOW, "watched_until": NOW, "passive_until": NOW}
    return tables.WeChatDelivery(key=key, conversation=conversation, body_hash="0" * 64, **times, **more)


def test_deletion_takes_what_may_go_of_this_conversation_and_of_no_other(session):
    for talk in ("mine", "another"):
        bind(session, talk, "wechat", "late-20", "code", NOW)
        session.add(tables.Consent(conversation=talk, notice="2026-11", given_at=NOW))
        session.add(delivery(talk, f"{talk}-1", state="done", parts='["¥5,314.11"]', total=1, sent=1))
        session.add(delivery(talk, f"{talk}-3", state="done", parts='["¥1.00", "¥2.00"]', total=2, sent=1))
        session.add(delivery(talk, f"{talk}-2", state="done", parts='["the answer on its way"]', total=1, sent=0))
    session.commit()
    data_rights.delete_all(session, "mine", NOW + timedelta(minutes=1))
    session.commit()
    session.expire_all()
    assert (bound_customer("mine"), bound_customer("another")) == (None, "late-20")
    parts = dict(session.execute(select(tables.WeChatDelivery.key, tables.WeChatDelivery.parts)).all())
    assert parts == {
        "mine-1": None, "mine-2": '["the answer on its way"]', "mine-3": None,
        "another-1": '["¥5,314.11"]', "another-2": '["the answer on its way"]', "another-3": '["¥1.00", "¥2.00"]',
    }  # fmt: skip
    withdrawn = dict(session.execute(select(tables.Consent.conversation, tables.Consent.withdrawn_at)).all())
    assert withdrawn == {"mine": NOW + timedelta(minutes=1), "another": None}


def test_a_ticket_keeps_its_question_but_not_the_conversation_that_went_with_it(session, settings):
    sessions = engine.sessions(settings.database_url)
    for talk in ("mine", "another"):
        filing.file_handoff(sessions, Sender(talk, "web", None), NOW, question="找人", transcript="客户：欠 ¥5,314.11")
    data_rights.delete_all(session, "mine", NOW)
    session.commit()
    ticket, request = tables.HandoffTicket, tables.ServiceRequest
    rows = session.execute(select(request.conversation, ticket.question, ticket.transcript).join(ticket))
    assert sorted(rows) == [("another", "找人", "客户：欠 ¥5,314.11"), ("mine", "找人", "")]


def test_deleted_words_are_not_left_in_the_file_of_the_database(tmp_path):
    url = f"sqlite:///{tmp_path / 'words.db'}"
    tables.Base.metadata.create_all(engine.engine_for(url))
    with engine.sessions(url).begin() as session:
        session.add(
            tables.AnswerFeedback(conversation="mine", turn=1, answer="a", rating=-1, word="我的秘密", given_at=NOW)
        )
    with engine.sessions(url).begin() as session:
        data_rights.delete_all(session, "mine", NOW)
    with engine.engine_for(url).connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose(url)
    assert not any("我的秘密".encode() in file.read_bytes() for file in tmp_path.iterdir())


def test_a_delivery_that_comes_again_after_the_deletion_is_answered_with_nothing(session, settings):
    session.add(delivery("mine", "mine-1", state="done", way="passive", parts='["¥5,314.11"]', total=1, sent=1))
    session.commit()
    data_rights.delete_all(session, "mine", NOW)
    session.commit()
    inbox = Inbox("owner", lambda: settings.database_url, lambda: NOW)
    assert inbox.take("mine-1") == NOTHING


def test_the_audit_entries_outlive_the_deletion_and_say_that_it_happened(session):
    bind(session, "mine", "web", "late-20", "code", NOW)
    data_rights.delete_all(session, "mine", NOW)
    session.commit()
    whats = [
        entry.what for entry in session.execute(select(tables.AuditEntry).order_by(tables.AuditEntry.id)).scalars()
    ]
    assert whats == ["bind", "delete data", "unbind"]


def test_a_lock_against_guessing_is_not_lifted_by_deleting_ones_data(session):
    session.add(tables.VerificationLimit(subject="sender mine", codes=(), wrong=(NOW,) * 5, touched_at=NOW))
    session.commit()
    data_rights.delete_all(session, "mine", NOW)
    session.commit()
    assert session.get(tables.VerificationLimit, "sender mine") is not None


def test_what_is_stored_is_told_and_the_question_is_recorded(session):
    assert data_rights.stored(session, "mine", NOW) == data_rights.Stored(None, None, 0)
    bind(session, "mine", "web", "late-20", "code", NOW)
    session.add(tables.Consent(conversation="mine", notice="2026-11", given_at=NOW))
    session.commit()
    assert data_rights.stored(session, "mine", NOW) == data_rights.Stored(NOW, NOW, 2)
