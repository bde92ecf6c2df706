"""Answer each message once, in the order of its conversation, whoever hangs up meanwhile."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage

from finlit import settings
from finlit.channels import web_history
from finlit.channels.heart import Heart
from finlit.channels.web_inbox import LEASE, Arrival, Entry, Inbox

logger = logging.getLogger(__name__)

PATIENCE = 25.0  # seconds until the page is told to look for the answer itself
LOOK_AGAIN = 0.1  # seconds

Handler = Callable[[UserMessage], Awaitable[Any]]


class NoModel(Exception):
    """This process can't answer anything: Rasa's agent would take the message and say nothing."""


class Turns:
    """Runs turns as tasks of their own: a page that goes away doesn't end the answer that it asked for."""

    def __init__(
        self, on_begin: Callable[[str], None], on_change: Callable[[str], None], clock: Callable[[], datetime]
    ) -> None:
        self._on_begin = on_begin
        self._on_change = on_change
        self._clock = clock
        self._running: set[asyncio.Task[bool]] = set()
        self._heart: Heart[tuple[Inbox, int]] = Heart(self._renew, LEASE.total_seconds() / 3)

    async def answer_once(self, agent: Agent, message: UserMessage, handler: Handler) -> bool:
        """Answer ``message`` unless that was done; return False when it takes longer than ``PATIENCE``.

        Raises what the turn raises; then nothing is stored and the message may come again.
        """
        task = asyncio.get_running_loop().create_task(self._claim_and_answer(agent, message, handler))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        done, _ = await asyncio.wait({task}, timeout=PATIENCE)
        if not done:
            task.add_done_callback(_log_failure)
            return False
        return task.result()

    async def _claim_and_answer(self, agent: Agent, message: UserMessage, handler: Handler) -> bool:
        inbox = Inbox(settings.load().database_url)
        name = str(message.message_id)
        entry = await asyncio.to_thread(inbox.enter, message.sender_id, name, self._clock())
        if entry.arrival is Arrival.RUNNING:
            return await self._wait_for(inbox, entry)
        if entry.arrival is not Arrival.DONE:
            await self._answer(inbox, entry, agent, message, handler)
        return True

    async def _wait_for(self, inbox: Inbox, entry: Entry) -> bool:
        """Wait for another request, perhaps in another process, that has the same message."""
        clock = asyncio.get_running_loop().time
        ends = clock() + LEASE.total_seconds()
        while clock() < ends:
            if await asyncio.to_thread(inbox.is_done, entry.number):
                return True
            await asyncio.sleep(LOOK_AGAIN)
        return False

    async def _answer(self, inbox: Inbox, entry: Entry, agent: Agent, message: UserMessage, handler: Handler) -> None:
        conversation = message.sender_id
        try:
            self._on_begin(conversation)
            await self._play(inbox, entry, agent, message, handler)
            await asyncio.to_thread(inbox.finish, entry.number, self._clock())
        except BaseException:
            await asyncio.to_thread(inbox.give_up, entry.number, self._clock())
            raise
        finally:
            self._on_change(conversation)

    async def _play(self, inbox: Inbox, entry: Entry, agent: Agent, message: UserMessage, handler: Handler) -> None:
        """Wait for what came before, then play the turn, with the claim held all the time."""
        claim = (inbox, entry.number)
        self._heart.beat_for(claim)
        try:
            while not (
                entry.is_next or await asyncio.to_thread(inbox.is_next, message.sender_id, entry.number, self._clock())
            ):
                await asyncio.sleep(LOOK_AGAIN)
            if entry.arrival is Arrival.NEW or not await self._is_stored(agent, message):
                if not agent.is_ready():
                    raise NoModel
                await handler(message)
        finally:
            self._heart.stop_for(claim)

    @staticmethod
    async def _is_stored(agent: Agent, message: UserMessage) -> bool:
        """Say whether a process that died had stored the whole turn: Rasa stores a turn at its end, at once."""
        turns = await web_history.read(agent, message.sender_id)
        return any(turn.get("id") == message.message_id for turn in turns)

    def _renew(self, claim: tuple[Inbox, int]) -> None:
        inbox, number = claim
        inbox.renew(number, self._clock())


def _log_failure(task: asyncio.Task[bool]) -> None:
    if not task.cancelled() and task.exception():
        logger.error("a web message could not be answered in the background", exc_info=task.exception())
