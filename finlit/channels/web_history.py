"""What was said in a web conversation, read from the tracker store: the one truth that pages show."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from rasa.core.agent import Agent
from rasa.shared.core.events import BotUttered, Event, UserUttered

from finlit import settings
from finlit.accounts.binding import bound_customer
from finlit.channels.web_inbox import Pulse
from finlit.db import engine, tables

LONGEST = 200  # turns given at once; older ones stay on the server
SHARED_FOR = 2.0  # seconds
MOST_SHARED = 500

Turn = dict[str, Any]


def shown(text: str | None, buttons: Any, custom: Any) -> Turn:
    """Return what the client may see of a reply: titles, never payloads."""
    return {
        "text": text or "",
        "buttons": [{"title": str(button.get("title", ""))} for button in buttons or ()],
        "custom": dict(custom or {}),
    }


def turns_of(events: Iterable[Event]) -> list[Turn]:
    """Return the turns in order; ``n`` counts from 1 and stays, ``id`` is the client's name of its message."""
    turns: list[Turn] = []
    for event in events:
        if isinstance(event, UserUttered) and event.text:
            turn = {"from": "customer", "text": event.text, "id": event.message_id}
        elif isinstance(event, BotUttered):
            turn = {"from": "assistant", **shown(event.text, event.data.get("buttons"), event.data.get("custom"))}
        else:
            continue
        turns.append({"n": len(turns) + 1, "at": event.timestamp, **turn})
    return turns


async def read(agent: Agent, conversation: str) -> list[Turn]:
    """Return all turns of ``conversation``; raises when the store can't be read."""
    tracker = await agent.tracker_store.retrieve_full_tracker(conversation)
    return turns_of(tracker.events) if tracker else []


@dataclass(frozen=True)
class _Reading:
    pulse: Pulse
    at: float
    task: asyncio.Task[tuple[list[Turn], bool]]


class Readings:
    """Shares one reading of a conversation among whoever asks for it in the same moment: the sender and open pages."""

    def __init__(self) -> None:
        self._latest: OrderedDict[str, _Reading] = OrderedDict()

    async def read(self, agent: Agent, conversation: str, pulse: Pulse) -> tuple[list[Turn], bool]:
        """Return all turns, and whether it is known who is talking, not older than ``pulse``; raises as ``read``."""
        now = asyncio.get_running_loop().time()
        known = self._latest.get(conversation)
        if known is None or known.pulse != pulse or now - known.at > SHARED_FOR or _failed(known.task):
            known = _Reading(pulse, now, asyncio.create_task(_read_all(agent, conversation)))
            self._keep(conversation, known)
        return await asyncio.shield(known.task)

    def _keep(self, conversation: str, reading: _Reading) -> None:
        if reading.pulse.busy:  # a turn may be stored at any moment, and the pulse stays what it is
            self._latest.pop(conversation, None)
            return
        self._latest[conversation] = reading
        self._latest.move_to_end(conversation)
        if len(self._latest) > MOST_SHARED:
            self._latest.popitem(last=False)


async def _read_all(agent: Agent, conversation: str) -> tuple[list[Turn], bool]:
    return await read(agent, conversation), await asyncio.to_thread(bound_customer, conversation) is not None


def _failed(task: asyncio.Task[Any]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


def ratings(conversation: str) -> dict[int, int]:
    """Return which turns the customer rated: 1 for helpful, -1 for not."""
    rated = tables.AnswerFeedback
    with engine.sessions(settings.load().database_url)() as session:
        rows = session.query(rated.turn, rated.rating).filter(rated.conversation == conversation)
        return {row.turn: row.rating for row in rows}
