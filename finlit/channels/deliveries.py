"""One computation for each delivered message, one way for each answer: shared by all processes.

WeChat delivers a message up to three times and acknowledges no reply. So each message is a row:

* ``waiting`` → ``running`` (one process holds a lease that it renews while it lives) → ``done``.
  A person's messages run one after the other, in the order in which they came.
* A done answer goes by exactly one way. ``passive``: with the response to a delivery; the same
  delivery again gets the same answer again. ``service``: by customer-service messages. No way yet:
  its request is still waiting, or it was late; a late answer goes with the next reply.
* A passive answer of unknown fate is not repeated by another way, unless it must arrive.

Every step locks the person's row, so steps of one person never overlap, whichever process takes
them. All functions block: call them in a thread. Times are wall-clock times, not business time:
a lease must run out while ``FINLIT_NOW`` stands still.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import Enum
from typing import Any

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from finlit import answers
from finlit.db import engine
from finlit.db.tables import WeChatDelivery, WeChatPerson

PASSIVE_FOR = timedelta(seconds=4.5)  # the platform drops the connection after 5 s
LEASE = timedelta(seconds=7)  # longer than the 5 s to the next delivery, shorter than until that one is dropped
SENDS_AFTER_MESSAGE, MESSAGE_WINDOW = 5, timedelta(hours=48)
SENDS_AFTER_EVENT, EVENT_WINDOW = 3, timedelta(minutes=1)
HANDED_KEPT_FOR, KEPT_FOR = timedelta(hours=1), timedelta(hours=48)  # longer than a captured request is believed
WAITING, RUNNING, DONE = "waiting", "running", "done"
PASSIVE, SERVICE = "passive", "service"


class OtherBody(Exception):
    """A known delivery came with another content: a forgery."""


class Claim(Enum):
    """What ``claim`` found."""

    OURS = "ours"  # compute it
    TAKEN_OVER = "taken over"  # compute it; the process that had begun is gone and may have got far
    NOT_YET = "not yet"  # somebody else computes it, or an earlier message of the same person
    DONE = "done"


class Contact(Enum):
    """What a delivery permits to send afterwards."""

    MESSAGE = "message"
    TAP = "tap"  # menu click, follow, scan
    NOTHING = "nothing"


@dataclass(frozen=True)
class Answer:
    """An answer: texts of which each fits one message, and the titles offered with the last one."""

    parts: tuple[str, ...]
    choices: tuple[str, ...] = ()
    must_arrive: bool = False  # crisis help and account figures: rather twice than not at all


@dataclass(frozen=True)
class Handed:
    """What goes into the response: nothing when ``text`` is empty."""

    text: str
    more: bool = False  # further parts wait for 「回复 1 继续」
    again: bool = False  # it was handed over before, and that delivery seems to have been lost


NOTHING = Handed("")


@dataclass(frozen=True)
class Push:
    """An answer that this process has to send by customer-service messages, from part ``sent`` on."""

    key: str
    conversation: str
    parts: tuple[str, ...]
    choices: tuple[str, ...]
    sent: int
    must_arrive: bool


def wall_clock() -> datetime:
    """Return the real time, whatever ``FINLIT_NOW`` says."""
    return datetime.now(timezone.utc)


class Inbox:
    """The deliveries as one process sees them; ``owner`` names the process, ``database`` gives the address."""

    def __init__(self, owner: str, database: Callable[[], str], clock: Callable[[], datetime] = wall_clock) -> None:
        self._owner = owner
        self._database = database
        self._clock = clock

    def receive(self, key: str, conversation: str, body_hash: str, contact: Contact) -> bool:
        """Note one delivery; return whether it is the first one. Raises OtherBody for a known key with another content."""
        now = self._clock()
        with self._locked(conversation, now, create=True) as session:
            row = _row(session, key)
            is_new = row is None
            if row is None:
                row = WeChatDelivery(key=key, conversation=conversation, body_hash=body_hash, received_at=now)
                _credit(session.get(WeChatPerson, conversation), contact, now)
            elif row.body_hash != body_hash or row.conversation != conversation:
                raise OtherBody(key)
            row.watched_until = now + LEASE
            if row.way is None:
                row.passive_until = now + PASSIVE_FOR
            session.add(row)
            return is_new

    def claim(self, key: str) -> Claim:
        """Try to become the one process that computes ``key``."""
        now = self._clock()
        with self._session() as session:
            row = _row(session, key)
            if row is None or row.state == DONE:
                return Claim.DONE
            if row.state == RUNNING and row.lease_until > now:
                return Claim.NOT_YET
            conversation = row.conversation
        with self._locked(conversation, now) as session:
            row = _row(session, key)
            if row is None or row.state == DONE:
                return Claim.DONE
            if row.state == RUNNING and row.lease_until > now or self._is_blocked(session, row, now):
                return Claim.NOT_YET
            began = row.state == RUNNING
            row.state, row.owner, row.lease_until = RUNNING, self._owner, now + LEASE
            return Claim.TAKEN_OVER if began else Claim.OURS

    @staticmethod
    def _is_blocked(session: Session, row: Any, now: datetime) -> bool:
        """Say whether an earlier message of the person is unfinished and somebody still cares for it."""
        earlier = select(func.count()).where(
            WeChatDelivery.conversation == row.conversation,
            WeChatDelivery.state != DONE,
            WeChatDelivery.id < row.id,
            or_(WeChatDelivery.watched_until > now, WeChatDelivery.lease_until > now),
        )
        return bool(session.execute(earlier).scalar_one())

    def keep_alive(self, key: str) -> None:
        """Say that this process still takes care of ``key``; renews its lease where it holds it."""
        now = self._clock()
        mine = WeChatDelivery.owner == self._owner
        holding = or_(WeChatDelivery.state == RUNNING, WeChatDelivery.way == SERVICE)
        with self._session() as session, session.begin():
            session.execute(_update(key, WeChatDelivery.state != DONE).values(watched_until=now + LEASE))
            session.execute(_update(key, and_(mine, holding)).values(lease_until=now + LEASE))

    def finish(self, key: str, answer: Answer) -> bool:
        """Store the answer; False when another process took over meanwhile: then its answer counts."""
        changed = _update(
            key, and_(WeChatDelivery.owner == self._owner, WeChatDelivery.state == RUNNING)
        ).values(
            state=DONE,
            parts=json.dumps(answer.parts, ensure_ascii=False),
            choices=json.dumps(answer.choices, ensure_ascii=False),
            total=len(answer.parts),
            must_arrive=answer.must_arrive,
            lease_until=None,
        )  # fmt: skip
        with self._session() as session, session.begin():
            return bool(session.execute(changed).rowcount)

    def has_more(self, key: str) -> bool:
        """Ready what 「1」 asks for, if anything: answers that were late, or the rest of the last one."""
        now = self._clock()
        with self._locked_row(key, now) as (session, row):
            if _kept(session, row, now):
                return True
            last = _latest_handed(session, row)
            if last is None or last.sent == last.total:
                return False
            last.way, last.passive_until = None, now
            return True

    def take(self, key: str, push_long: bool = False) -> Handed | None:
        """Return what this delivery's response carries, None while that isn't decided yet.

        Late answers of earlier messages come first. With ``push_long`` an answer of several parts is
        left to customer-service messages, as long as the quota lasts.
        """
        now = self._clock()
        with self._locked_row(key, now) as (session, row):
            if row.state != DONE:
                return None
            if row.way == SERVICE:
                return NOTHING
            if row.way == PASSIVE:
                return Handed(_parts(row)[0], row.total > 1, again=True) if row.total else NOTHING
            if self._an_earlier_one_is_under_way(session, row, now):
                return None
            kept = _kept(session, row, now)
            parts = answers.split([text for each in (*kept, row) for text in _parts(each)[each.sent :]])
            if push_long and len(parts) > 1 and _sends_left(session.get(WeChatPerson, row.conversation), now) > 1:
                row.passive_until = now
                return NOTHING
            for each in kept:
                each.way, each.sent = PASSIVE, each.total
                row.must_arrive = row.must_arrive or each.must_arrive
            row.parts, row.total = json.dumps(parts, ensure_ascii=False), len(parts)
            row.way, row.sent = PASSIVE, min(1, len(parts))
            return Handed(parts[0], len(parts) > 1) if parts else NOTHING

    @staticmethod
    def _an_earlier_one_is_under_way(session: Session, row: Any, now: datetime) -> bool:
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

    def doubt(self, key: str) -> bool:
        """Ready an answer that must arrive a second time, once: its passive reply may be lost."""
        now = self._clock()
        with self._locked_row(key, now) as (_session, row):
            if not (row.must_arrive and row.way == PASSIVE and not row.doubted and row.sent):
                return False
            row.way, row.sent, row.doubted, row.passive_until = None, 0, True, now
            return True

    def next_push(self) -> Push | None:
        """Take over the sending of one late answer, if there is one that may be sent."""
        now = self._clock()
        due = (
            select(WeChatDelivery.key)
            .where(
                WeChatDelivery.state == DONE,
                WeChatDelivery.sent < WeChatDelivery.total,
                WeChatDelivery.push_failed.is_(False),
                _is_left(now),
                WeChatDelivery.received_at > now - MESSAGE_WINDOW,
            )
            .order_by(WeChatDelivery.id)
            .limit(20)
        )
        with self._session() as session:
            keys = list(session.execute(due).scalars())
        return next((push for push in (self._take_for_push(key, now) for key in keys) if push), None)

    def _take_for_push(self, key: str, now: datetime) -> Push | None:
        with self._locked_row(key, now) as (session, row):
            late = row.way is None and row.passive_until <= now
            orphaned = row.way == SERVICE and row.lease_until <= now
            if not (late or orphaned) or row.sent >= row.total:
                return None
            if self._an_earlier_one_is_under_way(session, row, now):
                return None
            if not _sends_left(session.get(WeChatPerson, row.conversation), now):
                return None
            row.way, row.owner, row.lease_until = SERVICE, self._owner, now + LEASE
            choices = tuple(json.loads(row.choices or "[]"))
            return Push(row.key, row.conversation, tuple(_parts(row)), choices, row.sent, row.must_arrive)

    def spend(self, conversation: str) -> bool:
        """Count one customer-service message; False when nothing may be sent to the person any more."""
        now = self._clock()
        with self._locked(conversation, now) as session:
            person = session.get(WeChatPerson, conversation)
            if person is None or not _sends_left(person, now):
                return False
            if person.event_sends and person.event_sends_until > now:  # expires first
                person.event_sends -= 1
            else:
                person.message_sends -= 1
            return True

    def pushed(self, key: str, sent: int) -> bool:
        """Note how many parts are on their way; False when the sending is not ours any more."""
        mine = and_(WeChatDelivery.owner == self._owner, WeChatDelivery.way == SERVICE)
        with self._session() as session, session.begin():
            return bool(session.execute(_update(key, mine).values(sent=sent)).rowcount)

    def keep_for_next_reply(self, key: str, sent: int) -> None:
        """Give up pushing: the parts from ``sent`` on go with the next reply."""
        mine = and_(WeChatDelivery.owner == self._owner, WeChatDelivery.way == SERVICE)
        values = {"way": None, "sent": sent, "push_failed": True, "lease_until": None, "passive_until": self._clock()}
        with self._session() as session, session.begin():
            session.execute(_update(key, mine).values(**values))

    def forget_old(self) -> int:
        """Delete what was handed over an hour ago, and everything after two days; returns the number of rows."""
        now = self._clock()
        handed = and_(WeChatDelivery.sent >= WeChatDelivery.total, WeChatDelivery.received_at < now - HANDED_KEPT_FOR)
        old = or_(handed, WeChatDelivery.received_at < now - KEPT_FOR)
        with self._session() as session, session.begin():
            people = delete(WeChatPerson).where(WeChatPerson.seen_at < now - 2 * KEPT_FOR)
            session.execute(people.execution_options(synchronize_session=False))
            gone = session.execute(delete(WeChatDelivery).where(old).execution_options(synchronize_session=False))
            return int(gone.rowcount)

    def _session(self) -> Session:
        return engine.sessions(self._database())()

    @contextmanager
    def _locked(self, conversation: str, now: datetime, create: bool = False) -> Iterator[Session]:
        """Yield a session in a transaction that no other step for this person shares."""
        with self._session() as session, session.begin():
            seen = update(WeChatPerson).where(WeChatPerson.conversation == conversation).values(seen_at=now)
            seen = seen.execution_options(synchronize_session=False)
            if not session.execute(seen).rowcount and create:
                session.execute(_insert_or_ignore(session, conversation, now))
                session.execute(seen)
            yield session

    @contextmanager
    def _locked_row(self, key: str, now: datetime) -> Iterator[tuple[Session, Any]]:
        with self._session() as session:
            conversation = session.execute(
                select(WeChatDelivery.conversation).where(WeChatDelivery.key == key)
            ).scalar_one()
        with self._locked(conversation, now) as session:
            yield session, _row(session, key)


def _insert_or_ignore(session: Session, conversation: str, now: datetime) -> Any:
    """Two processes may meet a new follower at once: the second one's row is no error."""
    from sqlalchemy.dialects import postgresql, sqlite

    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    values = {"conversation": conversation, "seen_at": now, "message_sends": 0, "event_sends": 0}
    return dialect.insert(WeChatPerson.__table__).values(**values).on_conflict_do_nothing()


