"""The conversations' store: the same conversation as stock Rasa's, refused turns while it is down, old ones purged."""

import asyncio
import json
import time

import pytest
from rasa.core.agent import Agent
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy import event, text

from finlit.db import conversation_events, engine
from finlit.dialogue import processor
from finlit.dialogue.tracker_store import LEAVE_ALONE, ConversationsDown, ConversationStore
from tests.postgresql import on_postgresql

pytestmark = pytest.mark.stops_postgresql

DAY = 86_400.0
DOMAIN = Domain.from_dict({"slots": {"loan": {"type": "any", "mappings": [{"type": "custom"}]}}})


@pytest.fixture
def url(database_url):
    yield database_url
    engine.dispose(database_url)


@pytest.fixture
def store(url):
    return ConversationStore(DOMAIN, url=url)


def now(coroutine):
    return asyncio.run(coroutine)


def session(at, loan=None):
    """One session as Rasa stores it: begun, something said, something learned."""
    events = [ActionExecuted("action_session_start", timestamp=at), SessionStarted(timestamp=at)]
    events += [ActionExecuted("action_listen", timestamp=at), UserUttered("怎么还款", timestamp=at)]
    events += [SlotSet("loan", loan, timestamp=at)] if loan else []
    return [*events, BotUttered("在 App 里还", timestamp=at), ActionExecuted("action_listen", timestamp=at)]


def spoken(sender, *sessions):
    return DialogueStateTracker.from_events(sender, [each for events in sessions for each in events], DOMAIN.slots)


async def in_turns(store, sender, *sessions):
    """Store ``sessions`` one turn after the other, as a server does."""
    for events in sessions:
        tracker = await store.get_or_create_tracker(sender, append_action_listen=False)
        for each in events:
            tracker.update(each)
        await store.save(tracker)


class Statements(list):
    """The statements that a database is sent."""

    def __init__(self, target):
        event.listen(target, "before_cursor_execute", lambda *told: self.append((told[2].split()[0], told[5])))


@pytest.mark.both_engines
def test_a_conversation_comes_back_as_from_stock_rasa(url, store, tmp_path):
    stock = SQLTrackerStore(DOMAIN, db=str(tmp_path / "stock.db"))
    talk = [session(100.0, "甲"), session(200.0), session(300.0, "乙")]
    for each in (store, stock):
        now(in_turns(each, "web-a", *talk))
    for ours, theirs in (
        (now(store.retrieve("web-a")), now(stock.retrieve("web-a"))),
        (now(store.retrieve_full_tracker("web-a")), now(stock.retrieve_full_tracker("web-a"))),
    ):
        assert ours.applied_events() == theirs.applied_events()
        assert ours.current_slot_values() == theirs.current_slot_values()
    assert len(now(store.retrieve("web-a")).events) < len(now(store.retrieve_full_tracker("web-a")).events) / 2
    assert now(store.retrieve("web-b")) is None
    assert now(store.keys()) == ["web-a"]


@pytest.mark.both_engines
def test_a_turn_is_one_query_and_one_insert(url, store):
    now(in_turns(store, "web-a", session(100.0)))
    statements = Statements(engine.engine_for(url))
    now(in_turns(store, "web-a", session(200.0)))
    assert statements == [("SELECT", False), ("INSERT", True)]


@pytest.mark.both_engines
def test_of_two_processes_that_go_on_from_the_same_place_one_can_write(url, store):
    now(in_turns(store, "web-a", session(100.0)))
    other = ConversationStore(DOMAIN, url=url)
    mine, theirs = now(store.retrieve("web-a")), now(other.retrieve("web-a"))
    mine.update(SlotSet("loan", "甲"))
    theirs.update(SlotSet("loan", "乙"))
    now(store.save(mine))
    with pytest.raises(conversation_events.WrittenMeanwhile):
        now(other.save(theirs))
    assert now(other.retrieve("web-a")).get_slot("loan") == "甲"


@pytest.mark.both_engines
def test_a_conversation_is_told_in_its_own_words(url, store):
    """Whatever can be typed comes back as it was typed, lone surrogates and NUL included."""
    for strange in ("a\x00b", "\ud800", "😭", "'; DROP TABLE conversation_events;--"):
        now(in_turns(store, f"web-{hash(strange)}", [UserUttered(strange)]))
        assert now(store.retrieve(f"web-{hash(strange)}")).latest_message.text == strange


def test_a_store_that_is_down_raises_at_once_the_second_time_and_recovers(tmp_path):
    file = tmp_path / "talk.db"
    clock = [0.0]
    store = ConversationStore(DOMAIN, url=f"sqlite:///{file}", clock=lambda: clock[0])
    now(in_turns(store, "web-a", session(100.0, "甲")))
    file.rename(tmp_path / "kept")
    tracker = DialogueStateTracker("web-a", DOMAIN.slots)
    tracker.update(SlotSet("loan", "乙"))
    for work in (store.retrieve("web-a"), store.retrieve_full_tracker("web-a"), store.save(tracker), store.keys()):
        with pytest.raises(ConversationsDown):
            now(work)
    assert not file.exists(), "an empty file in its place would have forgotten everybody"
    (tmp_path / "kept").rename(file)
    with pytest.raises(ConversationsDown):
        now(store.retrieve("web-a"))  # it was asked a moment ago
    clock[0] += LEAVE_ALONE
    assert now(store.retrieve("web-a")).get_slot("loan") == "甲"


