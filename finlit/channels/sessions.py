"""Web sessions that the server makes and signs; a client can neither choose nor guess a sender id."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

import jwt

COOKIE = "finlit_session"
LASTS = timedelta(days=7)
_ALGORITHM = "HS256"


def new_session(secret: str, now: datetime) -> str:
    """Return a signed token for a new conversation, valid for seven days."""
    claims = {"sid": f"web-{secrets.token_urlsafe(24)}", "exp": int((now + LASTS).timestamp())}
    return jwt.encode(claims, secret, algorithm=_ALGORITHM)


def conversation_of(token: str | None, secret: str) -> str | None:
    """Return the conversation's id, None for a token that is missing, forged or expired."""
    if not token:
        return None
    try:
        claims = jwt.decode(token, secret, algorithms=[_ALGORITHM], options={"require": ["exp", "sid"]})
    except jwt.PyJWTError:
        return None
    return str(claims["sid"])
