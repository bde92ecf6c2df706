"""What goes with the response to a delivery, at most once for each answer unless it must arrive."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from finlit import answers
from finlit.channels.deliveries.kinds import DONE, NOTHING, PASSIVE, SERVICE, Handed
from finlit.channels.deliveries.rows import Steps, an_earlier_one_is_under_way, is_left, parts_of, sends_left
from finlit.db.tables import WeChatDelivery, WeChatPerson


class Replying(Steps):
    """The steps of passive replies."""

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

    def take(self, key: str, push_long: bool = False, is_gone: Callable[[], bool] = lambda: False) -> Handed | None:
        """Return what this delivery's response carries, None while that isn't decided yet.

        Late answers of earlier messages come first. With ``push_long`` an answer of several parts is
        left to customer-service messages, as long as the quota lasts. A connection that ``is_gone`` by the time
        when the store gets to it takes nothing away from the next delivery.
        """
        now = self._clock()
        with self._locked_row(key, now) as (session, row):
            if row.state != DONE or is_gone():
                return None
            if row.way == SERVICE:
                return NOTHING
            if row.way == PASSIVE:
                return Handed(parts_of(row)[0], row.total > 1, again=True) if row.total else NOTHING
            if an_earlier_one_is_under_way(session, row, now):
                return None
            kept = _kept(session, row, now)
            parts = answers.split([text for each in (*kept, row) for text in parts_of(each)[each.sent :]])
            if push_long and len(parts) > 1 and sends_left(session.get(WeChatPerson, row.conversation), now) > 1:
                row.passive_until = now
                return NOTHING
            for each in kept:
                each.way, each.sent = PASSIVE, each.total
                row.must_arrive = row.must_arrive or each.must_arrive
            row.parts, row.total = json.dumps(parts, ensure_ascii=False), len(parts)
            row.way, row.sent = PASSIVE, min(1, len(parts))
            return Handed(parts[0], len(parts) > 1) if parts else NOTHING

    def give_back(self, key: str) -> None:
        """Undo ``take``: its connection was gone before it could be answered, so the answer was sent to nobody."""
        now = self._clock()
        with self._locked_row(key, now) as (_session, row):
            if row.way == PASSIVE:
                row.way, row.sent, row.passive_until = None, 0, now

    def doubt(self, key: str) -> bool:
        """Ready an answer that must arrive a second time, once: its passive reply may be lost.

        Whoever hung up may have done so before the delivery was stored: then there is nothing to lose.
        """
        if not self.knows(key):
            return False
        now = self._clock()
        with self._locked_row(key, now) as (_session, row):
            if not (row.must_arrive and row.way == PASSIVE and not row.doubted and row.sent):
                return False
            row.way, row.sent, row.doubted, row.passive_until = None, 0, True, now
            return True


def _kept(session: Session, row: Any, now: datetime) -> Sequence[Any]:
    """Return the earlier answers that were late and go with the next reply, oldest first."""
    late = select(WeChatDelivery).where(
        WeChatDelivery.conversation == row.conversation,
        WeChatDelivery.state == DONE,
        WeChatDelivery.id < row.id,
        WeChatDelivery.sent < WeChatDelivery.total,
        is_left(now),
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
