"""What is stored about a conversation, and its deletion (F-DATA-01, F-DATA-02).

The conversation's own text lives in Rasa's store; ``finlit.dialogue.forgetting`` counts and removes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from finlit.accounts import audit, binding
from finlit.db import tables

DELETED = "utter_account_unbind_deleted"  # the answer that tells the customer so


@dataclass(frozen=True)
class Stored:
    """What the database holds about a conversation; moments are in UTC."""

    bound_at: datetime | None
    consented_at: datetime | None
    audit_entries: int


def stored(session: Session, conversation: str, now: datetime) -> Stored:
    """Return what is stored; having asked is recorded as well."""
    bound = session.get(tables.Binding, conversation)
    consent = session.execute(
        select(func.max(tables.Consent.given_at)).where(
            tables.Consent.conversation == conversation, tables.Consent.withdrawn_at.is_(None)
        )
    ).scalar()
    entries = session.execute(
        select(func.count()).select_from(tables.AuditEntry).where(tables.AuditEntry.conversation == conversation)
    ).scalar_one()
    audit.record(session, "read what is stored", now, customer_id=_customer(bound), conversation=conversation)
    return Stored(None if bound is None else bound.bound_at, consent, int(entries))


def delete_all(session: Session, conversation: str, now: datetime) -> None:
    """Delete the binding, the way to it, ratings, answers for WeChat and what tickets hold of the conversation.

    The consent is taken back. Audited. Kept: the audit entries, the limits against guessing (worthless
    after an hour; deleting them would be the way around a lock), and requests that the customer has made.
    """
    audit.record(
        session,
        "delete data",
        now,
        customer_id=_customer(session.get(tables.Binding, conversation)),
        conversation=conversation,
    )
    binding.unbind(session, conversation, now)
    for table in (tables.VerificationAttempt, tables.AnswerFeedback, tables.WebMessage):
        session.execute(delete(table).where(table.conversation == conversation))
    delivered = tables.WeChatDelivery  # the row stays: it tells a repeated delivery from a new message
    session.execute(
        update(delivered)
        .where(delivered.conversation == conversation, delivered.state == "done")
        .where(delivered.sent > 0)  # one that is still on its way answers what was asked before
        .values(parts=None, choices=None, total=0, sent=0)  # delivered again, it is answered with nothing
        .execution_options(synchronize_session=False)
    )
    request = tables.ServiceRequest
    session.execute(
        update(tables.HandoffTicket)
        .where(tables.HandoffTicket.number.in_(select(request.number).where(request.conversation == conversation)))
        .values(transcript="")
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(tables.Consent)
        .where(tables.Consent.conversation == conversation, tables.Consent.withdrawn_at.is_(None))
        .values(withdrawn_at=now)
        .execution_options(synchronize_session=False)
    )


def _customer(bound: tables.Binding | None) -> str | None:
    return None if bound is None else str(bound.customer_id)