def _update(key: str, condition: Any) -> Any:
    changed = update(WeChatDelivery).where(WeChatDelivery.key == key, condition)
    return changed.execution_options(synchronize_session=False)


def _row(session: Session, key: str) -> Any:
    return session.execute(select(WeChatDelivery).where(WeChatDelivery.key == key)).scalar_one_or_none()


def _parts(row: Any) -> list[str]:
    return [str(part) for part in json.loads(row.parts or "[]")]


def _is_left(now: datetime) -> Any:
    """An answer whose request is over, or whose sender by customer-service messages is gone."""
    late = and_(WeChatDelivery.way.is_(None), WeChatDelivery.passive_until <= now)
    return or_(late, and_(WeChatDelivery.way == SERVICE, WeChatDelivery.lease_until <= now))


def _kept(session: Session, row: Any, now: datetime) -> Sequence[Any]:
    """Return the earlier answers that were late and go with the next reply, oldest first."""
    late = select(WeChatDelivery).where(
        WeChatDelivery.conversation == row.conversation,
        WeChatDelivery.state == DONE,
        WeChatDelivery.id < row.id,
        WeChatDelivery.sent < WeChatDelivery.total,
        _is_left(now),
    )
    return session.execute(late.order_by(WeChatDelivery.id)).scalars().all()


def _latest_handed(session: Session, row: Any) -> Any:
    """Return the last answer that was handed over, None when it did not go as a passive reply."""
    handed = select(WeChatDelivery).where(
        WeChatDelivery.conversation == row.conversation,
        WeChatDelivery.id < row.id,
        WeChatDelivery.way.isnot(None),
        WeChatDelivery.total > 0,
    )
    last = session.execute(handed.order_by(WeChatDelivery.id.desc()).limit(1)).scalar_one_or_none()
    return last if last is not None and last.way == PASSIVE else None


def _credit(person: Any, contact: Contact, now: datetime) -> None:
    if contact is Contact.MESSAGE:
        person.message_sends, person.message_sends_until = SENDS_AFTER_MESSAGE, now + MESSAGE_WINDOW
    elif contact is Contact.TAP:
        person.event_sends, person.event_sends_until = SENDS_AFTER_EVENT, now + EVENT_WINDOW


def _sends_left(person: Any, now: datetime) -> int:
    """Return how many customer-service messages may still be sent to ``person``."""
    if person is None:
        return 0
    left = person.event_sends if person.event_sends_until and person.event_sends_until > now else 0
    return int(left + (person.message_sends if person.message_sends_until and person.message_sends_until > now else 0))
