"""Where Rasa keeps conversations: one that is down refuses the turn, nothing is forgotten, and it recovers by itself.

Stock Rasa wraps every store so that a failing one looks empty: the turn goes on without what was said before, is
kept in one process's memory and lost with it. Here the failure reaches the channel, which apologises
(``finlit.dialogue.without_store``). The stock SQL store also waits for its database within the event loop when
the server starts, reads the events twice a turn and writes them row by row.

Configured in ``endpoints.yml`` by its module path; the address is the setting ``TRACKER_DATABASE``.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any, TypeVar

from rasa.core.agent import Agent
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import InMemoryTrackerStore, TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from finlit import request_id, settings
from finlit.db import conversation_events, engine

logger = logging.getLogger(__name__)

AT_ONCE = 8  # threads that may wait for the database: others of this process don't wait with them
LEAVE_ALONE = 1.0  # seconds after a failure in which nobody waits for the database again
_MARK = "finlit_stored"  # on a tracker: what of it is stored

T = TypeVar("T")


class ConversationsDown(Exception):
    """The store can't be read or written: the turn must be refused. It may work again a second later."""


@dataclass(frozen=True)
class _Mark:
    events: int  # how many of the tracker's events are stored
    last: int  # the place of the last one in the conversation


class ConversationStore(TrackerStore):
    """Conversations in ``finlit.db.conversation_events``; every method may raise ConversationsDown."""

    def __init__(
        self,
        domain: Domain | None = None,
        event_broker: EventBroker | None = None,
        url: str | None = None,
        clock: Callable[[], float] = time.monotonic,
        **_rasa: Any,  # Rasa passes ``host`` for whatever endpoints.yml gives as ``url``
    ) -> None:
        """Make a store without touching the database, so that a server starts while its database is down."""
        super().__init__(domain, event_broker)
        self._url = url or settings.load().tracker_database
        self._clock = clock
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="conversations")
        self._has_table = False
        self._down_until = 0.0

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """Return the conversation since its last session began, None for one that was never stored."""
        return self._tracker(sender_id, await self._do(conversation_events.session_of, sender_id))

    async def retrieve_full_tracker(self, conversation_id: str) -> DialogueStateTracker | None:
        """Return the conversation with all its sessions."""
        return self._tracker(conversation_id, await self._do(conversation_events.all_of, conversation_id))

    async def said(self, conversation_id: str) -> list[dict[str, Any]]:
        """Return what both sides said in all sessions, as the events' plain data: a page needs no tracker."""
        return [json.loads(each) for each in await self._do(conversation_events.said_in, conversation_id)]

    async def keys(self) -> Iterable[str]:
        """Return the names of all conversations."""
        return await self._do(conversation_events.senders)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Store what is new. Raises WrittenMeanwhile when another process has gone on with the conversation."""
        mark = getattr(tracker, _MARK, None)
        if mark is None and not tracker.events:
            return  # a conversation that begins: its first turn is stored when it is over
        if mark is None:
            stored = await self._do(conversation_events.session_of, tracker.sender_id)
            mark = _Mark(len(stored.data), stored.last)
        new = list(tracker.events)[mark.events :]
        if not new:
            return
        rows, request = [_row(event) for event in new], request_id.current()
        last = await self._do(conversation_events.append, tracker.sender_id, mark.last, rows, request)
        setattr(tracker, _MARK, _Mark(len(tracker.events), last))
        if self.event_broker is not None:
            await self._stream_new_events(self.event_broker, new, tracker.sender_id)

    async def forget(self, sender_id: str) -> None:
        """Delete the conversation, its bytes too."""
        await self._in_thread(lambda: conversation_events.delete(self._engine(), sender_id))

    def _tracker(self, sender: str, stored: conversation_events.Stored) -> DialogueStateTracker | None:
        if not stored.data:
            return None
        events = [json.loads(each) for each in stored.data]
        tracker = DialogueStateTracker.from_dict(sender, events, self.domain.slots)
        setattr(tracker, _MARK, _Mark(len(tracker.events), stored.last))
        return tracker

    async def _do(self, work: Callable[..., T], *arguments: Any) -> T:
        """Run ``work(connection, *arguments)`` in a transaction, in a thread."""

        def transaction() -> T:
            with self._engine().begin() as connection:
                return work(connection, *arguments)

        return await self._in_thread(transaction)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        """Run ``work``; raises ConversationsDown for any failure of the database, at once while it is known to be down."""

        def guarded() -> T:
            if self._clock() < self._down_until:
                raise ConversationsDown("the conversations' database failed a moment ago")
            try:
                return work()
            except (SQLAlchemyError, OSError) as error:
                self._down_until = self._clock() + LEAVE_ALONE
                reason = str(getattr(error, "orig", None) or error).strip().splitlines()
                logger.error("the conversations' database failed: %s %s", type(error).__name__, reason[:1])
                raise ConversationsDown("the conversations' database failed") from error

        context = copy_context()
        return await asyncio.get_running_loop().run_in_executor(self._threads, context.run, guarded)

    def _engine(self) -> Engine:
        """Return the engine of a database that has the table. A table or file that was there is never made anew:
        an empty one in its place would forget everybody.
        """
        found = engine.engine_for(self._url)
        if not self._has_table:
            conversation_events.create(found)
            self._has_table = True
        elif conversation_events.is_away(found):
            raise FileNotFoundError("the conversations' file is gone")
        return found


def _row(event: Event) -> conversation_events.Event:
    return conversation_events.Event(event.type_name, event.timestamp, json.dumps(event.as_dict()))


def _unwrapped(store: TrackerStore | None, domain: Domain | None) -> TrackerStore:
    """Return ``store`` as it is, where Rasa's agent would wrap it into one that hides its failures."""
    if store is None:
        return InMemoryTrackerStore(domain)
    store.domain = domain
    return store


def install() -> None:
    """Let failures of the store reach the channels; raises RuntimeError when Rasa's agent has changed."""
    if not hasattr(Agent, "_create_tracker_store"):
        raise RuntimeError("Agent._create_tracker_store is gone: check finlit/dialogue/tracker_store.py")
    Agent._create_tracker_store = staticmethod(_unwrapped)  # type: ignore[method-assign,assignment]
