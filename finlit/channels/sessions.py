"""Web sessions that the server makes and signs; a client can neither choose nor guess a sender id.

The token travels in a cookie that no script can read. The page itself has a Lax cookie; inside the
widget on another site such a cookie isn't sent, so the widget has a partitioned one of its own. Where a
browser refuses that too, the widget may hold the token itself and send it as ``Authorization: Bearer``.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt
from sanic.request import Request
from sanic.response import HTTPResponse

PAGE, WIDGET = "page", "widget"
COOKIES = {PAGE: "finlit_session", WIDGET: "finlit_widget"}
LASTS = timedelta(days=7)
_ALGORITHM = "HS256"
_BEARER = "Bearer "


@dataclass(frozen=True)
class WebSession:
    """A conversation and when its token expires."""

    conversation: str
    expires: datetime

    def should_be_renewed(self, now: datetime) -> bool:
        """Say whether less than half of the token's life is left."""
        return self.expires - now < LASTS / 2


def token_for(conversation: str, secret: str, now: datetime) -> str:
    """Return a signed token for ``conversation``, valid for seven days."""
    claims = {"sid": conversation, "exp": int((now + LASTS).timestamp())}
    return jwt.encode(claims, secret, algorithm=_ALGORITHM)


def new_conversation() -> str:
    """Return the id of a new conversation: 192 random bits behind the channel's name."""
    return f"web-{secrets.token_urlsafe(24)}"


def session_of(token: str | None, secret: str, now: datetime) -> WebSession | None:
    """Return the session, None for a token that is missing, forged or expired at ``now``."""
    if not token:
        return None
    options: Any = {"require": ["exp", "sid"], "verify_exp": False}  # against our clock, below
    try:
        claims = jwt.decode(token, secret, algorithms=[_ALGORITHM], options=options)
        expires = datetime.fromtimestamp(int(claims["exp"]), now.tzinfo)
    except (jwt.PyJWTError, ValueError, OverflowError, OSError):
        return None
    return WebSession(str(claims["sid"]), expires) if expires > now else None


def frame_of(request: Request) -> str:
    """Return where the page that asks is shown: on its own, or as a widget in another site's page."""
    return WIDGET if request.args.get("frame") == WIDGET else PAGE


def token_of(request: Request) -> str | None:
    """Return the token that came with ``request``: in the widget's own hands, or in the frame's cookie."""
    frame = frame_of(request)
    header = str(request.headers.get("authorization", ""))
    if frame == WIDGET and header.startswith(_BEARER):
        return header[len(_BEARER) :]
    return request.cookies.get(COOKIES[frame])


def set_cookie(response: HTTPResponse, frame: str, token: str, secure: bool) -> None:
    """Put ``token`` into the cookie of ``frame``; Sanic 21.12 knows no ``Partitioned``, so the header is ours."""
    parts = [f"{COOKIES[frame]}={token}", "Path=/", f"Max-Age={int(LASTS.total_seconds())}", "HttpOnly"]
    if frame == WIDGET:
        parts += ["SameSite=None", "Secure", "Partitioned"]
    else:
        parts += ["SameSite=Lax", *(["Secure"] if secure else [])]
    response.headers.add("Set-Cookie", "; ".join(parts))


def public_name(conversation: str, secret: str) -> str:
    """Return a name by which a page can tell two of its conversations apart; the id can't be found from it."""
    return hmac.new(secret.encode(), f"talk:{conversation}".encode(), "sha256").hexdigest()[:16]
