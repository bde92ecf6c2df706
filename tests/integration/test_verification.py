"""Proof of identity without Rasa: limits, one use, the same for known and unknown phones, on both engines."""

import itertools
import threading
from datetime import timedelta

import pytest
from sqlalchemy import event, func, select

from finlit.accounts import origin
from finlit.accounts.binding import WEB_IDLE, bound_customer
from finlit.accounts.code_senders import NotDelivered
from finlit.accounts.verification import CODE_LASTS, Verification
from finlit.db import engine, tables
from finlit.settings import overridden
from tests.conftest import NOW

KNOWN, UNKNOWN = "13900000006", "13811112222"  # the first is late-20's


class Clock:
    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now

    def pass_by(self, **time):
        self.now += timedelta(**time)


class Outbox:
    """Keeps what would go to a phone; ``broken`` makes every delivery fail."""

    def __init__(self):
        self.sent = []
        self.broken = False

    def send(self, phone, code, valid_seconds):
        self.sent.append((phone, code))
        if self.broken:
            raise NotDelivered("the gateway is down")

    @property
    def last_code(self):
        return self.sent[-1][1]


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def outbox():
    return Outbox()


@pytest.fixture
def verification(session, settings, clock, outbox):
    codes = (f"{n:06d}" for n in itertools.count(314159, 7))
    return Verification(engine.sessions(settings.database_url), clock, lambda: next(codes), outbox, "k" * 40)


def until_code(verification, phone=KNOWN, conversation="talk"):
    assert verification.start(conversation, "web", "account_status").said == "notice"
    assert verification.agree(conversation).said == "ask_phone"
    return verification.give_phone(conversation, phone)


def wrong_code(outbox):
    return f"{(int(outbox.last_code) + 1) % 1_000_000:06d}"


both_engines = pytest.mark.both_engines


@both_engines
def test_consent_phone_and_code_bind_the_conversation_and_bring_the_question_back(verification, outbox, session):
    assert until_code(verification).said == "code_sent"
    assert outbox.sent == [(KNOWN, "314159")]
    outcome = verification.give_code("talk", "314159")
    assert (outcome.said, outcome.wanted) == ("done", "account_status")
    assert bound_customer("talk") == "late-20"
    assert [row.notice for row in session.execute(select(tables.Consent)).scalars()] == ["2026-11"]


def test_without_consent_no_code_is_sent(verification, outbox):
    verification.start("talk", "web", None)
    assert verification.leave("talk", refused=True).said == "refused"
    assert verification.give_phone("talk", KNOWN).said == "expired"
    assert outbox.sent == []


def test_a_code_is_good_for_one_time(verification, outbox):
    until_code(verification)
    code = outbox.last_code
    assert verification.give_code("talk", code).said == "done"
    assert verification.give_code("talk", code).said == "expired"


def test_a_code_of_one_conversation_is_worthless_in_another(verification, outbox):
    until_code(verification, conversation="mine")
    code = outbox.last_code
    until_code(verification, conversation="another")
    assert verification.give_code("another", code).said == "code_wrong"
    assert bound_customer("another") is None


def test_a_code_ends_after_five_minutes(verification, outbox, clock):
    until_code(verification)
    clock.pass_by(seconds=CODE_LASTS.total_seconds())
    assert verification.give_code("talk", outbox.last_code).said == "code_expired"
    assert verification.resend("talk").said == "code_sent_again"
    clock.pass_by(seconds=CODE_LASTS.total_seconds() - 1)
    assert verification.give_code("talk", outbox.last_code).said == "done"


def test_a_new_code_makes_the_one_before_worthless(verification, outbox):
    until_code(verification)
    first = outbox.last_code
    verification.resend("talk")
    assert verification.give_code("talk", first).said == "code_wrong"
    assert verification.give_code("talk", outbox.last_code).said == "done"


