"""The desk on a real store that is slow, busy or crowded: a message that was acknowledged gets its answer."""

import asyncio
import sqlite3
import threading
from datetime import datetime, timedelta, timezone

import pytest

from finlit.channels import wechat_desk
from finlit.channels.deliveries import Answer, Contact, Inbox
from finlit.channels.wechat_desk import Desk, Task
from finlit.db import engine, tables

WHO = "wechat-oUser_1"


class SlowInbox(Inbox):
    """A store whose step ``slow`` takes until ``go_on`` is set; ``later`` is how far its clock is ahead."""

    slow, later = "", timedelta()

    def __init__(self, *arguments):
        super().__init__(*arguments, lambda: datetime.now(timezone.utc) + self.later)
        self.reached, self.go_on = threading.Event(), threading.Event()

    def _at(self, step):
        if step == self.slow:
            self.reached.set()
            assert self.go_on.wait(10)

    def receive(self, *arguments):
        self._at("receive")
        return super().receive(*arguments)

    def take(self, *arguments):
        self._at("take")
        return super().take(*arguments)


@pytest.fixture
def inbox(database_url):
    tables.Base.metadata.create_all(engine.engine_for(database_url))
    yield SlowInbox("one", lambda: database_url)
    engine.dispose(database_url)


async def answer_at_once(task):
    return Answer((f"«{task.text}»",))


def desk_of(inbox, compute=answer_at_once):
    async def is_urgent(text):
        return text == "救命"

    return Desk(inbox, compute, lambda name, **_: name, None, lambda _conversation: 0, is_urgent)


async def say(desk, text):
    return await desk.answer(Task(text, WHO, text, Contact.MESSAGE), "body")


@pytest.mark.parametrize("step", ["receive", "take"])
def test_who_is_gone_while_the_store_is_slow_gets_the_answer_with_the_next_reply(inbox, step):
    async def play():
        desk = desk_of(inbox)
        inbox.slow = step
        request = asyncio.create_task(say(desk, "一"))
        await asyncio.to_thread(inbox.reached.wait, 10)
        request.cancel()  # as Sanic does when the platform hangs up
        await asyncio.sleep(0.1)
        inbox.slow = ""
        inbox.go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await request
        await asyncio.sleep(0.5)
        inbox.later = timedelta(seconds=10)
        return await say(desk, "二")

    assert asyncio.run(play()) == "«一»\n\n«二»"


def test_a_reply_that_went_out_is_not_repeated_when_its_next_delivery_is_cut_off(inbox):
    async def play():
        desk = desk_of(inbox)
        assert await say(desk, "一") == "«一»"
        inbox.slow = "take"
        again = asyncio.create_task(say(desk, "一"))
        await asyncio.to_thread(inbox.reached.wait, 10)
        again.cancel()
        inbox.slow = ""
        inbox.go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await again
        return await say(desk, "二")

    assert asyncio.run(play()) == "«二»"


def test_the_next_delivery_carries_what_the_one_that_is_gone_could_not_and_nothing_comes_twice(inbox):
    async def play():
        desk = desk_of(inbox)
        inbox.slow = "take"
        first = asyncio.create_task(say(desk, "一"))
        await asyncio.to_thread(inbox.reached.wait, 10)
        second = asyncio.create_task(say(desk, "一"))
        await asyncio.sleep(0.3)
        first.cancel()
        await asyncio.sleep(0.1)
        inbox.slow = ""
        inbox.go_on.set()
        assert await second == "«一»"
        await asyncio.sleep(0.3)
        return await say(desk, "二")

    assert asyncio.run(play()) == "«二»"


def test_an_answer_outlives_a_store_that_is_busy_for_longer_than_a_statement_waits(inbox, database_url):
    busy = sqlite3.connect(database_url.removeprefix("sqlite:///"), check_same_thread=False, isolation_level=None)

    async def compute(task):
        if task.text == "一":
            busy.execute("BEGIN IMMEDIATE")  # somebody else writes
            threading.Timer(3.5, busy.rollback).start()
        return await answer_at_once(task)

    async def play():
        desk = desk_of(inbox, compute)
        first = await say(desk, "一")
        await asyncio.sleep(1)
        inbox.later = timedelta(seconds=10)
        return [first, await say(desk, "二")]

    assert asyncio.run(play()) in (["«一»", "«二»"], ["utter_wechat_wait", "«一»\n\n«二»"])
    busy.close()


def test_a_message_behind_slow_ones_is_not_given_up(inbox, monkeypatch):
    monkeypatch.setattr(wechat_desk, "COMPUTE_WITHIN", 0.6)

    async def compute(task):
        await asyncio.sleep(0.5)
        return await answer_at_once(task)

    async def play():
        desk = desk_of(inbox, compute)
        requests = []
        for text in "一二三":
            requests.append(asyncio.create_task(say(desk, text)))
            await asyncio.sleep(0.05)
        return await asyncio.gather(*requests)

    assert asyncio.run(play()) == ["«一»", "«二»", "«三»"]


def test_however_many_there_are_danger_and_what_was_taken_before_get_their_answer(inbox, monkeypatch):
    async def play():
        desk = desk_of(inbox)
        taken = await say(desk, "一")
        monkeypatch.setattr(wechat_desk, "MOST_AT_ONCE", 0)
        return [taken, await say(desk, "一"), await say(desk, "救命"), await say(desk, "二")]

    assert asyncio.run(play()) == ["«一»", "«一»", "«救命»", "utter_wechat_slow"]


def test_who_hung_up_before_the_message_was_stored_has_lost_nothing(inbox):
    async def play():
        desk = desk_of(inbox)
        await desk.reply_lost("never stored")
        return await say(desk, "一")

    assert asyncio.run(play()) == "«一»"
