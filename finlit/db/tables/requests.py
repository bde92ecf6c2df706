"""What customers ask the lender for: hardship relief, a complaint, a person.

One row in ``service_requests`` for each, so that staff have one queue; what is special to a kind
stands in a table of its own. Free words are masked before they come here.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import relationship

from finlit.db.tables.base import Base, RowId, one_of
from finlit.db.types import Fen, UtcTime

HARDSHIP, COMPLAINT, HANDOFF = "hardship", "complaint", "handoff"
KINDS = (HARDSHIP, COMPLAINT, HANDOFF)
OPEN, ASSIGNED, ANSWERED, CLOSED = "open", "assigned", "answered", "closed"
STATES = (OPEN, ASSIGNED, ANSWERED, CLOSED)
_OPEN_HARDSHIP = text("kind = 'hardship' AND closed_at IS NULL")
_OPEN_HANDOFF = text("kind = 'handoff' AND closed_at IS NULL")


class ServiceRequest(Base):
    """One request by its number; ``answer`` is the latest word of staff to the customer.

    ``customer_id`` is null for somebody who has not proved who they are. A customer has at most
    one open hardship request, a conversation at most one open handoff: a double click is refused
    here, whatever the code above believes.
    """

    __tablename__ = "service_requests"
    __table_args__ = (
        CheckConstraint(one_of("kind", KINDS), name="kind_is_known"),
        CheckConstraint(one_of("state", STATES), name="state_is_known"),
        CheckConstraint("kind <> 'hardship' OR customer_id IS NOT NULL", name="hardship_has_a_customer"),
        CheckConstraint("state = 'open' OR assigned_to IS NOT NULL", name="somebody_works_on_it"),
        CheckConstraint("state <> 'answered' OR answer IS NOT NULL", name="an_answer_has_words"),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed_has_a_time"),
        Index(
            "uq_service_requests_open_hardship",
            "customer_id",
            unique=True,
            sqlite_where=_OPEN_HARDSHIP,
            postgresql_where=_OPEN_HARDSHIP,
        ),
        Index(
            "uq_service_requests_open_handoff",
            "conversation",
            unique=True,
            sqlite_where=_OPEN_HANDOFF,
            postgresql_where=_OPEN_HANDOFF,
        ),
        Index(None, "customer_id", "kind", "opened_at"),
        Index(None, "conversation", "kind", "opened_at"),
        Index(None, "state", "opened_at"),
    )

    number = Column(String(24), primary_key=True)
    kind = Column(String(16), nullable=False)
    customer_id = Column(ForeignKey("customers.id", ondelete="CASCADE"))
    conversation = Column(String(128), nullable=False)
    channel = Column(String(32), nullable=False)
    state = Column(String(16), nullable=False, default=OPEN)
    assigned_to = Column(String(64))
    answer = Column(Text)
    opened_at = Column(UtcTime, nullable=False)
    closed_at = Column(UtcTime)
    events = relationship("RequestEvent", back_populates="request", order_by="RequestEvent.id", passive_deletes=True)
    hardship = relationship("HardshipRequest", back_populates="request", uselist=False, passive_deletes=True)
    complaint = relationship("Complaint", back_populates="request", uselist=False, passive_deletes=True)
    handoff = relationship("HandoffTicket", back_populates="request", uselist=False, passive_deletes=True)


class HardshipRequest(Base):
    """Why the customer can't pay as agreed, and what they can; ``loan_id`` is null when it is about all loans."""

    __tablename__ = "hardship_requests"
    __table_args__ = (
        CheckConstraint("monthly_amount >= 0", name="amount_is_not_negative"),
        CheckConstraint("length(contact_time) > 0", name="contact_time_is_given"),
    )

    number = Column(ForeignKey("service_requests.number", ondelete="CASCADE"), primary_key=True)
    reason = Column(String(32), nullable=False)
    reason_words = Column(Text, nullable=False)
    monthly_amount = Column(Fen, nullable=False)
    contact_time = Column(String(64), nullable=False)
    loan_id = Column(ForeignKey("loans.id", ondelete="CASCADE"), index=True)
    request = relationship("ServiceRequest", back_populates="hardship")


class Complaint(Base):
    """What happened, when, and what the customer wants, in their own words."""

    __tablename__ = "complaints"
    __table_args__ = (CheckConstraint("length(happened) > 0 AND length(wanted) > 0", name="words_are_given"),)

    number = Column(ForeignKey("service_requests.number", ondelete="CASCADE"), primary_key=True)
    happened = Column(Text, nullable=False)
    happened_when = Column(Text)
    wanted = Column(Text, nullable=False)
    request = relationship("ServiceRequest", back_populates="complaint")


class HandoffTicket(Base):
    """The question for a person, with the conversation so far, masked."""

    __tablename__ = "handoff_tickets"
    __table_args__ = (CheckConstraint("length(question) > 0", name="question_is_given"),)

    number = Column(ForeignKey("service_requests.number", ondelete="CASCADE"), primary_key=True)
    question = Column(Text, nullable=False)
    transcript = Column(Text, nullable=False)
    request = relationship("ServiceRequest", back_populates="handoff")


class RequestEvent(Base):
    """One step of a request: who did what and when. Only ever added to."""

    __tablename__ = "request_events"
    __table_args__ = (
        CheckConstraint("length(who) > 0", name="says_who"),
        CheckConstraint(one_of("what", ("opened", "assigned", "answered", "closed")), name="step_is_known"),
        Index(None, "number", "id"),
    )

    id = Column(RowId, primary_key=True)
    number = Column(ForeignKey("service_requests.number", ondelete="CASCADE"), nullable=False)
    at = Column(UtcTime, nullable=False)
    who = Column(String(64), nullable=False)
    what = Column(String(16), nullable=False)
    note = Column(Text)
    request = relationship("ServiceRequest", back_populates="events")
