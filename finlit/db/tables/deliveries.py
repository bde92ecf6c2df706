"""WeChat: what was delivered, what was answered by which way, and the account's access token."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, Index, Integer, String, Text, UniqueConstraint

from finlit.db.tables.base import Base, RowId
from finlit.db.types import UtcTime


class WeChatPerson(Base):
    """A follower: the row that is locked for one of their messages, and what may still be sent to them."""

    __tablename__ = "wechat_people"
    __table_args__ = (CheckConstraint("message_sends >= 0 AND event_sends >= 0", name="sends_are_not_negative"),)

    conversation = Column(String(128), primary_key=True)
    seen_at = Column(UtcTime, nullable=False)
    message_sends = Column(Integer, nullable=False, default=0)
    message_sends_until = Column(UtcTime)
    event_sends = Column(Integer, nullable=False, default=0)
    event_sends_until = Column(UtcTime)


class WeChatDelivery(Base):
    """One message or event, whichever of its deliveries came first, and its answer.

    ``parts`` is the answer as a JSON list of texts, ``sent`` how many of them were handed over.
    """

    __tablename__ = "wechat_deliveries"
    __table_args__ = (
        UniqueConstraint("key"),
        CheckConstraint("state IN ('waiting', 'running', 'done')", name="state_is_known"),
        CheckConstraint("way IN ('passive', 'service')", name="way_is_known"),
        CheckConstraint("sent >= 0 AND sent <= total", name="sent_is_part_of_total"),
        Index(None, "conversation", "state", "id"),
        Index(None, "state", "way", "passive_until"),
        Index(None, "received_at"),
    )

    id = Column(RowId, primary_key=True)
    key = Column(String(64), nullable=False)
    conversation = Column(String(128), nullable=False)
    body_hash = Column(String(64), nullable=False)
    state = Column(String(8), nullable=False, default="waiting")
    received_at = Column(UtcTime, nullable=False)
    watched_until = Column(UtcTime, nullable=False)  # until then a process takes care that it gets computed
    passive_until = Column(UtcTime, nullable=False)  # until then a request waits for the answer
    owner = Column(String(64))  # the process that computes it, or pushes its answer
    lease_until = Column(UtcTime)
    parts = Column(Text)
    choices = Column(Text)  # titles as a JSON list: the last part may be sent with them
    total = Column(Integer, nullable=False, default=0)
    sent = Column(Integer, nullable=False, default=0)
    way = Column(String(8))
    must_arrive = Column(Boolean, nullable=False, default=False)
    doubted = Column(Boolean, nullable=False, default=False)  # the answer was readied a second time
    push_failed = Column(Boolean, nullable=False, default=False)
    request_id = Column(String(64))  # of the first delivery: a late answer goes out under its name


class WeChatToken(Base):
    """The access token of an account, encrypted; one process at a time fetches a new one."""

    __tablename__ = "wechat_tokens"

    app_id = Column(String(64), primary_key=True)
    sealed = Column(Text)
    expires_at = Column(UtcTime)
    fetching_until = Column(UtcTime)
