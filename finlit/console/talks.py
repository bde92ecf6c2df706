"""What was said to customers and by them, read from the tracker store; masked once more on the way out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from finlit.db import conversation_events, engine
from finlit.privacy import mask

MOST_EVENTS = 200_000
NOT_A_MISS = frozenset({"crisis"})


class OutOfReach(RuntimeError):
    """The conversations can't be read just now."""


@dataclass(frozen=True)
class Turn:
    """One thing said: ``n`` counts both sides from 1, as the web chat numbers its turns."""

    n: int
    conversation: str
    channel: str
    at: datetime
    customer: bool
    text: str
    intent: str = ""
    kind: str = ""  # answered | asked | refused | trouble, of a customer's turn
    candidates: tuple[str, ...] = ()
    tapped: bool = False
    answer: str = ""


@dataclass
class Talk:
    """A conversation in its order."""

    conversation: str
    turns: list[Turn] = field(default_factory=list)


def _events(
    tracker_database: str, since: datetime, conversation: str | None
) -> Iterator[tuple[str, int | None, dict[str, Any]]]:
    """Yield (conversation, number, event); without a number each turn follows the one before."""
    target = engine.engine_for(tracker_database)
    if conversation_events.is_away(target):
        return
    try:
        with target.connect() as connection:
            if not conversation_events.has_begun(connection):
                return
            if conversation:
                for data in conversation_events.all_of(connection, conversation).data:
                    yield conversation, None, json.loads(data)
            else:
                for sender, number, data in conversation_events.said_since(connection, since.timestamp(), MOST_EVENTS):
                    yield sender, number, json.loads(data)
    except SQLAlchemyError as fault:
        raise OutOfReach from fault


def read(tracker_database: str, since: datetime, conversation: str | None = None) -> list[Talk]:
    """Return the conversations with something said since then (or one of them whole), each in order; raises OutOfReach."""
    talks: dict[str, Talk] = {}
    for sender, number, event in _events(tracker_database, since, conversation):
        talk = talks.setdefault(sender, Talk(sender))
        turn = _turn(event, sender, number or len(talk.turns) + 1)
        if turn is not None:
            talk.turns.append(turn)
    return list(talks.values())


def _turn(event: dict[str, Any], sender: str, number: int) -> Turn | None:
    at = datetime.fromtimestamp(float(event.get("timestamp") or 0), timezone.utc)
    words = mask(str(event.get("text") or ""))
    channel = str(event.get("input_channel") or sender.split("-", 1)[0])
    if event.get("event") == "bot":
        custom = (event.get("data") or {}).get("custom") or {}
        return Turn(number, sender, channel, at, False, words, answer=str(custom.get("answer") or ""))
    if not words:
        return None
    parsed = event.get("parse_data") or {}
    decision = parsed.get("decision") or {}
    return Turn(
        number, sender, channel, at, True, words, str((parsed.get("intent") or {}).get("name") or ""),
        str(decision.get("kind") or ""), tuple(decision.get("candidates") or ()), bool(decision.get("tapped")),
    )  # fmt: skip
