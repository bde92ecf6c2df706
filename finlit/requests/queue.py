"""The staff's side: what is waiting, who takes it, what the customer is told, when it is closed.

Every step leaves an event with the name of who did it. Callers have checked who that is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from finlit.db import tables
from finlit.db.tables.requests import ANSWERED, ASSIGNED, CLOSED, COMPLAINT
from finlit.privacy import mask
from finlit.settings import SHANGHAI

COMPLAINT_DAYS = 15  # F-NEG-07: clear and simple cases are settled and told within 15 days
MOST = 200


class UnknownRequest(LookupError):
    """There is no request with this number."""


class AlreadyClosed(RuntimeError):
    """A closed request is not changed any more."""


class NoWords(ValueError):
    """An answer to a customer needs words."""


@dataclass(frozen=True)
class Event:
    """One step; ``at`` is in Asia/Shanghai."""

    at: datetime
    who: str
    what: str
    note: str | None


@dataclass(frozen=True)
class Case:
    """A request as staff see it. ``lines`` are the customer's own words by question name, masked.

    ``due_on`` is the last day of F-NEG-07 for a complaint, else None.
    """

    number: str
    kind: str
    state: str
    customer: str | None
    conversation: str
    channel: str
    assigned_to: str | None
    opened_at: datetime
    closed_at: datetime | None
    due_on: datetime | None
    answer: str | None
    lines: dict[str, str]
    transcript: str | None
    events: tuple[Event, ...]


def waiting(session: Session, kind: str | None = None, states: Sequence[str] = (), limit: int = MOST) -> list[Case]:
    """Return the requests that are not closed (or those in ``states``), oldest first."""
    request = tables.ServiceRequest
    found = select(request).options(
        selectinload(request.events),
        selectinload(request.hardship),
        selectinload(request.complaint),
        selectinload(request.handoff),
    )
    found = found.where(request.state.in_(states) if states else request.closed_at.is_(None))
    if kind is not None:
        found = found.where(request.kind == kind)
    return [_case(each) for each in session.execute(found.order_by(request.opened_at).limit(limit)).scalars()]


def counts(session: Session) -> dict[tuple[str, str], int]:
    """Return how many requests there are by (kind, state), for dashboards and alarms."""
    request = tables.ServiceRequest
    rows = session.execute(select(request.kind, request.state, func.count()).group_by(request.kind, request.state))
    return {(kind, state): count for kind, state, count in rows}


def case(session: Session, number: str) -> Case:
    """Return one request; raises UnknownRequest."""
    return _case(_known(session.get(tables.ServiceRequest, number), number))


def assign(session: Session, number: str, to: str, by: str, now: datetime) -> Case:
    """Give the request to a person; raises UnknownRequest, AlreadyClosed. The caller commits."""
    request = _open(session, number)
    request.assigned_to = to
    if request.state != ANSWERED:
        request.state = ASSIGNED
    return _stepped(session, request, now, by, "assigned", to)


def answer(session: Session, number: str, words: str, by: str, now: datetime) -> Case:
    """Tell the customer something; they read it when they ask for the status. Raises also NoWords."""
    if not words.strip():
        raise NoWords(number)
    request = _open(session, number)
    request.answer = mask(words.strip())
    request.assigned_to = request.assigned_to or by
    request.state = ANSWERED
    return _stepped(session, request, now, by, "answered", request.answer)


def close(session: Session, number: str, by: str, now: datetime, note: str | None = None) -> Case:
    """Close the request; raises UnknownRequest, AlreadyClosed. The caller commits."""
    request = _open(session, number)
    request.assigned_to = request.assigned_to or by
    request.state, request.closed_at = CLOSED, now
    return _stepped(session, request, now, by, "closed", mask(note) if note else None)


def _known(request: tables.ServiceRequest | None, number: str) -> tables.ServiceRequest:
    if request is None:
        raise UnknownRequest(number)
    return request


def _open(session: Session, number: str) -> tables.ServiceRequest:
    """Return the request, locked: whoever else would change it waits."""
    request = _known(session.get(tables.ServiceRequest, number, with_for_update=True), number)
    if request.closed_at is not None:
        raise AlreadyClosed(number)
    return request


def _stepped(
    session: Session, request: tables.ServiceRequest, now: datetime, by: str, what: str, note: str | None
) -> Case:
    session.add(tables.RequestEvent(number=request.number, at=now, who=f"staff:{by}", what=what, note=note))
    session.flush()
    session.refresh(request)
    return _case(request)


def _case(request: tables.ServiceRequest) -> Case:
    opened = request.opened_at.astimezone(SHANGHAI)
    return Case(
        number=str(request.number),
        kind=str(request.kind),
        state=str(request.state),
        customer=request.customer_id,
        conversation=str(request.conversation),
        channel=str(request.channel),
        assigned_to=request.assigned_to,
        opened_at=opened,
        closed_at=request.closed_at.astimezone(SHANGHAI) if request.closed_at else None,
        due_on=opened + timedelta(days=COMPLAINT_DAYS) if request.kind == COMPLAINT else None,
        answer=request.answer,
        lines=_lines(request),
        transcript=request.handoff.transcript if request.handoff else None,
        events=tuple(Event(each.at.astimezone(SHANGHAI), each.who, each.what, each.note) for each in request.events),
    )


def _lines(request: tables.ServiceRequest) -> dict[str, str]:
    if request.hardship is not None:
        details = request.hardship
        lines = {"reason": details.reason, "words": details.reason_words, "monthly": _yuan(details.monthly_amount),
                 "contact": details.contact_time, "loan": details.loan_id or ""}  # fmt: skip
    elif request.complaint is not None:
        details = request.complaint
        lines = {"happened": details.happened, "when": details.happened_when or "", "wanted": details.wanted}
    else:
        lines = {"question": request.handoff.question} if request.handoff is not None else {}
    return {name: str(text) for name, text in lines.items() if text}


def _yuan(amount: Decimal) -> str:
    return f"{amount:.2f}"