@both_engines
def test_five_wrong_tries_lock_the_phone_and_the_sender_for_an_hour(verification, outbox, clock):
    until_code(verification)
    outcomes = [verification.give_code("talk", wrong_code(outbox)) for _ in range(5)]
    assert [each.fields.get("left") for each in outcomes[:4]] == ["4", "3", "2", "1"]
    assert (outcomes[4].said, outcomes[4].fields) == ("locked", {"until": "11:00"})
    assert verification.start("talk", "web", None).said == "locked"  # the sender
    assert until_code(verification, conversation="another").said == "locked"  # the phone
    clock.pass_by(minutes=59, seconds=59)
    assert verification.start("talk", "web", None).said == "locked"
    clock.pass_by(seconds=1)
    assert until_code(verification).said == "code_sent"
    assert verification.give_code("talk", outbox.last_code).said == "done"


def test_the_right_code_comes_too_late_after_five_wrong_ones(verification, outbox):
    until_code(verification)
    right = outbox.last_code
    for _ in range(5):
        verification.give_code("talk", wrong_code(outbox))
    assert verification.give_code("talk", right).said == "expired"
    assert bound_customer("talk") is None


def test_wrong_tries_count_over_new_codes_and_other_phones_of_one_sender(verification, outbox):
    until_code(verification)
    for _ in range(3):
        verification.give_code("talk", wrong_code(outbox))
    verification.change_phone("talk")
    verification.give_phone("talk", UNKNOWN)
    assert verification.give_code("talk", wrong_code(outbox)).fields["left"] == "1"
    assert verification.give_code("talk", wrong_code(outbox)).said == "locked"


@pytest.mark.parametrize("phone", [KNOWN, UNKNOWN])
def test_three_codes_an_hour_for_a_phone_whoever_asks(verification, phone, clock):
    for number in range(3):
        assert until_code(verification, phone, f"talk {number}").said == "code_sent"
        clock.pass_by(minutes=1)
    refused = until_code(verification, phone, "talk 4")
    assert (refused.said, refused.fields) == ("no_more_codes", {"until": "11:00"})


def test_three_codes_an_hour_for_a_sender_whatever_the_phone(verification, outbox):
    for number in range(3):
        assert until_code(verification, f"1381111000{number}").said == "code_sent"
    assert until_code(verification, KNOWN).said == "no_more_codes"
    assert len(outbox.sent) == 3


def test_the_last_code_can_still_be_used_when_no_more_are_sent(verification, outbox):
    until_code(verification)
    verification.resend("talk")
    verification.resend("talk")
    assert verification.resend("talk").said == "no_more_codes"
    assert verification.give_code("talk", outbox.last_code).said == "done"


def test_a_time_after_midnight_says_tomorrow(verification, outbox, clock):
    clock.now = NOW.replace(hour=23, minute=30, second=20)
    until_code(verification)
    for _ in range(4):
        verification.give_code("talk", wrong_code(outbox))
    assert verification.give_code("talk", wrong_code(outbox)).fields == {"until": "明天 00:31"}


def story(verification, outbox, phone, conversation):
    """Return everything that a stranger can see of the way to the lock."""
    said = [until_code(verification, phone, conversation), verification.resend(conversation)]
    said += [verification.give_code(conversation, "000001") for _ in range(5)]
    return said


@both_engines
def test_a_known_and_an_unknown_phone_get_the_same_words_and_the_same_work(verification, outbox, settings):
    statements = []
    event.listen(
        engine.engine_for(settings.database_url), "before_cursor_execute",
        lambda conn, cursor, statement, *rest: statements.append(statement),
    )  # fmt: skip
    known = story(verification, outbox, KNOWN, "one")
    of_known, statements[:] = list(statements), []
    unknown = story(verification, outbox, UNKNOWN, "two")
    assert known == unknown
    assert of_known == statements
    assert [phone for phone, _ in outbox.sent] == [KNOWN, KNOWN, None, None]  # no message for a stranger's phone


