"""The web chat: messages that were claimed, ratings of answers, counters of the rate limits."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Integer, String, UniqueConstraint

from finlit.db.tables.base import Base, RowId
from finlit.db.types import UtcTime


class WebMessage(Base):
    """A message under the name that its client gave it; no text, which only the conversation keeps.

    Open while ``done_at`` is null and ``lease_until`` has not passed; times are of the wall clock.
    """

    __tablename__ = "web_messages"
    __table_args__ = (UniqueConstraint("conversation", "name"),)

    id = Column(RowId, primary_key=True)
    conversation = Column(String(128), nullable=False)
    name = Column(String(64), nullable=False)
    received_at = Column(UtcTime, nullable=False)
    lease_until = Column(UtcTime, nullable=False)
    done_at = Column(UtcTime)


class AnswerFeedback(Base):
    """What a customer thinks of an answer: 1 helpful, -1 not, and a masked word."""

    __tablename__ = "answer_feedback"
    __table_args__ = (CheckConstraint("rating IN (-1, 1)", name="rating_is_up_or_down"),)

    conversation = Column(String(128), primary_key=True)
    turn = Column(Integer, primary_key=True, autoincrement=False)
    answer = Column(String(64), nullable=False)
    rating = Column(Integer, nullable=False)
    word = Column(String(200), nullable=False)
    given_at = Column(UtcTime, nullable=False, index=True)


class RateCounter(Base):
    """How many events a key had in one minute since 1970; the key is a digest of a session or an address."""

    __tablename__ = "rate_counters"

    key = Column(String(64), primary_key=True)
    minute = Column(Integer, primary_key=True, autoincrement=False, index=True)
    events = Column(Integer, nullable=False)