def test_a_locked_file_refuses_the_turn_and_loses_nothing(tmp_path):
    url = f"sqlite:///{tmp_path / 'talk.db'}"
    store = ConversationStore(DOMAIN, url=url)
    now(in_turns(store, "web-a", session(100.0, "甲")))
    with engine.engine_for(url).connect() as other:
        other.exec_driver_sql("BEGIN IMMEDIATE")
        started = time.monotonic()
        with pytest.raises(ConversationsDown):
            now(in_turns(store, "web-a", session(200.0, "乙")))
        assert time.monotonic() - started < 5
        other.rollback()
    time.sleep(LEAVE_ALONE)
    now(in_turns(store, "web-a", session(300.0, "丙")))
    whole = now(store.retrieve_full_tracker("web-a"))
    assert [each.value for each in whole.events if isinstance(each, SlotSet)] == ["甲", "丙"]


@on_postgresql
def test_postgresql_may_be_away_when_the_store_is_made_and_when_it_is_used(url, server):
    server.stop()
    store = ConversationStore(DOMAIN, url=url)  # a server must be able to start
    started = time.monotonic()
    with pytest.raises(ConversationsDown):
        now(store.retrieve("web-a"))
    assert time.monotonic() - started < 4
    server.start()
    time.sleep(LEAVE_ALONE)
    now(in_turns(store, "web-a", session(100.0, "甲")))
    server.stop()
    with pytest.raises(ConversationsDown):
        now(in_turns(store, "web-a", session(200.0)))
    server.start()
    time.sleep(LEAVE_ALONE)
    assert now(store.retrieve("web-a")).get_slot("loan") == "甲"


def test_rasa_s_agent_lets_the_failure_through(tmp_path):
    processor.install()
    agent = Agent(DOMAIN, tracker_store=ConversationStore(url=f"sqlite:///{tmp_path / 'talk.db'}"))
    assert type(agent.tracker_store) is ConversationStore
    now(agent.tracker_store.get_or_create_tracker("web-a"))
    (tmp_path / "talk.db").unlink()
    with pytest.raises(ConversationsDown):
        now(agent.tracker_store.get_or_create_tracker("web-a"))


@pytest.mark.both_engines
def test_old_conversations_go_and_one_that_goes_on_keeps_what_is_known(url, store):
    now(in_turns(store, "wechat-over", session(1 * DAY), session(2 * DAY)))
    now(in_turns(store, "wechat-on", session(1 * DAY, "甲"), session(300 * DAY, "乙"), session(301 * DAY)))
    now(in_turns(store, "web-on", session(1 * DAY), session(300 * DAY)))
    now(in_turns(store, "wechat-one-session", session(1 * DAY, "甲")))
    tracker = now(store.retrieve("wechat-one-session"))
    tracker.update(UserUttered("还在吗", timestamp=300 * DAY))
    now(store.save(tracker))
    kept = now(store.retrieve("wechat-on")).applied_events()
    numbered = len(now(store.retrieve_full_tracker("web-on")).events)
    purged = conversation_events.purge(engine.engine_for(url), 120 * DAY)
    assert purged.conversations == 1
    assert sorted(now(store.keys())) == ["web-on", "wechat-on", "wechat-one-session"]
    times = {each.timestamp for each in now(store.retrieve_full_tracker("wechat-on")).events}
    assert times == {300 * DAY, 301 * DAY}
    assert now(store.retrieve("wechat-on")).applied_events() == kept
    assert now(store.retrieve("wechat-one-session")).get_slot("loan") == "甲", "its session is not over"
    assert len(now(store.retrieve_full_tracker("web-on")).events) == numbered, "pages count the turns"
    now(in_turns(store, "wechat-on", session(302 * DAY)))  # and it goes on


def test_purged_words_are_gone_from_the_file(tmp_path):
    url = f"sqlite:///{tmp_path / 'talk.db'}"
    store = ConversationStore(DOMAIN, url=url)
    secret = json.dumps("怎么还款").strip('"').encode()
    now(in_turns(store, "wechat-a", *(session(float(n)) for n in range(1, 41))))
    assert secret in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert conversation_events.purge(engine.engine_for(url), DAY).conversations == 1
    left = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert secret not in left


@pytest.mark.both_engines
def test_many_conversations_are_purged_in_portions(url, store, monkeypatch):
    monkeypatch.setattr(conversation_events, "PURGED_AT_ONCE", 3)
    for number in range(10):
        now(in_turns(store, f"wechat-{number}", session(1.0)))
    assert conversation_events.purge(engine.engine_for(url), DAY).conversations == 10
    with engine.engine_for(url).connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM conversation_events")).scalar() == 0
    engine.dispose(url)