def test_the_code_of_an_unknown_phone_proves_nothing_even_when_it_is_guessed(verification, outbox):
    until_code(verification, UNKNOWN)
    assert verification.give_code("talk", outbox.last_code).said == "code_wrong"
    assert bound_customer("talk") is None


@pytest.mark.parametrize("phone", [KNOWN, UNKNOWN])
def test_a_broken_gateway_is_said_honestly_whoever_asks_and_a_late_code_still_works(verification, outbox, phone):
    outbox.broken = True
    assert until_code(verification, phone).said == "not_delivered"
    expected = "done" if phone == KNOWN else "code_wrong"
    assert verification.give_code("talk", outbox.last_code).said == expected


def test_three_bad_answers_end_it_and_a_good_one_starts_the_count_again(verification):
    verification.start("talk", "web", None)
    assert [verification.bad_answer("talk").said for _ in range(2)] == ["unclear_consent", "unclear_consent"]
    verification.give_phone("talk", KNOWN)
    assert [verification.bad_answer("talk").said for _ in range(3)] == ["unclear_code", "unclear_code", "gave_up"]
    assert not verification.arrive("talk").is_open


def test_an_attempt_is_forgotten_after_a_quarter_of_an_hour(verification, clock):
    verification.start("talk", "web", None)
    assert verification.arrive("talk").stage == "consent"
    clock.pass_by(minutes=15)
    assert verification.arrive("talk") is None
    assert verification.agree("talk").said == "expired"


def test_neither_phone_nor_code_stands_in_the_database(verification, outbox, settings, session):
    until_code(verification, UNKNOWN)
    verification.give_code("talk", wrong_code(outbox))
    rows = [
        str(dict(row._mapping))
        for table in tables.Base.metadata.sorted_tables
        for row in session.execute(select(table))
    ]
    assert rows and not [row for row in rows if UNKNOWN in row or outbox.last_code in row]


