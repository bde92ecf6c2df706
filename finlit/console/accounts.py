"""Accounts of the console: passwords, sessions, login limits, roles, the audit trail."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from finlit.db.tables import ConsoleAudit, ConsoleLoginFailure, ConsoleSession, ConsoleUser
from finlit.db.tables.console import ROLES

SHORTEST_PASSWORD = 10
IDLE = timedelta(hours=1)
LONGEST = timedelta(hours=12)
WINDOW = timedelta(minutes=15)
MOST_FAILURES_OF_A_NAME = 5
MOST_FAILURES_OF_AN_ADDRESS = 20
NAME = re.compile(r"[a-z][a-z0-9_-]{1,30}")
ROLE_TITLES = {"viewer": "查看", "editor": "编辑", "publisher": "发布", "admin": "管理"}

_hasher = PasswordHasher()
_NOBODY = _hasher.hash(secrets.token_hex(8))  # an unknown name takes as long as a wrong password


class Refused(ValueError):
    """Why an account or a login is not accepted, as one Chinese sentence."""


@dataclass(frozen=True)
class Editor:
    """Who is signed in, as the pages need it."""

    name: str
    full_name: str
    email: str
    role: str
    csrf: str

    def may(self, role: str) -> bool:
        """Say whether the editor's role includes ``role``."""
        return ROLES.index(self.role) >= ROLES.index(role)

    @property
    def role_title(self) -> str:
        return ROLE_TITLES[self.role]


def _token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def check_password(password: str, name: str = "") -> None:
    """Raise Refused when a new password is too weak."""
    if len(password) < SHORTEST_PASSWORD:
        raise Refused(f"密码至少 {SHORTEST_PASSWORD} 个字符。")
    if len(set(password)) < 5 or (name and name in password.lower()):
        raise Refused("这个密码太容易猜：不要只有几种字符，也不要含用户名。")


def add_user(
    session: Session, name: str, full_name: str, email: str, role: str, password: str, now: datetime
) -> ConsoleUser:
    """Add an account; raises Refused for a bad name, role or password, or a name that is taken."""
    if not NAME.fullmatch(name):
        raise Refused("用户名用小写字母开头，只含小写字母、数字、下划线和短横，2 到 31 个字符。")
    if role not in ROLES:
        raise Refused(f"角色只能是 {'、'.join(ROLES)}。")
    if not full_name.strip() or "@" not in email or re.search(r"[<>\n]", full_name + email):
        raise Refused("请写姓名和邮箱：发布记录里用它们署名。")
    check_password(password, name)
    if session.get(ConsoleUser, name) is not None:
        raise Refused(f"用户名 {name} 已经有了。")
    user = ConsoleUser(
        name=name, full_name=full_name.strip(), email=email.strip(), role=role,
        password_hash=_hasher.hash(password), created_at=now,
    )  # fmt: skip
    session.add(user)
    return user


def set_password(session: Session, user: ConsoleUser, password: str) -> None:
    """Give a new password and sign the account out everywhere; raises Refused."""
    check_password(password, str(user.name))
    user.password_hash = _hasher.hash(password)
    session.execute(delete(ConsoleSession).where(ConsoleSession.user_name == user.name))


def password_is_right(user: ConsoleUser | None, password: str) -> bool:
    """Check a password; takes as long for an unknown user."""
    try:
        return _hasher.verify(str(user.password_hash) if user else _NOBODY, password) and user is not None
    except (VerificationError, InvalidHashError):
        return False


def _failures(session: Session, column: object, value: str, now: datetime) -> int:
    recent = ConsoleLoginFailure.at > now - WINDOW
    session.flush()
    counted = select(func.count()).select_from(ConsoleLoginFailure).where(column == value, recent)
    return int(session.scalar(counted) or 0)


def sign_in(session: Session, name: str, password: str, address: str, now: datetime) -> str | None:
    """Return the token of a new session, None for a wrong name or password.

    Raises Refused after too many failures of the name or the address within a quarter of an hour.
    """
    name = name.strip().lower()[:64]
    if (
        _failures(session, ConsoleLoginFailure.user_name, name, now) >= MOST_FAILURES_OF_A_NAME
        or _failures(session, ConsoleLoginFailure.address, address, now) >= MOST_FAILURES_OF_AN_ADDRESS
    ):
        raise Refused("错的次数太多了，请 15 分钟后再试。")
    user = session.get(ConsoleUser, name)
    if not password_is_right(user, password[:1024]) or user is None or user.disabled_at is not None:
        session.add(ConsoleLoginFailure(user_name=name, address=address, at=now))
        return None
    session.execute(delete(ConsoleLoginFailure).where(ConsoleLoginFailure.user_name == name))
    session.execute(delete(ConsoleSession).where(ConsoleSession.expires_at < now))
    token = secrets.token_urlsafe(32)
    session.add(
        ConsoleSession(
            token_hash=_token_hash(token),
            user_name=name,
            csrf=secrets.token_urlsafe(24),
            created_at=now,
            seen_at=now,
            expires_at=now + LONGEST,
        )  # fmt: skip
    )
    return token


def editor_of(session: Session, token: str | None, now: datetime) -> Editor | None:
    """Return who a session's token belongs to; None when it is unknown, expired, idle or its user disabled."""
    row = session.get(ConsoleSession, _token_hash(token)) if token else None
    if row is None or row.expires_at <= now or row.seen_at <= now - IDLE:
        return None
    user = session.get(ConsoleUser, row.user_name)
    if user is None or user.disabled_at is not None:
        return None
    if now - row.seen_at > timedelta(minutes=1):
        row.seen_at = now
    return Editor(str(user.name), str(user.full_name), str(user.email), str(user.role), str(row.csrf))


def sign_out(session: Session, token: str) -> None:
    """End one session."""
    session.execute(delete(ConsoleSession).where(ConsoleSession.token_hash == _token_hash(token)))


def csrf_is_right(editor: Editor, given: str | None) -> bool:
    """Compare a form's token with the session's, in constant time."""
    return bool(given) and hmac.compare_digest(editor.csrf.encode(), str(given).encode())


def note(session: Session, editor_name: str, action: str, subject: str, address: str, now: datetime) -> None:
    """Add a line to the audit trail."""
    session.add(ConsoleAudit(at=now, user_name=editor_name, action=action, subject=subject[:256], address=address[:64]))
