"""Filing a request: one row, its details and its first event, committed together or not at all.

Who the customer is comes from ``finlit.accounts.binding``. Words are masked here once more, so
that no caller can forget it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from finlit.accounts import audit
from finlit.db import tables
from finlit.db.tables.requests import COMPLAINT, HANDOFF, HARDSHIP
from finlit.privacy import mask
from finlit.requests.numbers import new_number
from finlit.settings import SHANGHAI
from finlit.text import fingerprint

CUSTOMER = "customer"
_TRIES = 3


class NotYourLoan(LookupError):
    """The loan does not belong to the customer who names it."""


@dataclass(frozen=True)
class Sender:
    """From where a request comes; ``customer`` is the proved customer id, or None."""

    conversation: str
    channel: str
    customer: str | None


@dataclass(frozen=True)
class Filed:
    """A request's number and when it was opened; ``already`` says that it was there before."""

    number: str
    opened_at: datetime
    already: bool = False


def open_request(session: Session, kind: str, sender: Sender) -> tables.ServiceRequest | None:
    """Return the newest request of this kind that is not closed: the customer's, else the conversation's own."""
    request = tables.ServiceRequest
    mine = request.customer_id == sender.customer if sender.customer else request.conversation == sender.conversation
    found = select(request).where(mine, request.kind == kind, request.closed_at.is_(None))
    return session.execute(found.order_by(request.opened_at.desc())).scalars().first()


def file_hardship(
    sessions: sessionmaker[Session],
    sender: Sender,
    now: datetime,
    *,
    reason: str,
    reason_words: str,
    monthly_amount: Decimal,
    contact_time: str,
    loan_id: str | None,
    choose: Callable[[str], str] = secrets.choice,
) -> Filed:
    """File for relief, or return the customer's open request. ``monthly_amount`` is in yuan.

    Raises NotYourLoan; ValueError without a proved customer.
    """
    if sender.customer is None:
        raise ValueError("a hardship request needs a proved customer")

    def details(session: Session, number: str) -> Any:
        if loan_id is not None:
            loan = session.get(tables.Loan, loan_id)
            if loan is None or loan.customer_id != sender.customer:
                raise NotYourLoan(loan_id)
        return tables.HardshipRequest(
            number=number,
            reason=reason,
            reason_words=mask(reason_words),
            monthly_amount=monthly_amount,
            contact_time=mask(contact_time)[:64],
            loan_id=loan_id,
        )

    return _file(
        sessions, HARDSHIP, sender, now, details, lambda session: open_request(session, HARDSHIP, sender), choose
    )


def file_complaint(
    sessions: sessionmaker[Session],
    sender: Sender,
    now: datetime,
    *,
    happened: str,
    happened_when: str | None,
    wanted: str,
    choose: Callable[[str], str] = secrets.choice,
) -> Filed:
    """File a complaint; the same story again, while the first is open, returns the first."""

    def details(session: Session, number: str) -> Any:
        when = mask(happened_when) if happened_when else None
        return tables.Complaint(number=number, happened=mask(happened), happened_when=when, wanted=mask(wanted))

    def same(session: Session) -> Any:
        found = open_request(session, COMPLAINT, sender)
        told = fingerprint(mask(happened))
        return found if found is not None and fingerprint(found.complaint.happened) == told else None

    return _file(sessions, COMPLAINT, sender, now, details, same, choose)


def file_handoff(
    sessions: sessionmaker[Session],
    sender: Sender,
    now: datetime,
    *,
    question: str,
    transcript: str,
    choose: Callable[[str], str] = secrets.choice,
) -> Filed:
    """File a ticket for a person, or return the conversation's open one.

    One that was filed before the sender's proof, or under a proof that has lapsed since, takes the new question
    in as well: a conversation has one open ticket, and no question is lost.
    """

    def details(session: Session, number: str) -> Any:
        return tables.HandoffTicket(number=number, question=mask(question), transcript=mask(transcript))

    def waiting(session: Session) -> Any:
        found = open_request(session, HANDOFF, sender)
        if found is None:
            found = open_request(session, HANDOFF, Sender(sender.conversation, sender.channel, None))
        if found is not None and found.customer_id != sender.customer:
            found.handoff.question += f"\n{mask(question)}"
        return found

    return _file(sessions, HANDOFF, sender, now, details, waiting, choose)


def _file(
    sessions: sessionmaker[Session],
    kind: str,
    sender: Sender,
    now: datetime,
    details: Callable[[Session, str], Any],
    existing: Callable[[Session], Any],
    choose: Callable[[str], str],
) -> Filed:
    """Write everything in one transaction. A second process that was faster makes the database refuse: look again."""
    for _ in range(_TRIES):
        try:
            with sessions.begin() as session:
                found = existing(session)
                if found is not None:
                    return Filed(str(found.number), found.opened_at.astimezone(SHANGHAI), already=True)
                number = new_number(kind, now.astimezone(SHANGHAI).date(), choose)
                session.add(
                    tables.ServiceRequest(
                        number=number,
                        kind=kind,
                        customer_id=sender.customer,
                        conversation=sender.conversation,
                        channel=sender.channel,
                        opened_at=now,
                    )
                )
                session.flush()
                session.add(details(session, number))
                session.add(tables.RequestEvent(number=number, at=now, who=CUSTOMER, what="opened"))
                audit.record(
                    session, f"file {kind}", now, customer_id=sender.customer, conversation=sender.conversation,
                    channel=sender.channel, detail=number,
                )  # fmt: skip
                return Filed(number, now)
        except IntegrityError as error:
            refused = error
    raise refused