@both_engines
def test_twenty_guesses_at_once_are_five_tries(verification, outbox, session):
    until_code(verification)
    outcomes, guess = [], wrong_code(outbox)
    threads = [
        threading.Thread(target=lambda: outcomes.append(verification.give_code("talk", guess).said)) for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 20 and outcomes.count("code_wrong") == 4
    wrong = session.execute(
        select(func.count()).select_from(tables.AuditEntry).where(tables.AuditEntry.what == "code wrong")
    ).scalar_one()
    assert wrong == 5
    assert bound_customer("talk") is None


def test_every_step_leaves_an_audit_entry_with_who_what_when_and_where(verification, outbox, session):
    until_code(verification)
    verification.give_code("talk", wrong_code(outbox))
    verification.give_code("talk", outbox.last_code)
    entries = session.execute(select(tables.AuditEntry).order_by(tables.AuditEntry.id)).scalars().all()
    assert [(each.what, each.customer_id) for each in entries] == [
        ("code sent", "late-20"), ("code wrong", "late-20"), ("bind", "late-20"),
    ]  # fmt: skip
    assert {(each.who, each.conversation, each.channel, each.at) for each in entries} == {
        ("customer", "talk", "web", NOW)
    }


def test_a_web_session_stays_bound_while_the_customer_writes_and_ends_after_fifteen_idle_minutes(
    verification, outbox, clock
):
    until_code(verification)
    verification.give_code("talk", outbox.last_code)
    for _ in range(2):
        clock.pass_by(minutes=14, seconds=59)
        verification.arrive("talk")
    with overridden(fixed_now=clock.now + WEB_IDLE - timedelta(seconds=1)):
        assert bound_customer("talk") == "late-20"
    clock.pass_by(minutes=16)
    verification.arrive("talk")  # writing again does not bring it back
    with overridden(fixed_now=clock.now):
        assert bound_customer("talk") is None


def test_a_web_session_ends_an_hour_after_the_proof_however_much_is_written(verification, outbox, clock):
    until_code(verification)
    verification.give_code("talk", outbox.last_code)
    for minute in range(1, 62):
        clock.pass_by(minutes=1)
        verification.arrive("talk")
        with overridden(fixed_now=clock.now):
            assert bound_customer("talk") == ("late-20" if minute < 60 else None), minute


def test_a_wechat_openid_stays_bound_for_the_days_that_are_set(verification, outbox, clock, settings):
    verification.start("wx", "wechat", None)
    verification.give_phone("wx", KNOWN)
    verification.give_code("wx", outbox.last_code)
    with overridden(fixed_now=NOW + timedelta(days=29)):
        assert bound_customer("wx") == "late-20"
    with overridden(fixed_now=NOW + timedelta(days=30)):
        assert bound_customer("wx") is None


# A stranger who wants to keep somebody out


def proved(verification, outbox, clock, conversation):
    until_code(verification, conversation=conversation)
    assert verification.give_code(conversation, outbox.last_code).said == "done"
    clock.pass_by(hours=2)  # the binding has lapsed, the counters are empty


@both_engines
def test_who_uses_up_a_phones_codes_takes_none_from_its_proved_customer(verification, outbox, clock):
    proved(verification, outbox, clock, "web-own")
    for number in range(3):
        assert until_code(verification, conversation=f"web-stranger-{number}").said == "code_sent"
    assert until_code(verification, conversation="web-stranger-3").said == "no_more_codes"
    assert until_code(verification, conversation="web-own").said == "code_sent"
    assert verification.give_code("web-own", outbox.last_code).said == "done"


@both_engines
def test_who_guesses_until_a_phone_is_locked_locks_out_strangers_only(verification, outbox, clock):
    proved(verification, outbox, clock, "web-own")
    until_code(verification, conversation="web-stranger")
    for _ in range(4):
        assert verification.give_code("web-stranger", wrong_code(outbox)).said == "code_wrong"
    assert verification.give_code("web-stranger", wrong_code(outbox)).said == "locked"
    assert until_code(verification, conversation="web-other").said == "locked"
    assert until_code(verification, conversation="web-own").said == "code_sent"


def test_the_proved_customer_has_the_same_allowance_and_no_more(verification, outbox, clock):
    proved(verification, outbox, clock, "web-own")
    assert until_code(verification, conversation="web-own").said == "code_sent"
    assert [verification.resend("web-own").said for _ in range(3)] == ["code_sent_again"] * 2 + ["no_more_codes"]
    for _ in range(4):
        verification.give_code("web-own", wrong_code(outbox))
    assert verification.give_code("web-own", wrong_code(outbox)).said == "locked"


def test_having_proved_to_be_one_customer_counts_for_no_other_phone(verification, outbox, clock):
    proved(verification, outbox, clock, "web-own")
    for number in range(3):
        until_code(verification, "13900000007", f"web-stranger-{number}")
    assert until_code(verification, "13900000007", "web-own").said == "no_more_codes"


@both_engines
def test_one_address_can_not_use_up_the_codes_of_many_phones(verification, outbox, clock, session):
    proved(verification, outbox, clock, "web-own")
    origin.comes_from("203.0.113.7")
    try:
        said = [until_code(verification, f"137{n:08d}", f"web-stranger-{n}").said for n in range(61)]
        assert said == ["code_sent"] * 60 + ["no_more_codes"]
        assert until_code(verification, conversation="web-own").said == "code_sent"  # the address is shared, perhaps
        origin.comes_from("203.0.113.8")
        assert until_code(verification, "13700000099", "web-elsewhere").said == "code_sent"
        clock.pass_by(hours=1)
        origin.comes_from("203.0.113.7")
        assert until_code(verification, "13700000098", "web-later").said == "code_sent"
    finally:
        origin.comes_from("")
    kept = session.execute(select(tables.VerificationLimit.subject)).scalars().all()
    assert not any("203.0.113" in subject for subject in kept)
