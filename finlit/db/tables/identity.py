"""Who is talking: proofs of identity, the way to them, and the record of what was done with an account."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, String

from finlit.db.tables.base import Base, RowId
from finlit.db.types import Moments, UtcTime

PROOFS = ("code", "host_token", "terminal")
STAGES = ("consent", "phone", "code", "done", "left")


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


class Binding(Base):
    """Which customer a conversation has proved to be; written by the server only.

    How long it holds depends on the channel, see ``finlit.accounts.binding``.
    """

    __tablename__ = "bindings"
    __table_args__ = (
        CheckConstraint("seen_at >= bound_at", name="seen_after_bound"),
        CheckConstraint(_one_of("proved_by", PROOFS), name="proof_is_known"),
    )

    conversation = Column(String(128), primary_key=True)
    customer_id = Column(ForeignKey("customers.id", ondelete="CASCADE"), nullable=False, index=True)
    channel = Column(String(32), nullable=False)
    proved_by = Column(String(16), nullable=False)
    bound_at = Column(UtcTime, nullable=False)
    seen_at = Column(UtcTime, nullable=False)


class VerificationAttempt(Base):
    """Where a conversation stands on its way to a proof. Phone and code are keyed digests, never readable.

    ``customer_id`` is null for a phone that nobody registered; everything else is the same then.
    ``wanted`` is the question to answer once the proof is there. ``done`` and ``left`` stay for a
    while: a code that is typed once more must still be recognised, to be masked.
    """

    __tablename__ = "verification_attempts"
    __table_args__ = (
        CheckConstraint(_one_of("stage", STAGES), name="stage_is_known"),
        CheckConstraint("bad_answers >= 0", name="bad_answers_not_negative"),
        CheckConstraint("(code_digest IS NULL) = (code_expires_at IS NULL)", name="a_code_expires"),
        CheckConstraint(
            "stage <> 'code' OR (phone_digest IS NOT NULL AND code_digest IS NOT NULL)", name="code_stage_has_a_code"
        ),
        Index(None, "phone_digest"),
        Index(None, "touched_at"),
    )

    conversation = Column(String(128), primary_key=True)
    channel = Column(String(32), nullable=False)
    stage = Column(String(16), nullable=False)
    wanted = Column(String(64))
    customer_id = Column(ForeignKey("customers.id", ondelete="CASCADE"), index=True)
    phone_digest = Column(String(64))
    code_digest = Column(String(64))
    code_expires_at = Column(UtcTime)
    bad_answers = Column(Integer, nullable=False, default=0)
    touched_at = Column(UtcTime, nullable=False)


class VerificationLimit(Base):
    """What a phone (by digest) or a sender has used up within the last hour. The row is locked while it is changed."""

    __tablename__ = "verification_limits"
    __table_args__ = (Index(None, "touched_at"),)

    subject = Column(String(140), primary_key=True)
    codes = Column(Moments, nullable=False)
    wrong = Column(Moments, nullable=False)
    touched_at = Column(UtcTime, nullable=False)


class Consent(Base):
    """Who agreed to which version of the privacy notice, and when it was taken back."""

    __tablename__ = "consents"
    __table_args__ = (
        CheckConstraint("withdrawn_at >= given_at", name="withdrawn_after_given"),
        Index(None, "conversation"),
    )

    id = Column(RowId, primary_key=True)
    conversation = Column(String(128), nullable=False)
    notice = Column(String(32), nullable=False)
    given_at = Column(UtcTime, nullable=False)
    withdrawn_at = Column(UtcTime)


class UsedHostToken(Base):
    """A token of the lender's site that has opened a session; it opens no second one."""

    __tablename__ = "used_host_tokens"
    __table_args__ = (Index(None, "expires_at"),)

    digest = Column(String(64), primary_key=True)
    expires_at = Column(UtcTime, nullable=False)


class AuditEntry(Base):
    """One read or change of an account: who, what, when, from where. Never changed, outlives the customer's row."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        CheckConstraint("length(who) > 0 AND length(what) > 0", name="says_who_and_what"),
        Index(None, "customer_id", "at"),
        Index(None, "conversation", "at"),
        Index(None, "at"),
    )

    id = Column(RowId, primary_key=True)
    at = Column(UtcTime, nullable=False)
    who = Column(String(64), nullable=False)
    what = Column(String(64), nullable=False)
    customer_id = Column(String(32))
    conversation = Column(String(128))
    channel = Column(String(32))
    detail = Column(String(200))
    request_id = Column(String(64), index=True)  # the same as in the logs of all processes
