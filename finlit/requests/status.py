"""What a customer may learn about a request: their own, and nothing about anybody else's.

A number that does not exist and a number of somebody else look exactly the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from finlit.db import tables
from finlit.requests.filing import Sender
from finlit.settings import SHANGHAI


@dataclass(frozen=True)
class RequestStatus:
    """One own request; times are in Asia/Shanghai, ``answer`` is what staff wrote to the customer."""

    number: str
    kind: str
    state: str
    opened_at: datetime
    changed_at: datetime
    answer: str | None


def by_number(session: Session, number: str, sender: Sender) -> RequestStatus | None:
    """Return the request when it is the proved customer's or was filed in this very conversation."""
    request = session.get(tables.ServiceRequest, number)
    return _status(request) if request is not None and _is_own(request, sender) else None


def latest(session: Session, kind: str, sender: Sender) -> RequestStatus | None:
    """Return the newest own request of ``kind``, closed ones included."""
    request = tables.ServiceRequest
    mine = request.conversation == sender.conversation
    if sender.customer is not None:
        mine = or_(request.customer_id == sender.customer, mine)
    found = session.execute(select(request).where(mine, request.kind == kind).order_by(request.opened_at.desc()))
    return next((_status(each) for each in found.scalars() if _is_own(each, sender)), None)


def _is_own(request: tables.ServiceRequest, sender: Sender) -> bool:
    """Say whether the sender may see the request.

    One that was filed by a proved customer is shown to that customer only: the conversation it
    came from may be somebody else's by now (a shared computer, a binding that was given back).
    """
    if request.customer_id is not None:
        return bool(request.customer_id == sender.customer)
    return bool(request.conversation == sender.conversation)


def _status(request: tables.ServiceRequest) -> RequestStatus:
    changed = max((event.at for event in request.events), default=request.opened_at)
    return RequestStatus(
        number=str(request.number),
        kind=str(request.kind),
        state=str(request.state),
        opened_at=request.opened_at.astimezone(SHANGHAI),
        changed_at=changed.astimezone(SHANGHAI),
        answer=request.answer,
    )
