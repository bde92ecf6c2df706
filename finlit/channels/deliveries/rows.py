"""The rows behind the deliveries: how they are locked and found. Every step of one person locks their row."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session

from finlit.channels.deliveries.kinds import DONE, SERVICE, wall_clock
from finlit.db import engine
from finlit.db.tables import WeChatDelivery, WeChatPerson


class Steps:
    """What every step needs; ``owner`` names the process, ``database`` gives the address."""

    def __init__(self, owner: str, database: Callable[[], str], clock: Callable[[], datetime] = wall_clock) -> None:
        self._owner = owner
        self._database = database
        self._clock = clock

    def _session(self) -> Session:
        return engine.sessions(self._database())()

    @contextmanager
    def _locked(self, conversation: str, now: datetime, create: bool = False) -> Iterator[Session]:
        """Yield a session in a transaction that no other step for this person shares."""
        with self._session() as session, session.begin():
            seen = update(WeChatPerson).where(WeChatPerson.conversation == conversation).values(seen_at=now)
            seen = seen.execution_options(synchronize_session=False)
            if not session.execute(seen).rowcount and create:
                session.execute(insert_or_ignore(session, conversation, now))
                session.execute(seen)
            yield session

    def knows(self, key: str) -> bool:
        """Say whether the delivery ``key`` has come before."""
        with self._session() as session:
            return session.execute(select(WeChatDelivery.id).where(WeChatDelivery.key == key)).first() is not None

    @contextmanager
    def _locked_row(self, key: str, now: datetime) -> Iterator[tuple[Session, Any]]:
        with self._session() as session:
            conversation = session.execute(
                select(WeChatDelivery.conversation).where(WeChatDelivery.key == key)
            ).scalar_one()
        with self._locked(conversation, now) as session:
            yield session, row_of(session, key)


def insert_or_ignore(session: Session, conversation: str, now: datetime) -> Any:
    """Two processes may meet a new follower at once: the second one's row is no error."""
    from sqlalchemy.dialects import postgresql, sqlite

    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    values = {"conversation": conversation, "seen_at": now, "message_sends": 0, "event_sends": 0}
    return dialect.insert(WeChatPerson.__table__).values(**values).on_conflict_do_nothing()


def update_of(key: str, condition: Any) -> Any:
    """Return an update of the row ``key``, if it is as ``condition`` says."""
    changed = update(WeChatDelivery).where(WeChatDelivery.key == key, condition)
    return changed.execution_options(synchronize_session=False)


def row_of(session: Session, key: str) -> Any:
    """Return the row ``key``, None when there is none."""
    return session.execute(select(WeChatDelivery).where(WeChatDelivery.key == key)).scalar_one_or_none()


def parts_of(row: Any) -> list[str]:
    """Return the texts of the row's answer, empty while there is none."""
    return [str(part) for part in json.loads(row.parts or "[]")]


def is_left(now: datetime) -> Any:
    """An answer whose request is over, or whose sender by customer-service messages is gone."""
    late = and_(WeChatDelivery.way.is_(None), WeChatDelivery.passive_until <= now)
    return or_(late, and_(WeChatDelivery.way == SERVICE, WeChatDelivery.lease_until <= now))


def sends_left(person: Any, now: datetime) -> int:
    """Return how many customer-service messages may still be sent to ``person``."""
    if person is None:
        return 0
    left = person.event_sends if person.event_sends_until and person.event_sends_until > now else 0
    return int(left + (person.message_sends if person.message_sends_until and person.message_sends_until > now else 0))


def may_be_sent_to(now: datetime) -> Any:
    """A person to whom a customer-service message may still be sent; as ``sends_left`` counts."""
    by_tap = and_(WeChatPerson.event_sends > 0, WeChatPerson.event_sends_until > now)
    return or_(by_tap, and_(WeChatPerson.message_sends > 0, WeChatPerson.message_sends_until > now))


def an_earlier_one_is_under_way(session: Session, row: Any, now: datetime) -> bool:
    """Say whether an earlier answer is about to go out by its own request or is being pushed."""
    earlier = select(func.count()).where(
        WeChatDelivery.conversation == row.conversation,
        WeChatDelivery.state == DONE,
        WeChatDelivery.id < row.id,
        WeChatDelivery.sent < WeChatDelivery.total,
        or_(
            and_(WeChatDelivery.way.is_(None), WeChatDelivery.passive_until > now),
            and_(WeChatDelivery.way == SERVICE, WeChatDelivery.lease_until > now),
        ),
    )
    return bool(session.execute(earlier).scalar_one())
