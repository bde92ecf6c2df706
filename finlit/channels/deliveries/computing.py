"""Who computes an answer: one process for each message, a person's messages one after the other."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, func, or_, select
from sqlalchemy.orm import Session

from finlit import request_id
from finlit.channels.deliveries.kinds import (
    DONE,
    EVENT_WINDOW,
    HANDED_KEPT_FOR,
    KEPT_FOR,
    LEASE,
    MESSAGE_WINDOW,
    PASSIVE_FOR,
    RUNNING,
    SENDS_AFTER_EVENT,
    SENDS_AFTER_MESSAGE,
    SERVICE,
    Answer,
    Claim,
    Contact,
    OtherBody,
)
from finlit.channels.deliveries.rows import Steps, row_of, update_of
from finlit.db.tables import WeChatDelivery, WeChatPerson


class Computing(Steps):
    """The steps from a delivery to a stored answer, and to its end."""

    def receive(self, key: str, conversation: str, body_hash: str, contact: Contact) -> bool:
        """Note one delivery; return whether it is the first one. Raises OtherBody for a known key with another content."""
        now = self._clock()
        with self._locked(conversation, now, create=True) as session:
            row = row_of(session, key)
            is_new = row is None
            if row is None:
                row = WeChatDelivery(key=key, conversation=conversation, body_hash=body_hash, received_at=now)
                row.request_id = request_id.current()
                _credit(session.get(WeChatPerson, conversation), contact, now)
            elif row.body_hash != body_hash or row.conversation != conversation:
                raise OtherBody(key)
            row.watched_until = now + LEASE
            if row.way is None:
                row.passive_until = now + PASSIVE_FOR
            session.add(row)
            return is_new

    def claim(self, key: str) -> Claim:
        """Try to become the one process that computes ``key``; a process asks again when it doesn't know whether it is."""
        now = self._clock()
        with self._session() as session:
            row = row_of(session, key)
            if row is None or row.state == DONE:
                return Claim.DONE
            if self._is_held_elsewhere(row, now):
                return Claim.NOT_YET
            conversation = row.conversation
        with self._locked(conversation, now) as session:
            row = row_of(session, key)
            if row is None or row.state == DONE:
                return Claim.DONE
            if self._is_held_elsewhere(row, now) or self._is_blocked(session, row, now):
                return Claim.NOT_YET
            began = row.state == RUNNING
            row.state, row.owner, row.lease_until = RUNNING, self._owner, now + LEASE
            return Claim.TAKEN_OVER if began else Claim.OURS

    def _is_held_elsewhere(self, row: Any, now: datetime) -> bool:
        return bool(row.state == RUNNING and row.lease_until > now and row.owner != self._owner)

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
            session.execute(update_of(key, WeChatDelivery.state != DONE).values(watched_until=now + LEASE))
            session.execute(update_of(key, and_(mine, holding)).values(lease_until=now + LEASE))

    def finish(self, key: str, answer: Answer) -> bool:
        """Store the answer; False when another process took over meanwhile: then its answer counts."""
        changed = update_of(
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


def _credit(person: Any, contact: Contact, now: datetime) -> None:
    if contact is Contact.MESSAGE:
        person.message_sends, person.message_sends_until = SENDS_AFTER_MESSAGE, now + MESSAGE_WINDOW
    elif contact is Contact.TAP:
        person.event_sends, person.event_sends_until = SENDS_AFTER_EVENT, now + EVENT_WINDOW
