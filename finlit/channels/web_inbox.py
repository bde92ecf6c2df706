"""Each message of the web once and in order, whichever process gets it and however often it comes.

The client names its messages; a row in ``web_messages`` for (conversation, name) is the claim to
answer one. Rows hold no text: it arrives with the request, and arrives again when nobody confirmed it.
A claim lives on a short lease that its process renews, so a killed process blocks nobody for long.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from sqlalchemy import bindparam, case, func, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from finlit.db import engine, tables

LEASE = timedelta(seconds=6)


class Arrival(str, Enum):
    """What a message is when it comes in."""

    NEW = "new"
    AGAIN = "again"  # came before, and whoever had it is gone
    RUNNING = "running"  # somebody is at it
    DONE = "done"


@dataclass(frozen=True)
class Entry:
    """A message's row and what its arrival means; ``is_next`` when nothing before it is being answered."""

    number: int
    arrival: Arrival
    is_next: bool = False


@dataclass(frozen=True)
class Pulse:
    """What changes whenever something happens in a conversation."""

    latest: int
    done: int
    busy: bool


STILL = Pulse(0, 0, False)


# Built once: each message needs them, and building and comparing them costs more than running them.
_MESSAGE = tables.WebMessage.__table__.c
_TABLE = tables.WebMessage.__table__
_IS_OPEN = _MESSAGE.done_at.is_(None) & (_MESSAGE.lease_until > bindparam("moment"))
_EARLIER = select(func.count()).where(
    _MESSAGE.conversation == bindparam("of_conversation"), _MESSAGE.id < bindparam("before"), _IS_OPEN
)
_ENTER = _TABLE.insert()
_OF_NUMBER = _TABLE.update().where(_MESSAGE.id == bindparam("number"))
_LEASE = _OF_NUMBER.values(lease_until=bindparam("moment"))
_DONE = _OF_NUMBER.values(done_at=bindparam("moment"))
_IN_LINE = text("SELECT pg_advisory_xact_lock(hashtextextended(:conversation, 0))")
_PULSES = (
    select(
        _MESSAGE.conversation,
        func.max(_MESSAGE.id),
        func.count(_MESSAGE.done_at),
        func.sum(case((_IS_OPEN, 1), else_=0)),
    )
    .where(_MESSAGE.conversation.in_(bindparam("conversations", expanding=True)))
    .group_by(_MESSAGE.conversation)
)


def _one_after_the_other(session: Session, conversation: str) -> None:
    """Let numbers of one conversation become visible in their order; PostgreSQL gives them out before the commit."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(_IN_LINE, {"conversation": conversation})


def _is_next(session: Session, conversation: str, number: int, now: datetime) -> bool:
    earlier = {"of_conversation": conversation, "before": number, "moment": now}
    return not session.execute(_EARLIER, earlier).scalar_one()


def pulses(session: Session, conversations: Iterable[str], now: datetime) -> dict[str, Pulse]:
    """Return the pulse of each conversation that ever had a message, in one query."""
    rows = session.execute(_PULSES, {"conversations": list(conversations), "moment": now})
    return {row[0]: Pulse(row[1], row[2], bool(row[3])) for row in rows}


class Inbox:
    """The claims in the database at ``database_url``; ``now`` is aware and comes from the caller."""

    def __init__(self, database_url: str) -> None:
        self._sessions = engine.sessions(database_url)

    def enter(self, conversation: str, name: str, now: datetime) -> Entry:
        """Claim the message ``name``, or say what became of an earlier claim."""
        row = {"conversation": conversation, "name": name, "received_at": now, "lease_until": now + LEASE}
        try:
            with self._sessions.begin() as session:
                _one_after_the_other(session, conversation)
                number = session.execute(_ENTER, row).inserted_primary_key[0]
                return Entry(number, Arrival.NEW, _is_next(session, conversation, number, now))
        except IntegrityError:
            return self._known(conversation, name, now)

    def _known(self, conversation: str, name: str, now: datetime) -> Entry:
        message = tables.WebMessage
        with self._sessions.begin() as session:
            row = session.execute(
                select(message).where(message.conversation == conversation, message.name == name).with_for_update()
            ).scalar_one()
            if row.done_at is not None:
                return Entry(row.id, Arrival.DONE)
            taken = session.execute(  # two may come at once: only one of them moves the lease
                update(message)
                .where(message.id == row.id, message.done_at.is_(None), message.lease_until <= now)
                .values(lease_until=now + LEASE)
            )
            return Entry(row.id, Arrival.AGAIN if taken.rowcount else Arrival.RUNNING)

    def is_next(self, conversation: str, number: int, now: datetime) -> bool:
        """Say whether no earlier message of the conversation is still being answered."""
        with self._sessions() as session:
            return _is_next(session, conversation, number, now)

    def is_done(self, number: int) -> bool:
        """Say whether the message was answered."""
        with self._sessions() as session:
            row = session.get(tables.WebMessage, number)
            return row is not None and row.done_at is not None

    def renew(self, number: int, now: datetime) -> None:
        """Keep the claim for one more lease."""
        self._set(_LEASE, number, now + LEASE)

    def finish(self, number: int, now: datetime) -> None:
        """Note that the message was answered and the answer is stored."""
        self._set(_DONE, number, now)

    def give_up(self, number: int, now: datetime) -> None:
        """End the claim without an answer, so that the message can come again at once."""
        self._set(_LEASE, number, now)

    def announce(self, conversation: str, now: datetime) -> None:
        """Let open pages read the conversation again; for whoever writes into it without a message."""
        name = f"announced-{now.timestamp():.6f}"
        row = tables.WebMessage(conversation=conversation, name=name, received_at=now, lease_until=now, done_at=now)
        with self._sessions.begin() as session:
            session.add(row)

    def pulses(self, conversations: Iterable[str], now: datetime) -> dict[str, Pulse]:
        """Return the pulse of each conversation that ever had a message, in one query."""
        with self._sessions() as session:
            return pulses(session, conversations, now)

    def _set(self, statement: Any, number: int, moment: datetime) -> None:
        with self._sessions.begin() as session:
            session.execute(statement, {"number": number, "moment": moment})
