"""The conversations' own table: every event of every conversation, in a database of their own.

Not among the business tables: it has its own address (``TRACKER_DATABASE``), its own retention, and nothing
refers to it. Each event has its place in its conversation, and two events cannot share one: of two
processes that would both go on from the same place, only one can write.

Known to no framework: ``finlit.dialogue.tracker_store`` turns events of Rasa into ``Event`` and back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import IntegrityError

from finlit.db.engine import no_time_limit
from finlit.db.exclusive import exclusive
from finlit.db.tables.base import NAMING, RowId

SESSION_STARTED = "session_started"
SAID = ("user", "bot")
NUMBERED = "web-"  # the web's conversations: pages count their turns, so they go whole or not at all
PURGED_AT_ONCE = 200  # conversations in one transaction: nobody waits long for it

metadata = sa.MetaData(naming_convention=NAMING)
EVENTS = sa.Table(
    "conversation_events",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    sa.Column("sender_id", sa.String(255), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),  # in its conversation, from 1
    sa.Column("type_name", sa.String(64), nullable=False),
    sa.Column("timestamp", sa.Float, nullable=False, index=True),  # seconds since 1970
    sa.Column("request_id", sa.String(64), index=True),  # the same as in the logs of all processes
    sa.Column("data", sa.Text, nullable=False),  # JSON
    sa.UniqueConstraint("sender_id", "position"),
)
_of_session = sa.alias(EVENTS)
_SAID_IN = (
    sa.select(EVENTS.c.data)
    .where(EVENTS.c.sender_id == sa.bindparam("of_sender"), EVENTS.c.type_name.in_(SAID))
    .order_by(EVENTS.c.position)
)


class WrittenMeanwhile(Exception):
    """Another process has gone on with the conversation: what was to be written does not follow any more."""


@dataclass(frozen=True)
class Event:
    """One event; ``data`` is its JSON, ``timestamp`` seconds since 1970."""

    type_name: str
    timestamp: float
    data: str


@dataclass(frozen=True)
class Stored:
    """What was read: the events' JSON in order, and the place of the last one (0 when there is none)."""

    data: tuple[str, ...]
    last: int


@dataclass(frozen=True)
class Purged:
    """How much was deleted: events, and conversations of which nothing is left."""

    events: int
    conversations: int


def create(target: Engine) -> None:
    """Make the table where it is missing; several processes may try at once."""
    with exclusive(target) as connection:
        metadata.create_all(connection)


def is_away(target: Engine) -> bool:
    """Say whether the file of an SQLite database is missing: opening it would make an empty one in its place."""
    return target.dialect.name == "sqlite" and bool(target.url.database) and not Path(target.url.database).is_file()


def has_begun(connection: Connection) -> bool:
    """Say whether the table is there: before the first conversation it is not."""
    return sa.inspect(connection).has_table(EVENTS.name)


def session_of(connection: Connection, sender: str) -> Stored:
    """Return the events since the last session began, in one query."""
    began = sa.select(sa.func.max(_of_session.c.position)).where(
        _of_session.c.sender_id == sender, _of_session.c.type_name == SESSION_STARTED
    )
    return _read(connection, sender, EVENTS.c.position >= sa.func.coalesce(began.scalar_subquery(), 0))


def all_of(connection: Connection, sender: str) -> Stored:
    """Return every event of the conversation."""
    return _read(connection, sender)


def said_in(connection: Connection, sender: str) -> list[str]:
    """Return the JSON of what both sides said in the conversation, in order."""
    return list(connection.execute(_SAID_IN, {"of_sender": sender}).scalars())


def _read(connection: Connection, sender: str, *conditions: Any) -> Stored:
    wanted = sa.select(EVENTS.c.position, EVENTS.c.data).where(EVENTS.c.sender_id == sender, *conditions)
    rows = connection.execute(wanted.order_by(EVENTS.c.position)).all()
    return Stored(tuple(row.data for row in rows), rows[-1].position if rows else 0)


