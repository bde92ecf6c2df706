"""The editors' console: who may come in, what they did, what was published, which process serves it."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, String, Text

from finlit.db.tables.base import Base, RowId, one_of
from finlit.db.types import UtcTime

ROLES = ("viewer", "editor", "publisher", "admin")
PUBLICATION_STATES = ("waiting", "running", "published", "failed", "returned")


class ConsoleUser(Base):
    """Somebody who may use the console. Never deleted: the audit trail names them."""

    __tablename__ = "console_users"
    __table_args__ = (CheckConstraint(one_of("role", ROLES), name="role_is_known"),)

    name = Column(String(32), primary_key=True)  # what they log in with, and the name of their draft
    full_name = Column(String(64), nullable=False)
    email = Column(String(128), nullable=False)
    role = Column(String(16), nullable=False)
    password_hash = Column(String(256), nullable=False)
    created_at = Column(UtcTime, nullable=False)
    disabled_at = Column(UtcTime)


class ConsoleSession(Base):
    """One signed-in browser. The cookie's token is stored as a hash only."""

    __tablename__ = "console_sessions"

    token_hash = Column(String(64), primary_key=True)
    user_name = Column(ForeignKey("console_users.name", ondelete="CASCADE"), nullable=False, index=True)
    csrf = Column(String(64), nullable=False)
    created_at = Column(UtcTime, nullable=False)
    seen_at = Column(UtcTime, nullable=False)
    expires_at = Column(UtcTime, nullable=False)


class ConsoleLoginFailure(Base):
    """A wrong password or an unknown name; kept to slow down guessing."""

    __tablename__ = "console_login_failures"
    __table_args__ = (Index(None, "user_name", "at"), Index(None, "address", "at"))

    id = Column(RowId, primary_key=True)
    user_name = Column(String(64), nullable=False)
    address = Column(String(64), nullable=False)
    at = Column(UtcTime, nullable=False)


class ConsoleAudit(Base):
    """What somebody did in the console; only ever added to."""

    __tablename__ = "console_audit"
    __table_args__ = (Index(None, "at"),)

    id = Column(RowId, primary_key=True)
    at = Column(UtcTime, nullable=False)
    user_name = Column(String(64), nullable=False)
    action = Column(String(32), nullable=False)
    subject = Column(String(256), nullable=False)
    address = Column(String(64), nullable=False)


class Publication(Base):
    """One attempt to put a draft (or an earlier state) before customers, and how far it came."""

    __tablename__ = "publications"
    __table_args__ = (
        CheckConstraint(one_of("state", PUBLICATION_STATES), name="state_is_known"),
        CheckConstraint("kind IN ('publish', 'rollback')", name="kind_is_known"),
    )

    id = Column(RowId, primary_key=True)
    kind = Column(String(16), nullable=False)
    draft = Column(String(64), nullable=False)  # whose draft is published; of a rollback: who asked for it
    user_name = Column(ForeignKey("console_users.name"), nullable=False)
    reviewer = Column(ForeignKey("console_users.name"))
    message = Column(Text, nullable=False)
    reason = Column(Text, nullable=False, default="")  # why it is published although figures got worse
    before_commit = Column(String(64), nullable=False)
    after_commit = Column(String(64))
    before_model = Column(String(128))
    after_model = Column(String(128))
    state = Column(String(16), nullable=False)
    step = Column(String(32), nullable=False, default="")
    log = Column(Text, nullable=False, default="")
    report = Column(Text, nullable=False, default="")  # JSON
    created_at = Column(UtcTime, nullable=False)
    live_at = Column(UtcTime)  # every serving process had it and the smoke test passed
    finished_at = Column(UtcTime)
    asked_commit = Column(String(64))  # of the draft: what was asked for, and is reviewed and measured


class InboxMark(Base):
    """What an editor decided about a sentence of the inbox (by the hash of its normal form)."""

    __tablename__ = "inbox_marks"
    __table_args__ = (CheckConstraint("decision IN ('assigned', 'ignored')", name="decision_is_known"),)

    fingerprint = Column(String(64), primary_key=True)
    decision = Column(String(16), nullable=False)
    intent = Column(String(64), nullable=False, default="")
    user_name = Column(String(64), nullable=False)
    at = Column(UtcTime, nullable=False)


class ServingWorker(Base):
    """A server process that answers customers, and the model that it uses just now."""

    __tablename__ = "serving_workers"

    id = Column(String(96), primary_key=True)  # host, process id and start
    model = Column(String(128), nullable=False)
    fault = Column(Text, nullable=False, default="")  # why it could not take the wanted model
    switched_at = Column(UtcTime, nullable=False)
    seen_at = Column(UtcTime, nullable=False)
    switch_milliseconds = Column(Integer, nullable=False, default=0)
