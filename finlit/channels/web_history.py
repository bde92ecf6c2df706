"""What was said in a web conversation, read from the tracker store: the one truth that pages show."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rasa.core.agent import Agent
from rasa.shared.core.events import BotUttered, UserUttered
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from finlit import settings
from finlit.accounts.binding import customer_of
from finlit.channels.web_inbox import STILL, Pulse, pulses
from finlit.db import engine
from finlit.db.tables import AnswerFeedback
from finlit.dialogue.tracker_store import ConversationStore

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


def turns_of(events: Iterable[Mapping[str, Any]]) -> list[Turn]:
    """Return the turns in order; ``n`` counts from 1 and stays, ``id`` is the client's name of its message.

    ``events`` are plain data, as Rasa stores them.
    """
    turns: list[Turn] = []
    for event in events:
        if event["event"] == UserUttered.type_name and event.get("text"):
            turn = {"from": "customer", "text": event["text"], "id": event.get("message_id")}
        elif event["event"] == BotUttered.type_name:
            data = event.get("data") or {}
            turn = {"from": "assistant", **shown(event.get("text"), data.get("buttons"), data.get("custom"))}
        else:
            continue
        turns.append({"n": len(turns) + 1, "at": event["timestamp"], **turn})
    return turns


async def read(agent: Agent, conversation: str) -> list[Turn]:
    """Return all turns of ``conversation``; raises when the store can't be read."""
    store = agent.tracker_store
    if isinstance(store, ConversationStore):
        return turns_of(await store.said(conversation))
    tracker = await store.retrieve_full_tracker(conversation)
    return turns_of(event.as_dict() for event in tracker.events) if tracker else []


@dataclass(frozen=True)
class _Reading:
    pulse: Pulse
    at: float
    task: asyncio.Task[list[Turn]]


class Readings:
    """Shares one reading of a conversation among whoever asks for it in the same moment: the sender and open pages."""

    def __init__(self) -> None:
        self._latest: OrderedDict[str, _Reading] = OrderedDict()

    async def read(self, agent: Agent, conversation: str, pulse: Pulse) -> list[Turn]:
        """Return all turns, not older than ``pulse``; raises as ``read``."""
        now = asyncio.get_running_loop().time()
        known = self._latest.get(conversation)
        if known is None or known.pulse != pulse or now - known.at > SHARED_FOR or _failed(known.task):
            known = _Reading(pulse, now, asyncio.create_task(read(agent, conversation)))
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


def _failed(task: asyncio.Task[Any]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


@dataclass(frozen=True)
class Standing:
    """What the database knows of a conversation; ``rated`` are turns: 1 for helpful, -1 for not."""

    pulse: Pulse
    is_verified: bool
    rated: dict[int, int]


_RATED = select(AnswerFeedback.turn, AnswerFeedback.rating).where(
    AnswerFeedback.conversation == bindparam("of_conversation")
)


def standing(conversation: str, now: datetime, with_ratings: bool) -> Standing:
    """Read all of it on one connection, the pulse first: what is read after it is as new as it says, or newer."""
    with engine.sessions(settings.load().database_url)() as session:
        pulse = pulses(session, [conversation], now).get(conversation, STILL)
        is_verified = customer_of(session, conversation) is not None
        return Standing(pulse, is_verified, _ratings(session, conversation) if with_ratings else {})


def _ratings(session: Session, conversation: str) -> dict[int, int]:
    rows = session.execute(_RATED, {"of_conversation": conversation})
    return {row.turn: row.rating for row in rows}
