"""Each message is answered once and in order, whoever hangs up, fails or dies meanwhile."""

import asyncio
from datetime import datetime, timedelta, timezone

import pytest
from rasa.core.channels.channel import UserMessage
from rasa.shared.core.events import UserUttered

from finlit.channels.web_inbox import LEASE, Inbox
from finlit.channels.web_turns import NoModel, Turns
from finlit.db import engine, tables


class Store:
    """A tracker store with one conversation; what it holds is what a dead process had stored."""

    def __init__(self):
        self.events = []
        self.tracker_store = self
        self.has_model = True

    def is_ready(self):
        return self.has_model

    async def retrieve_full_tracker(self, _conversation):
        return self


class Assistant:
    """Answers after a moment and stores the turn at its end, as Rasa does."""

    def __init__(self, store, seconds=0.05):
        self.store = store
        self.seconds = seconds
        self.answered = []

    async def __call__(self, message):
        await asyncio.sleep(self.seconds)
        self.answered.append(message.text)
        self.store.events.append(UserUttered(message.text, message_id=message.message_id))


@pytest.fixture
def inbox(settings):
    tables.Base.metadata.create_all(engine.engine_for(settings.database_url))
    return Inbox(settings.database_url)


@pytest.fixture
def store(inbox):
    return Store()


@pytest.fixture
def assistant(store):
    return Assistant(store)


def clock():
    return datetime.now(timezone.utc)


def turns(changes=None):
    changes = changes if changes is not None else []
    return Turns(lambda who: changes.append(f"{who} begins"), lambda who: changes.append(f"{who} has news"), clock)


def message(text, name=None):
    return UserMessage(text, None, "web-a", message_id=name or f"name-of-{text}")


def test_a_message_that_comes_twice_at_once_is_answered_once_and_both_hear_of_it(store, assistant):
    one, other = turns(), turns()

    async def play():
        return await asyncio.gather(*(each.answer_once(store, message("a"), assistant) for each in (one, other, one)))

    assert asyncio.run(play()) == [True, True, True]
    assert assistant.answered == ["a"]


def test_quick_messages_are_answered_in_the_order_of_their_arrival_in_any_process(store, assistant):
    one, other = turns(), turns()

    async def play():
        asked = []
        for number, each in enumerate((one, other, one, other)):
            asked.append(asyncio.ensure_future(each.answer_once(store, message(f"message-{number}"), assistant)))
            await asyncio.sleep(0.02)
        await asyncio.gather(*asked)

    asyncio.run(play())
    assert assistant.answered == [f"message-{number}" for number in range(4)]


def test_a_page_that_goes_away_gets_its_answer_all_the_same(store, assistant):
    each = turns()

    async def play():
        asked = asyncio.ensure_future(each.answer_once(store, message("a"), assistant))
        await asyncio.sleep(0.03)
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
        return await each.answer_once(store, message("a"), assistant)

    assert asyncio.run(play()) is True
    assert assistant.answered == ["a"]


def test_a_turn_that_failed_may_come_again_at_once(store, assistant):
    async def fail(_message):
        raise RuntimeError("the store is down")

    async def play():
        with pytest.raises(RuntimeError):
            await turns().answer_once(store, message("a"), fail)
        return await turns().answer_once(store, message("a"), assistant)

    assert asyncio.run(play()) is True
    assert assistant.answered == ["a"]


def test_a_process_without_a_model_keeps_nothing_from_being_answered_later(store, assistant):
    async def play():
        store.has_model = False
        with pytest.raises(NoModel):
            await turns().answer_once(store, message("a"), assistant)
        store.has_model = True
        return await turns().answer_once(store, message("a"), assistant)

    assert asyncio.run(play()) is True
    assert assistant.answered == ["a"]


@pytest.mark.parametrize("was_stored", [True, False])
def test_what_a_dead_process_had_stored_is_not_answered_again(inbox, store, assistant, was_stored):
    inbox.enter("web-a", "name-of-a", clock() - LEASE - timedelta(seconds=1))
    if was_stored:
        store.events.append(UserUttered("a", message_id="name-of-a"))
    assert asyncio.run(turns().answer_once(store, message("a"), assistant)) is True
    assert assistant.answered == ([] if was_stored else ["a"])


def test_an_answer_that_takes_long_keeps_its_claim(store, assistant, monkeypatch):
    monkeypatch.setattr("finlit.channels.web_turns.LEASE", timedelta(seconds=0.3))
    monkeypatch.setattr("finlit.channels.web_inbox.LEASE", timedelta(seconds=0.3))
    assistant.seconds = 1.0

    async def play():
        first = asyncio.ensure_future(turns().answer_once(store, message("a"), assistant))
        await asyncio.sleep(0.6)
        return await turns().answer_once(store, message("a"), assistant), await first

    asyncio.run(play())
    assert assistant.answered == ["a"]


def test_open_pages_hear_of_the_beginning_and_of_the_end(store, assistant):
    changes = []
    asyncio.run(turns(changes).answer_once(store, message("a"), assistant))
    assert changes == ["web-a begins", "web-a has news"]
