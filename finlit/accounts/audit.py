"""The record of every account read and change: who, what, when, from where.

An entry is written in the session that reads or changes, so that both happen or neither does:
what could not be recorded is not shown.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from finlit import request_id
from finlit.db import tables
from finlit.privacy import mask

CUSTOMER = "customer"
LONGEST_DETAIL = 200
_ENTRY = insert(tables.AuditEntry.__table__)


def record(
    session: Session,
    what: str,
    at: datetime,
    *,
    who: str = CUSTOMER,
    customer_id: str | None = None,
    conversation: str | None = None,
    channel: str | None = None,
    detail: str | None = None,
) -> None:
    """Add an entry to ``session``; the caller commits. Raises SQLAlchemyError when it can't be written.

    ``what`` is a verb and its object (``read account_status``); ``who`` is ``customer``, ``system``
    or ``staff:<name>``; ``detail`` holds no figures and is masked.
    """
    entry = {
        "at": at,
        "who": who,
        "what": what,
        "customer_id": customer_id,
        "conversation": conversation,
        "channel": channel,
        "request_id": request_id.current(),
        "detail": mask(detail)[:LONGEST_DETAIL] if detail else None,
    }
    session.execute(_ENTRY, entry)
