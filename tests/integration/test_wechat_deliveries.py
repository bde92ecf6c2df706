"""What each step does on its own; every order of them is in test_deliveries_in_any_order.py."""

from datetime import datetime, timedelta, timezone

import pytest

from finlit.channels.deliveries import Answer, Claim, Contact, Inbox, OtherBody
from finlit.db import engine, tables

pytestmark = pytest.mark.both_engines

START = datetime(2026, 11, 23, 2, 0, tzinfo=timezone.utc)
WHO = "wechat-oUser_1"


class Clock:
    def __init__(self):
        self.now = START

    def __call__(self):
        return self.now

    def tick(self, **how):
        self.now += timedelta(**how)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def inboxes(database_url, clock):
    tables.Base.metadata.create_all(engine.engine_for(database_url))
    yield [Inbox(name, lambda: database_url, clock) for name in ("one", "two")]
    engine.dispose(database_url)


@pytest.fixture
def inbox(inboxes):
    return inboxes[0]


def answered(inbox, key, *parts, who=WHO, take=True, **more):
    inbox.receive(key, who, "body", Contact.MESSAGE)
    assert inbox.claim(key) is Claim.OURS
    assert inbox.finish(key, Answer(parts, **more))
    return inbox.take(key) if take else None


def test_a_retry_gets_the_stored_answer_and_is_not_computed_again(inboxes):
    one, two = inboxes
    assert answered(one, "k", "会。").text == "会。"
    assert two.receive("k", WHO, "body", Contact.MESSAGE) is False
    assert two.claim("k") is Claim.DONE
    again = two.take("k")
    assert (again.text, again.again) == ("会。", True)


@pytest.mark.parametrize("who, body", [(WHO, "other"), ("wechat-oOther", "body")])
def test_a_known_delivery_with_another_content_is_refused(inbox, who, body):
    inbox.receive("k", WHO, "body", Contact.MESSAGE)
    with pytest.raises(OtherBody):
        inbox.receive("k", who, body, Contact.MESSAGE)


def test_only_one_process_computes_until_its_lease_runs_out(inboxes, clock):
    one, two = inboxes
    one.receive("k", WHO, "body", Contact.MESSAGE)
    assert one.claim("k") is Claim.OURS
    assert two.claim("k") is Claim.NOT_YET
    clock.tick(seconds=6)
    one.keep_alive("k")
    clock.tick(seconds=6)
    assert two.claim("k") is Claim.NOT_YET
    clock.tick(seconds=2)
    assert two.claim("k") is Claim.TAKEN_OVER
    assert one.finish("k", Answer(("一",))) is False
    assert two.finish("k", Answer(("二",))) is True
    assert one.take("k").text == "二"


def test_a_second_message_waits_for_the_first_one(inboxes):
    one, two = inboxes
    one.receive("1", WHO, "body", Contact.MESSAGE)
    two.receive("2", WHO, "body", Contact.MESSAGE)
    assert two.claim("2") is Claim.NOT_YET
    assert one.claim("1") is Claim.OURS
    assert two.claim("2") is Claim.NOT_YET
    one.finish("1", Answer(("一",)))
    assert two.claim("2") is Claim.OURS
    two.finish("2", Answer(("二",)))
    assert two.take("2") is None  # the first one's own request is about to take its answer
    assert one.take("1").text == "一"
    assert two.take("2").text == "二"


def test_another_person_does_not_wait(inbox):
    inbox.receive("1", WHO, "body", Contact.MESSAGE)
    assert answered(inbox, "2", "二", who="wechat-oOther").text == "二"


def test_a_message_that_nobody_cares_for_any_more_blocks_no_other(inbox, clock):
    inbox.receive("1", WHO, "body", Contact.MESSAGE)
    clock.tick(seconds=8)
    assert answered(inbox, "2", "二").text == "二"


def test_a_late_answer_goes_first_in_the_next_reply_and_by_no_other_way(inbox, clock):
    answered(inbox, "1", "一", take=False)
    clock.tick(seconds=5)
    assert answered(inbox, "2", "二").text == "一\n\n二"
    assert inbox.next_push() is None
    assert inbox.take("1").text == "一" and inbox.take("1").again  # only to a delivery of the same message
    assert answered(inbox, "3", "三").text == "三"


def test_one_asks_for_the_rest_of_a_long_answer(inbox, clock):
    parts = [letter * 1500 for letter in "abc"]
    first = answered(inbox, "1", *parts)
    assert (first.text, first.more) == (parts[0], True)
    for key, text, more in (("2", parts[1], True), ("3", parts[2], False)):
        inbox.receive(key, WHO, "body", Contact.MESSAGE)
        inbox.claim(key)
        assert inbox.has_more(key)
        inbox.finish(key, Answer(()))
        handed = inbox.take(key)
        assert (handed.text, handed.more) == (text, more)
    inbox.receive("4", WHO, "body", Contact.MESSAGE)
    assert not inbox.has_more("4")


def test_a_new_question_ends_the_long_answer(inbox):
    answered(inbox, "1", "a" * 1500, "b" * 1500)
    assert answered(inbox, "2", "二").text == "二"
    inbox.receive("3", WHO, "body", Contact.MESSAGE)
    assert not inbox.has_more("3")


