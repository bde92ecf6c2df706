"""The counters of codes and wrong tries in the database: whose they are, and how they are locked.

Somebody who has proved before to be the customer of a phone counts for himself: a stranger who uses up
the phone's codes, or guesses until it is locked, takes nothing from him. Each side has the whole
allowance and no more, and a stranger's never grows.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from finlit.accounts import limits
from finlit.accounts.limits import Used
from finlit.db import tables

ADDRESS = "address"


def sender(conversation: str) -> str:
    """Return the counter of a conversation."""
    return f"sender {conversation}"


def phone(digest: str | None, is_known: bool) -> str:
    """Return the counter of a phone: the one of its proved customer's conversations, or of all others together."""
    return f"phone {digest}{' known' if is_known else ''}"


def address(digest: str) -> str:
    """Return the counter of a network address."""
    return f"{ADDRESS} {digest}"


def proved_before(session: Session, conversation: str, phone_number: str) -> bool:
    """Say whether this conversation is or was bound to the customer of the phone; one statement for every phone."""
    found = (
        select(tables.Binding.conversation)
        .join(tables.Customer, tables.Customer.id == tables.Binding.customer_id)
        .where(tables.Binding.conversation == conversation, tables.Customer.phone == phone_number)
    )
    return session.execute(found).first() is not None


def attempt_is_of_proved(session: Session, conversation: str) -> bool:
    """Say the same of the customer whose phone was given in the attempt; one statement for everybody."""
    attempt = tables.VerificationAttempt
    found = (
        select(tables.Binding.conversation)
        .join(attempt, attempt.conversation == tables.Binding.conversation)
        .where(attempt.conversation == conversation, attempt.customer_id == tables.Binding.customer_id)
    )
    return session.execute(found).first() is not None


def used(session: Session, subject: str) -> Used:
    """Return what a counter holds, without locking it."""
    row = session.get(tables.VerificationLimit, subject)
    return Used() if row is None else of(row)


def of(row: Any) -> Used:
    """Return what a row holds, with the allowance of its kind."""
    most = limits.MOST_CODES_OF_ADDRESS if row.subject.startswith(f"{ADDRESS} ") else limits.MOST_CODES
    return Used(row.codes, row.wrong, most)


def locked(session: Session, subjects: Iterable[str], now: datetime) -> list[Any]:
    """Return the rows of ``subjects``, made when missing and locked until the transaction ends.

    The upsert is the lock: SQLite has no SELECT FOR UPDATE, and two guesses at once must not
    both be the last one allowed. The order is fixed, so that two conversations can't wait for each other.
    """
    session.flush()
    wanted = sorted(subjects)
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    for subject in wanted:
        new = insert(tables.VerificationLimit).values(subject=subject, codes=(), wrong=(), touched_at=now)
        session.execute(new.on_conflict_do_update(index_elements=["subject"], set_={"touched_at": now}))
    rows = select(tables.VerificationLimit).where(tables.VerificationLimit.subject.in_(wanted))
    return list(session.execute(rows.execution_options(populate_existing=True)).scalars())