def said_since(connection: Connection, since: float, most: int) -> Iterator[tuple[str, int, str]]:
    """Yield (conversation, number, JSON) of what was said by both sides since then, oldest first; of more than
    ``most`` the newest. The number counts what was said in the whole conversation, from 1.
    """
    number = sa.func.row_number().over(partition_by=EVENTS.c.sender_id, order_by=EVENTS.c.position).label("number")
    active = sa.select(_of_session.c.sender_id).where(_of_session.c.timestamp >= since)
    said = (
        sa.select(EVENTS.c.id, EVENTS.c.sender_id, EVENTS.c.timestamp, EVENTS.c.data, number)
        .where(EVENTS.c.type_name.in_(SAID), EVENTS.c.sender_id.in_(active))
        .subquery()
    )
    newest = sa.select(said).where(said.c.timestamp >= since).order_by(said.c.id.desc()).limit(most).subquery()
    for row in connection.execute(sa.select(newest).order_by(newest.c.id)):
        yield row.sender_id, row.number, row.data


def senders(connection: Connection) -> list[str]:
    """Return the name of every conversation."""
    return list(connection.execute(sa.select(EVENTS.c.sender_id).distinct()).scalars())


def append(connection: Connection, sender: str, last: int, events: Sequence[Event], request_id: str | None) -> int:
    """Write ``events`` behind the place ``last`` in one statement; return the new last place.

    Raises WrittenMeanwhile when that place is taken; the caller's transaction is then of no use any more.
    """
    rows = [
        {"sender_id": sender, "position": position, "request_id": request_id, **vars(event)}
        for position, event in enumerate(events, start=last + 1)
    ]
    try:
        connection.execute(EVENTS.insert(), rows)
    except IntegrityError as error:
        raise WrittenMeanwhile(f"position {last + 1} of a conversation is taken") from error
    return last + len(rows)


def delete(target: Engine, sender: str) -> None:
    """Delete the conversation, its bytes too."""
    with target.begin() as connection:
        _overwrite(connection)
        connection.execute(EVENTS.delete().where(EVENTS.c.sender_id == sender))
    _shrink(target)


def delete_where_told(target: Engine, answer: str) -> int:
    """Delete every conversation in which the assistant gave ``answer`` (its name); return how many."""
    told = sa.and_(EVENTS.c.type_name == "bot", EVENTS.c.data.contains(f'"{answer}"', autoescape=True))
    with target.connect() as connection:
        no_time_limit(connection)
        names = list(connection.execute(sa.select(EVENTS.c.sender_id).where(told).distinct()).scalars())
    for name in names:
        delete(target, name)
    return len(names)


def purge(target: Engine, before: float) -> Purged:
    """Delete what is older than ``before`` (seconds since 1970) and not needed any more.

    A conversation in which nothing was said since then goes whole. Of one that goes on, the sessions go that
    ended before: the last one carries what the assistant knows. Conversations of the web go whole only.
    """
    with target.connect() as connection:
        no_time_limit(connection)
        old = EVENTS.c.timestamp < before
        latest = sa.select(EVENTS.c.sender_id, sa.func.max(EVENTS.c.timestamp).label("latest"))
        latest = latest.where(EVENTS.c.sender_id.in_(sa.select(EVENTS.c.sender_id).where(old)))
        found = connection.execute(latest.group_by(EVENTS.c.sender_id)).all()
    events = 0
    over = [row.sender_id for row in found if row.latest < before]
    going_on = [row.sender_id for row in found if row.latest >= before and not row.sender_id.startswith(NUMBERED)]
    began = sa.select(sa.func.max(_of_session.c.position)).where(
        _of_session.c.sender_id == EVENTS.c.sender_id, _of_session.c.type_name == SESSION_STARTED
    )
    of_earlier_session = EVENTS.c.position < began.scalar_subquery()
    for names, conditions in ((over, ()), (going_on, (old, of_earlier_session))):
        for at in range(0, len(names), PURGED_AT_ONCE):
            some = names[at : at + PURGED_AT_ONCE]
            with target.begin() as connection:
                no_time_limit(connection)
                _overwrite(connection)
                gone = connection.execute(EVENTS.delete().where(EVENTS.c.sender_id.in_(some), *conditions))
                events += gone.rowcount
    if events:
        _shrink(target)
    return Purged(events, len(over))


def _overwrite(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":  # a deleted row stays readable in the file unless it is overwritten
        connection.exec_driver_sql("PRAGMA secure_delete=ON")


def _shrink(target: Engine) -> None:
    if target.dialect.name == "sqlite":  # and so do its older pages in the write-ahead log
        with target.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
