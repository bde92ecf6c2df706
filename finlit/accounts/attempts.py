"""Where a conversation stands on its way to a proof: every message asks for it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from finlit.db.tables import VerificationAttempt

# Plain columns, and a statement that is built once.
_FIND = select(
    VerificationAttempt.stage,
    VerificationAttempt.wanted,
    VerificationAttempt.touched_at,
    VerificationAttempt.code_digest,
    VerificationAttempt.code_expires_at,
).where(VerificationAttempt.conversation == bindparam("of_conversation"))


def find(session: Session, conversation: str) -> Any:
    """Return the columns of the conversation's attempt, None when there is none."""
    return session.execute(_FIND, {"of_conversation": conversation}).first()
