"""Registered phones that a delivery changes: the numbers move, and what the old ones proved ends with them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, cast, delete, exists, literal, select
from sqlalchemy.engine import Connection

from finlit import request_id
from finlit.db import tables
from finlit.db.delivery import staging

CUSTOMERS, BINDINGS = tables.Customer.__table__, tables.Binding.__table__
ATTEMPTS, AUDIT = tables.VerificationAttempt.__table__, tables.AuditEntry.__table__
_NEW = staging.TABLES["customers"]
_MOVES = exists().where(_NEW.c.customer_id == CUSTOMERS.c.id, _NEW.c.phone != CUSTOMERS.c.phone)


def free(connection: Connection, now: datetime) -> None:
    """Take numbers that change hands from their owners first: they are unique at every moment.

    Whoever proved with a code to the old number who they are has to prove it again; audited.
    """
    _end_proofs(connection, now)
    placeholder = select(literal("~") + cast(_NEW.c.line, String(19))).where(_NEW.c.customer_id == CUSTOMERS.c.id)
    connection.execute(CUSTOMERS.update().where(_MOVES).values(phone=placeholder.scalar_subquery()))


def _end_proofs(connection: Connection, now: datetime) -> None:
    moved = select(CUSTOMERS.c.id).where(_MOVES)
    proved = (BINDINGS.c.proved_by == "code") & BINDINGS.c.customer_id.in_(moved)
    entry = {
        "at": now,
        "who": "system",
        "what": "unbind",
        "detail": "phone changed",
        "request_id": request_id.current(),
    }
    fixed = [literal(value, AUDIT.c[name].type).label(name) for name, value in entry.items()]
    rows = select(*fixed, BINDINGS.c.customer_id, BINDINGS.c.conversation, BINDINGS.c.channel).where(proved)
    connection.execute(AUDIT.insert().from_select([*entry, "customer_id", "conversation", "channel"], rows))
    connection.execute(delete(BINDINGS).where(proved))
    connection.execute(delete(ATTEMPTS).where(ATTEMPTS.c.customer_id.in_(moved)))
