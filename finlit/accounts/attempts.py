"""Where a conversation stands on its way to a proof: every message asks for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from finlit.db.tables import VerificationAttempt

ATTEMPT_LASTS = timedelta(minutes=15)  # a step that is not taken for so long is forgotten
CONSENT, PHONE, CODE, DONE, LEFT = "consent", "phone", "code", "done", "left"
OPEN = (CONSENT, PHONE, CODE)
# Plain columns, and a statement that is built once.
_FIND = select(
    VerificationAttempt.stage,
    VerificationAttempt.wanted,
    VerificationAttempt.touched_at,
    VerificationAttempt.code_digest,
    VerificationAttempt.code_expires_at,
).where(VerificationAttempt.conversation == bindparam("of_conversation"))


@dataclass(frozen=True)
class Pending:
    """Where a conversation stands; ``code_digest`` is there while its code could still be typed."""

    stage: str
    wanted: str | None
    code_digest: str | None

    @property
    def is_open(self) -> bool:
        return self.stage in OPEN


def pending(session: Session, conversation: str, now: datetime) -> Pending | None:
    """Return where the conversation stands at ``now``, None when nothing of an attempt counts any more."""
    attempt = session.execute(_FIND, {"of_conversation": conversation}).first()
    if attempt is None:
        return None
    code = attempt.code_digest if attempt.code_expires_at and now < attempt.code_expires_at else None
    fresh = attempt.stage in OPEN and now < attempt.touched_at + ATTEMPT_LASTS
    return Pending(attempt.stage if fresh else LEFT, attempt.wanted, code) if fresh or code else None
