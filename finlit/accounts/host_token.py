"""A customer who is logged in on the lender's site, taken over by a token that the site signed.

The token is a JWT (HS256) with ``sub`` (the customer's id), ``aud``, ``jti``, ``iat`` and ``exp``,
valid for two minutes at most and for one session only.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta, timezone
from typing import Any

import jwt
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from finlit import settings
from finlit.accounts import audit, binding
from finlit.db import engine, tables
from finlit.identity_settings import IdentitySettings

LASTS_AT_MOST = timedelta(minutes=2)
CLOCKS_DIFFER_BY = timedelta(seconds=30)
ALGORITHM = "HS256"
_REQUIRED = ["sub", "aud", "jti", "iat", "exp"]


class TokenRefused(PermissionError):
    """The token opens nothing; the reason is for the log."""


def take_over(token: str, conversation: str, channel: str) -> None:
    """Bind ``conversation``, made for this token, to the customer whom it names.

    Raises TokenRefused when the token is forged, expired, too long-lived, used before or for nobody
    we know; SQLAlchemyError when the database fails, and then nothing is bound.
    """
    current = settings.load()
    now = current.now()
    claims = _claims(token, current.identity, now)
    digest = hashlib.sha256(str(claims["jti"]).encode()).hexdigest()
    expires_at = datetime.fromtimestamp(claims["exp"], timezone.utc)
    try:
        with engine.sessions(current.database_url).begin() as session:
            session.execute(delete(tables.UsedHostToken).where(tables.UsedHostToken.expires_at < now - LASTS_AT_MOST))
            session.add(tables.UsedHostToken(digest=digest, expires_at=expires_at))
            session.flush()
            if session.get(tables.Customer, claims["sub"]) is None:
                audit.record(session, "host token refused", now, conversation=conversation, channel=channel)
                known = False
            else:
                binding.bind(session, conversation, channel, claims["sub"], "host_token", now)
                known = True
    except IntegrityError as error:
        raise TokenRefused("used before") from error
    if not known:
        raise TokenRefused("nobody has this customer id")


def _claims(token: str, identity: IdentitySettings, now: datetime) -> dict[str, Any]:
    if not identity.host_token_secret or not identity.account_answers:
        raise TokenRefused("host tokens are switched off")
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            identity.host_token_secret,
            algorithms=[ALGORITHM],
            audience=identity.host_token_audience,
            # times are compared with our own clock below, which tests can move
            options={"require": _REQUIRED, "verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )
    except jwt.PyJWTError as error:
        raise TokenRefused(type(error).__name__) from error
    issued, expires, moment = claims["iat"], claims["exp"], now.timestamp()
    if not (isinstance(issued, int) and isinstance(expires, int) and isinstance(claims["sub"], str)):
        raise TokenRefused("claims of the wrong type")
    if not claims["jti"] or not isinstance(claims["jti"], str):
        raise TokenRefused("no jti")
    if expires - issued > LASTS_AT_MOST.total_seconds() or issued > moment + CLOCKS_DIFFER_BY.total_seconds():
        raise TokenRefused("valid for too long")
    if moment >= expires:
        raise TokenRefused("expired")
    return claims