def test_an_ordinary_answer_of_unknown_fate_is_not_repeated_by_another_way(inbox, clock):
    answered(inbox, "1", "一")
    assert not inbox.doubt("1")
    clock.tick(seconds=60)
    assert inbox.next_push() is None
    assert answered(inbox, "2", "二").text == "二"


def test_crisis_help_of_unknown_fate_is_repeated_once(inbox, clock):
    answered(inbox, "1", "12356", must_arrive=True)
    assert inbox.doubt("1") and not inbox.doubt("1")
    push = inbox.next_push()
    assert push.parts == ("12356",)
    inbox.spend(push.conversation)
    inbox.pushed(push.key, 1)
    assert answered(inbox, "2", "二").text == "二"
    assert not inbox.doubt("1")


def test_without_customer_service_messages_crisis_help_is_repeated_with_the_next_reply(inbox):
    answered(inbox, "1", "12356", must_arrive=True)
    inbox.doubt("1")
    assert answered(inbox, "2", "二").text == "12356\n\n二"


def test_an_answer_that_is_being_pushed_holds_the_next_one_back(inbox, clock):
    answered(inbox, "1", "一", take=False)
    clock.tick(seconds=5)
    push = inbox.next_push()
    assert answered(inbox, "2", "二") is None
    inbox.spend(WHO)
    inbox.pushed(push.key, 1)
    assert inbox.take("2").text == "二"
    assert inbox.take("1").text == ""  # its answer went the other way


def test_of_two_processes_one_pushes(inboxes, clock):
    answered(inboxes[0], "1", "一", take=False)
    clock.tick(seconds=5)
    assert [inbox.next_push() is not None for inbox in inboxes] == [True, False]


def test_a_push_that_was_refused_goes_with_the_next_reply_and_is_not_tried_again(inbox, clock):
    answered(inbox, "1", "一", take=False)
    clock.tick(seconds=5)
    push = inbox.next_push()
    inbox.keep_for_next_reply(push.key, 0)
    assert inbox.next_push() is None
    assert answered(inbox, "2", "二").text == "一\n\n二"


def test_a_message_buys_five_sends_in_48_hours(inbox, clock):
    answered(inbox, "1", "一")
    assert [inbox.spend(WHO) for _ in range(6)] == [True] * 5 + [False]
    answered(inbox, "2", "二")
    clock.tick(hours=47, minutes=59)
    assert inbox.spend(WHO)
    clock.tick(minutes=1)
    assert not inbox.spend(WHO)


def test_a_tap_buys_three_sends_in_a_minute_which_are_spent_first(inbox, clock):
    answered(inbox, "1", "一")
    inbox.receive("tap", WHO, "body", Contact.TAP)
    assert [inbox.spend(WHO) for _ in range(9)] == [True] * 8 + [False]
    inbox.receive("tap2", WHO, "body", Contact.TAP)
    clock.tick(seconds=61)
    assert not inbox.spend(WHO)


def test_those_to_whom_nothing_may_be_sent_do_not_hold_up_the_others(inbox, clock):
    for number in range(25):
        inbox.receive(f"old {number}", f"wechat-oOld_{number}", "body", Contact.NOTHING)
        inbox.claim(f"old {number}")
        inbox.finish(f"old {number}", Answer(("旧",)))
    answered(inbox, "1", "一", take=False)
    clock.tick(seconds=5)
    assert inbox.next_push().key == "1"


def test_an_answer_that_was_taken_for_nobody_goes_another_way(inbox, clock):
    answered(inbox, "1", "一")
    inbox.give_back("1")
    push = inbox.next_push()
    assert (push.key, push.parts, push.sent) == ("1", ("一",), 0)


def test_a_connection_that_is_gone_takes_nothing_away_from_the_next_delivery(inbox):
    answered(inbox, "1", "一", take=False)
    assert inbox.take("1", False, lambda: True) is None
    handed = inbox.take("1")
    assert (handed.text, handed.again) == ("一", False)


def test_a_process_that_does_not_know_whether_it_computes_may_begin_again(inbox):
    inbox.receive("k", WHO, "body", Contact.MESSAGE)
    assert inbox.claim("k") is Claim.OURS
    assert inbox.claim("k") is Claim.TAKEN_OVER


def test_a_long_answer_is_left_to_customer_service_messages_while_the_quota_lasts(inbox):
    answered(inbox, "1", "a" * 1500, "b" * 1500, take=False)
    assert inbox.take("1", push_long=True).text == ""
    assert len(inbox.next_push().parts) == 2
    for _ in range(4):
        inbox.spend(WHO)
    inbox.receive("ev", WHO, "body", Contact.NOTHING)
    inbox.claim("ev")
    inbox.finish("ev", Answer(("c" * 1500, "d" * 1500)))


def test_without_quota_a_long_answer_starts_in_the_reply(inbox):
    answered(inbox, "1", "a" * 1500, "b" * 1500, take=False)
    for _ in range(5):
        inbox.spend(WHO)
    assert inbox.take("1", push_long=True).text == "a" * 1500


def test_old_deliveries_are_forgotten_and_what_waits_is_kept(inbox, clock):
    answered(inbox, "1", "一")
    answered(inbox, "2", "二", who="wechat-oOther", take=False)
    clock.tick(hours=2)
    assert inbox.forget_old() == 1
    assert answered(inbox, "3", "三", who="wechat-oOther").text == "二\n\n三"
    clock.tick(hours=49)
    assert inbox.forget_old() == 2
