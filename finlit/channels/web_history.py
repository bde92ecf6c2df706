"""What was said in a web conversation, read from the tracker store: the one truth that pages show."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rasa.core.agent import Agent
from rasa.shared.core.events import BotUttered, Event, UserUttered

from finlit import settings
from finlit.db import engine, tables

LONGEST = 200  # turns given at once; older ones stay on the server

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


def ratings(conversation: str) -> dict[int, int]:
    """Return which turns the customer rated: 1 for helpful, -1 for not."""
    rated = tables.AnswerFeedback
    with engine.sessions(settings.load().database_url)() as session:
        rows = session.query(rated.turn, rated.rating).filter(rated.conversation == conversation)
        return {row.turn: row.rating for row in rows}
