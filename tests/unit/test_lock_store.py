import asyncio
import time

import pytest
from rasa.core.lock_store import LockError, LockStore
from rasa.core.utils import AvailableEndpoints

from finlit import settings
from finlit.dialogue.lock_store import WakingLockStore


async def turn(store, name, turns, conversation="zhang", lasts=0.0, lifetime=60.0):
    async with store.lock(conversation, lifetime):
        turns.append(f"{name} begins")
        await asyncio.sleep(lasts)
        turns.append(f"{name} ends")


def test_turns_of_one_conversation_keep_their_order_and_never_overlap():
    async def play():
        store, turns = WakingLockStore(), []
        await asyncio.gather(*(turn(store, n, turns, lasts=0.003 if n % 2 else 0.0) for n in range(30)))
        return turns

    assert asyncio.run(play()) == [f"{n} {what}" for n in range(30) for what in ("begins", "ends")]


def test_the_next_turn_begins_as_soon_as_the_one_before_has_ended():
    began = time.monotonic()
    asyncio.run(asyncio.wait_for(_fifty(), 5))
    assert time.monotonic() - began < 0.5, "nobody waits for the next second"


async def _fifty():
    store, turns = WakingLockStore(), []
    await asyncio.gather(*(turn(store, n, turns) for n in range(50)))


def test_a_turn_that_fails_or_hangs_up_lets_the_next_one_go_on():
    async def play():
        store, turns = WakingLockStore(), []

        async def fails():
            async with store.lock("zhang"):
                await asyncio.sleep(0.01)
                raise ValueError

        failing = asyncio.create_task(fails())
        waiting = asyncio.create_task(turn(store, "hangs up", turns))
        last = asyncio.create_task(turn(store, "last", turns))
        await asyncio.sleep(0)
        waiting.cancel()
        began = time.monotonic()
        await last
        assert isinstance(failing.exception(), ValueError)
        return turns, time.monotonic() - began

    turns, seconds = asyncio.run(play())
    assert turns == ["last begins", "last ends"]
    assert seconds < 0.5


def test_conversations_do_not_wait_for_each_other():
    async def play():
        store, turns = WakingLockStore(), []
        slow = asyncio.create_task(turn(store, "slow", turns, lasts=0.2))
        await asyncio.sleep(0)
        await turn(store, "other", turns, conversation="li")
        assert turns == ["slow begins", "other begins", "other ends"]
        await slow

    asyncio.run(play())


def test_a_turn_that_never_ends_blocks_nobody_once_its_ticket_has_expired():
    async def play():
        store, turns = WakingLockStore(), []
        stuck = asyncio.create_task(turn(store, "stuck", turns, lasts=60, lifetime=0.3))
        await asyncio.sleep(0)
        await asyncio.wait_for(turn(store, "next", turns), 5)
        stuck.cancel()
        return turns

    assert asyncio.run(play()) == ["stuck begins", "next begins", "next ends"]


def test_a_ticket_that_expires_while_it_waits_is_refused_and_not_forgotten():
    async def play():
        store, turns = WakingLockStore(), []
        slow = asyncio.create_task(turn(store, "slow", turns, lasts=0.3))
        await asyncio.sleep(0)
        with pytest.raises(LockError):
            await asyncio.wait_for(turn(store, "too late", turns, lifetime=0.1), 5)
        await slow

    asyncio.run(play())


def test_no_lock_stays_in_memory_when_nobody_talks_any_more():
    async def play():
        store, turns = WakingLockStore(), []
        await asyncio.gather(*(turn(store, n, turns) for n in range(3)))
        return store

    store = asyncio.run(play())
    assert not store.conversation_locks and not store._waiting


def test_the_server_takes_it_from_endpoints_yml():
    endpoints = AvailableEndpoints.read_endpoints(str(settings.PROJECT_ROOT / "endpoints.yml"))
    assert isinstance(LockStore.create(endpoints.lock_store), WakingLockStore)
