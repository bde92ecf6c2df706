"""Requests: filed once, seen by their owner only, worked on by staff with a trace of every step."""

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import cycle
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from finlit.db import engine, tables
from finlit.requests import filing, numbers, queue, status
from finlit.requests.filing import NotYourLoan, Sender

pytestmark = pytest.mark.both_engines
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def sessions(session, settings):
    return engine.sessions(settings.database_url)


@pytest.fixture
def customers(session):
    """Two customers and a loan of each."""
    found = session.execute(select(tables.Customer.id).join(tables.Loan).order_by(tables.Customer.id)).scalars()
    first, second = list(dict.fromkeys(found))[:2]
    loans = {each.customer_id: each.id for each in session.execute(select(tables.Loan)).scalars()}
    return (first, loans[first]), (second, loans[second])


def sender(customer=None, conversation="web-1"):
    return Sender(conversation, "web", customer)


def hardship(sessions, customer, now=NOW, conversation="web-1", **changes):
    given = {"reason": "lost_job", "reason_words": "厂子关了", "monthly_amount": Decimal("800.50"),
             "contact_time": "工作日上午", "loan_id": None, **changes}  # fmt: skip
    return filing.file_hardship(sessions, sender(customer, conversation), now, **given)


def test_a_hardship_request_is_a_row_with_its_details_and_first_event(sessions, session, customers):
    (customer, loan), _ = customers
    filed = hardship(sessions, customer, loan_id=loan, reason_words="失业了，电话13812345678")
    assert numbers.find(filed.number) == filed.number and filed.number.startswith("HX-20261123-")
    case = queue.case(session, filed.number)
    assert (case.kind, case.state, case.customer) == ("hardship", "open", customer)
    assert case.lines == {"reason": "lost_job", "words": "失业了，电话138****5678", "monthly": "800.50",
                          "contact": "工作日上午", "loan": loan}  # fmt: skip
    assert [(event.who, event.what) for event in case.events] == [("customer", "opened")]


def test_a_second_request_while_one_is_open_is_the_first_one(sessions, session, customers):
    (customer, _), _ = customers
    first = hardship(sessions, customer)
    second = hardship(sessions, customer, NOW + timedelta(hours=1), conversation="wechat-9")
    assert (second.number, second.already, second.opened_at) == (first.number, True, NOW)
    with sessions.begin() as opened:
        queue.close(opened, first.number, "li", NOW + timedelta(days=1))
    third = hardship(sessions, customer, NOW + timedelta(days=2))
    assert third.number != first.number and not third.already


def test_the_database_itself_refuses_a_second_open_request(sessions, customers):
    (customer, _), _ = customers
    hardship(sessions, customer)
    row = tables.ServiceRequest(number="HX-20261123-222222", kind="hardship", customer_id=customer,
                                conversation="web-2", channel="web", opened_at=NOW)  # fmt: skip
    with pytest.raises(IntegrityError), sessions.begin() as opened:
        opened.add(row)


def test_somebody_elses_loan_can_not_be_named(sessions, session, customers):
    (customer, _), (_, other_loan) = customers
    with pytest.raises(NotYourLoan):
        hardship(sessions, customer, loan_id=other_loan)
    assert session.execute(select(tables.ServiceRequest)).first() is None


def test_a_hardship_request_needs_a_proved_customer(sessions):
    with pytest.raises(ValueError, match="proved"):
        hardship(sessions, None)


def test_a_number_that_is_taken_is_drawn_again(sessions, customers):
    (first, _), (second, _) = customers
    letters = cycle("222222222222333333")
    one = hardship(sessions, first, choose=lambda _: next(letters))
    two = hardship(sessions, second, choose=lambda _: next(letters))
    assert (one.number, two.number) == ("HX-20261123-222222", "HX-20261123-333333")


def test_a_number_says_nothing_to_anybody_else(sessions, session, customers):
    (customer, _), (stranger, _) = customers
    number = hardship(sessions, customer).number
    assert status.by_number(session, number, sender(customer, "another-device")).state == "open"
    for other in (sender(stranger, "web-2"), sender(None, "web-2"), sender(stranger, "web-1"), sender(None, "web-1")):
        assert status.by_number(session, number, other) is None
        assert status.latest(session, "hardship", other) is None
    assert status.by_number(session, "HX-20261123-999999", sender(customer)) is None


def test_a_complaint_without_identity_is_seen_in_its_own_conversation_only(sessions, session):
    filed = filing.file_complaint(
        sessions, sender(), NOW, happened="乱扣了我三百", happened_when="上周三", wanted="退钱"
    )
    assert filed.number.startswith("TS-")
    assert status.by_number(session, filed.number, sender()).kind == "complaint"
    assert status.by_number(session, filed.number, sender(conversation="web-2")) is None


