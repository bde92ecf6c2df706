"""The code that was sent last, for development and tests: found by trying all of them against its digest.

Nothing readable is stored for this. It works because whoever runs it has the key; production refuses.
"""

from __future__ import annotations

from sqlalchemy import select

from finlit import settings
from finlit.accounts.attempts import CODE
from finlit.accounts.verification import CODE_DIGITS, Verification
from finlit.db import engine, tables


class NotInProduction(PermissionError):
    """Codes are nobody's but the customer's."""


def of_conversation(verification: Verification, conversation: str) -> str | None:
    """Return the code that ``conversation`` waits for, None when it waits for none. Raises NotInProduction."""
    return _found(verification, tables.VerificationAttempt.conversation == conversation)


def of_phone(verification: Verification, phone: str) -> str | None:
    """Return the newest code that was sent to ``phone`` (11 digits), None when there is none. Raises NotInProduction."""
    return _found(verification, tables.VerificationAttempt.phone_digest == verification.phone_digest(phone))


def _found(verification: Verification, condition: object) -> str | None:
    current = settings.load()
    if current.is_production:
        raise NotInProduction
    newest = (
        select(tables.VerificationAttempt)
        .where(condition, tables.VerificationAttempt.stage == CODE)
        .where(tables.VerificationAttempt.code_expires_at > current.now())
        .order_by(tables.VerificationAttempt.touched_at.desc())
    )
    with engine.sessions(current.database_url)() as session:
        attempt = session.execute(newest).scalars().first()
    if attempt is None:
        return None
    codes = (f"{number:0{CODE_DIGITS}d}" for number in range(10**CODE_DIGITS))
    return next(
        (code for code in codes if verification.code_digest(attempt.conversation, code) == attempt.code_digest), None
    )
