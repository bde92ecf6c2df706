"""The web chat's claims and limits on a real database, as several processes share them."""

import threading
from datetime import timedelta

import pytest

from finlit.channels.limits import Allowance, DatabaseLimiter
from finlit.channels.web_inbox import LEASE, Arrival, Inbox
from finlit.db import engine, tables
from tests.conftest import NOW

pytestmark = pytest.mark.both_engines


@pytest.fixture
def url(settings):
    tables.Base.metadata.create_all(engine.engine_for(settings.database_url))
    return settings.database_url


def test_a_message_that_comes_again_is_known_by_its_name(url):
    inbox = Inbox(url)
    first = inbox.enter("web-a", "name-1", NOW)
    assert first.arrival is Arrival.NEW
    assert inbox.enter("web-a", "name-1", NOW).arrival is Arrival.RUNNING
    inbox.finish(first.number, NOW)
    assert inbox.enter("web-a", "name-1", NOW).arrival is Arrival.DONE
    assert inbox.enter("web-b", "name-1", NOW).arrival is Arrival.NEW, "names belong to a conversation"


def test_a_message_whose_process_died_is_taken_over_by_one_only(url):
    inbox = Inbox(url)
    inbox.enter("web-a", "name-1", NOW)
    later = NOW + LEASE + timedelta(seconds=1)
    arrivals = [inbox.enter("web-a", "name-1", later).arrival for _ in range(3)]
    assert arrivals == [Arrival.AGAIN, Arrival.RUNNING, Arrival.RUNNING]


def test_a_renewed_claim_is_not_taken_over_and_one_given_up_is_at_once(url):
    inbox = Inbox(url)
    entry = inbox.enter("web-a", "name-1", NOW)
    inbox.renew(entry.number, NOW + LEASE)
    assert inbox.enter("web-a", "name-1", NOW + LEASE * 1.5).arrival is Arrival.RUNNING
    inbox.give_up(entry.number, NOW + LEASE * 1.5)
    assert inbox.enter("web-a", "name-1", NOW + LEASE * 1.5).arrival is Arrival.AGAIN


def test_the_second_message_waits_for_the_first_but_not_for_a_dead_one(url):
    inbox = Inbox(url)
    first, second = inbox.enter("web-a", "name-1", NOW), inbox.enter("web-a", "name-2", NOW)
    other = inbox.enter("web-b", "name-3", NOW)
    assert [each.is_next for each in (first, second, other)] == [True, False, True]
    assert inbox.is_next("web-a", first.number, NOW) and inbox.is_next("web-b", other.number, NOW)
    assert not inbox.is_next("web-a", second.number, NOW)
    assert inbox.is_next("web-a", second.number, NOW + LEASE)
    inbox.finish(first.number, NOW)
    assert inbox.is_next("web-a", second.number, NOW)


def test_a_message_enters_only_behind_what_entered_before_it(url, monkeypatch):
    """Else two processes could each find that theirs is the next one."""
    inbox, begun, may_commit = Inbox(url), threading.Event(), threading.Event()
    slow = Inbox(url)
    execute = slow._sessions.class_.execute

    def execute_and_wait(session, statement, *arguments, **more):
        found = execute(session, statement, *arguments, **more)
        if threading.current_thread().name == "slow" and str(statement).startswith("INSERT"):
            begun.set()
            may_commit.wait(5)
        return found

    monkeypatch.setattr(slow._sessions.class_, "execute", execute_and_wait)
    numbers = {}

    def enter(each, name):
        numbers[name] = each.enter("web-a", name, NOW).number

    threads = [
        threading.Thread(target=enter, args=(slow, "name-1"), name="slow"),
        threading.Thread(target=enter, args=(inbox, "name-2")),
    ]
    threads[0].start()
    assert begun.wait(5)
    threads[1].start()
    threads[1].join(0.5)
    assert "name-2" not in numbers, "the first one is not to be seen yet"
    may_commit.set()
    for thread in threads:
        thread.join()
    assert numbers["name-1"] < numbers["name-2"]
    assert not inbox.is_next("web-a", numbers["name-2"], NOW)


def test_pages_see_a_pulse_that_changes_with_whatever_happens(url):
    inbox = Inbox(url)
    assert inbox.pulses(["web-a"], NOW) == {}
    entry = inbox.enter("web-a", "name-1", NOW)
    started = inbox.pulses(["web-a", "web-b"], NOW)
    assert list(started) == ["web-a"] and started["web-a"].busy
    inbox.finish(entry.number, NOW)
    finished = inbox.pulses(["web-a"], NOW)["web-a"]
    assert finished != started["web-a"] and not finished.busy
    inbox.announce("web-a", NOW)
    assert inbox.pulses(["web-a"], NOW)["web-a"] != finished


def test_many_at_once_claim_each_message_exactly_once(url):
    arrivals = []

    def enter():
        arrivals.extend(Inbox(url).enter("web-a", f"name-{number}", NOW).arrival for number in range(20))

    threads = [threading.Thread(target=enter) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert arrivals.count(Arrival.NEW) == 20 and len(arrivals) == 80


def test_a_limit_is_shared_counts_each_key_alone_and_recovers(url):
    one, other = DatabaseLimiter(url, "secret"), DatabaseLimiter(url, "secret")
    mine, yours = [Allowance("session:a", 4)], [Allowance("session:b", 4)]
    start = 1_000_000 * 60.0
    waits = [limiter.wait(mine, start + 1) for limiter in (one, other, one, other, one)]
    assert waits[:4] == [0, 0, 0, 0] and waits[4] > 0, "two processes count together"
    assert other.wait(yours, start + 1) == 0
    assert one.wait(mine, start + 59) > 0
    assert one.wait(mine, start + 1 + waits[4]) == 0, "the wait that was told is enough"


def test_what_was_refused_counts_for_nobody(url):
    limiter = DatabaseLimiter(url, "secret")
    both = [Allowance("session:a", 1), Allowance("address:x", 3)]
    assert limiter.wait(both, 60.0) == 0
    assert all(limiter.wait(both, 61.0) for _ in range(5))
    assert limiter.wait([Allowance("address:x", 3)], 62.0) == 0


def test_counters_hold_no_address_and_old_ones_go(url):
    limiter = DatabaseLimiter(url, "secret")
    for second in range(0, 300 * 60, 60):
        limiter.wait([Allowance("address:203.0.113.9", 5)], float(second))
    with engine.sessions(url)() as session:
        keys = [row.key for row in session.query(tables.RateCounter)]
    assert len(keys) < 100 and not any("203" in key and "." in key for key in keys)