def test_the_same_complaint_twice_is_one_and_another_one_is_another(sessions):
    told = {"happened": "乱扣了我三百", "happened_when": None, "wanted": "退钱"}
    first = filing.file_complaint(sessions, sender(), NOW, **told)
    assert (
        filing.file_complaint(sessions, sender(), NOW, **{**told, "happened": "乱扣了我三百！"}).number == first.number
    )
    assert not filing.file_complaint(sessions, sender(), NOW, **{**told, "happened": "还骚扰我家人"}).already


def test_one_open_ticket_for_a_conversation_and_its_transcript_is_masked(sessions, session):
    first = filing.file_handoff(sessions, sender(), NOW, question="找人", transcript="客户：我手机13812345678")
    assert filing.file_handoff(sessions, sender(), NOW, question="快点", transcript="").already
    assert queue.case(session, first.number).transcript == "客户：我手机138****5678"


def test_a_question_asked_after_the_proof_has_lapsed_goes_to_the_open_ticket(sessions, session, customers):
    (customer, _), _ = customers
    first = filing.file_handoff(sessions, sender(customer), NOW, question="想协商", transcript="")
    later = filing.file_handoff(sessions, sender(None), NOW, question="我手机13812345678，还没人回", transcript="")
    assert later.number == first.number
    assert session.get(tables.HandoffTicket, first.number).question == "想协商\n我手机138****5678，还没人回"


def test_a_question_asked_after_the_proof_goes_to_the_ticket_that_was_filed_before_it(sessions, session, customers):
    (customer, _), _ = customers
    first = filing.file_handoff(sessions, sender(None), NOW, question="找人", transcript="")
    assert filing.file_handoff(sessions, sender(customer), NOW, question="想协商", transcript="").number == first.number
    assert session.get(tables.HandoffTicket, first.number).question == "找人\n想协商"


def test_filing_leaves_an_audit_entry_that_names_the_case(sessions, session, customers):
    (customer, _), _ = customers
    filed = hardship(sessions, customer)
    entry = session.execute(select(tables.AuditEntry).order_by(tables.AuditEntry.id.desc())).scalars().first()
    assert (entry.what, entry.customer_id, entry.detail) == ("file hardship", customer, filed.number)


def test_staff_take_answer_and_close_and_every_step_is_kept(sessions, session, customers):
    (customer, _), _ = customers
    number = hardship(sessions, customer).number
    with sessions.begin() as opened:
        queue.assign(opened, number, "wang", "li", NOW + timedelta(hours=1))
        queue.answer(opened, number, "材料收到，周三前回电。", "wang", NOW + timedelta(hours=2))
    own = status.by_number(session, number, sender(customer))
    assert (own.state, own.answer, own.changed_at) == ("answered", "材料收到，周三前回电。", NOW + timedelta(hours=2))
    with sessions.begin() as opened:
        queue.close(opened, number, "wang", NOW + timedelta(hours=3), "已达成")
    session.expire_all()
    case = queue.case(session, number)
    assert [(event.who, event.what) for event in case.events] == [
        ("customer", "opened"), ("staff:li", "assigned"), ("staff:wang", "answered"), ("staff:wang", "closed"),
    ]  # fmt: skip
    assert case.closed_at == NOW + timedelta(hours=3)


def test_a_closed_request_is_not_changed_and_an_unknown_one_is_named(sessions, customers):
    (customer, _), _ = customers
    number = hardship(sessions, customer).number
    with sessions.begin() as opened:
        queue.close(opened, number, "li", NOW)
        for change in (queue.close, lambda *args: queue.answer(opened, number, "补一句", "li", NOW)):
            with pytest.raises(queue.AlreadyClosed):
                change(opened, number, "li", NOW)
        with pytest.raises(queue.UnknownRequest):
            queue.close(opened, "HX-20261123-999999", "li", NOW)
        with pytest.raises(queue.NoWords):
            queue.answer(opened, number, "  ", "li", NOW)


def test_the_queue_shows_what_waits_oldest_first_and_complaints_their_last_day(sessions, session, customers):
    (first, _), (second, _) = customers
    late = hardship(sessions, first, NOW).number
    early = filing.file_complaint(sessions, sender(), NOW - timedelta(days=2), happened="乱扣费", happened_when=None,
                                  wanted="退钱").number  # fmt: skip
    closed = hardship(sessions, second, NOW - timedelta(days=3)).number
    with sessions.begin() as opened:
        queue.close(opened, closed, "li", NOW)
    waiting = queue.waiting(session)
    assert [case.number for case in waiting] == [early, late]
    assert waiting[0].due_on == NOW + timedelta(days=13)
    assert [case.number for case in queue.waiting(session, kind="hardship")] == [late]
    assert queue.counts(session)[("hardship", "closed")] == 1
