"""What goes by customer-service messages: late answers, one process at each, within what may be sent."""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import and_, select

from finlit.channels.deliveries.kinds import DONE, LEASE, MESSAGE_WINDOW, SERVICE, Push
from finlit.channels.deliveries.rows import (
    Steps,
    an_earlier_one_is_under_way,
    is_left,
    may_be_sent_to,
    parts_of,
    sends_left,
    update_of,
)
from finlit.db.tables import WeChatDelivery, WeChatPerson


class Pushing(Steps):
    """The steps of customer-service messages."""

    def next_push(self) -> Push | None:
        """Take over the sending of one late answer, if there is one that may be sent."""
        now = self._clock()
        due = (
            select(WeChatDelivery.key)
            .join(WeChatPerson, WeChatPerson.conversation == WeChatDelivery.conversation)
            .where(
                may_be_sent_to(now),  # else those to whom nothing may be sent would keep the others' answers back
                WeChatDelivery.state == DONE,
                WeChatDelivery.sent < WeChatDelivery.total,
                WeChatDelivery.push_failed.is_(False),
                is_left(now),
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
            if an_earlier_one_is_under_way(session, row, now):
                return None
            if not sends_left(session.get(WeChatPerson, row.conversation), now):
                return None
            row.way, row.owner, row.lease_until = SERVICE, self._owner, now + LEASE
            choices = tuple(json.loads(row.choices or "[]"))
            return Push(
                row.key, row.conversation, tuple(parts_of(row)), choices, row.sent, row.must_arrive, row.request_id
            )

    def spend(self, conversation: str) -> bool:
        """Count one customer-service message; False when nothing may be sent to the person any more."""
        now = self._clock()
        with self._locked(conversation, now) as session:
            person = session.get(WeChatPerson, conversation)
            if person is None or not sends_left(person, now):
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
            return bool(session.execute(update_of(key, mine).values(sent=sent)).rowcount)

    def keep_for_next_reply(self, key: str, sent: int) -> None:
        """Give up pushing: the parts from ``sent`` on go with the next reply."""
        mine = and_(WeChatDelivery.owner == self._owner, WeChatDelivery.way == SERVICE)
        values = {"way": None, "sent": sent, "push_failed": True, "lease_until": None, "passive_until": self._clock()}
        with self._session() as session, session.begin():
            session.execute(update_of(key, mine).values(**values))
