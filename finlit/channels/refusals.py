"""How a web request is refused: a reason, the right status, nothing about our insides."""

from __future__ import annotations

import logging

from sanic import Sanic
from sanic.exceptions import NotFound, PayloadTooLarge, SanicException
from sanic.request import Request
from sanic.response import HTTPResponse, json
from sqlalchemy.exc import OperationalError

from finlit.dialogue.tracker_store import ConversationsDown

logger = logging.getLogger(__name__)

# The sentences for these stand in web/js/texts.js.
EXPIRED = "expired"
NOT_UNDERSTOOD = "not_understood"
TOO_LONG = "too_long"
TROUBLE = "trouble"
ELSEWHERE = "from_elsewhere"
SLOW_DOWN = "slow_down"
NOT_FOUND = "not_found"
NOT_IDENTIFIED = "not_identified"
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
NEVER_STORED = {**SECURITY_HEADERS, "Cache-Control": "no-store"}


def refusal(reason: str, status: int) -> HTTPResponse:
    """Return a refusal; the page has a sentence for each ``reason``."""
    return json({"error": reason}, status, headers=NEVER_STORED)


def slow_down(seconds: int) -> HTTPResponse:
    """Ask for a pause of ``seconds``."""
    return json({"error": SLOW_DOWN, "wait": seconds}, 429, headers={**NEVER_STORED, "Retry-After": str(seconds)})


def comes_from_elsewhere(request: Request) -> bool:
    """Say whether another site made the browser send this; a cookie alone must not be enough."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is not None and origin.split("://")[-1] != request.headers.get("host", "")


async def _refused(request: Request, error: SanicException) -> HTTPResponse:
    if isinstance(error, PayloadTooLarge):
        return refusal(TOO_LONG, 413)
    if isinstance(error, NotFound):
        return refusal(NOT_FOUND, 404)
    status = getattr(error, "status_code", 400)
    return refusal(NOT_UNDERSTOOD if 400 <= status < 500 else TROUBLE, status)


async def _down(request: Request, error: Exception) -> HTTPResponse:
    logger.error("a request to %s is refused: %s", request.path if request else "?", type(error).__name__)
    return refusal(TROUBLE, 503)


async def _failed(request: Request, error: Exception) -> HTTPResponse:
    logger.error("a request to %s failed", request.path if request else "?", exc_info=error)
    return refusal(TROUBLE, 500)


def install(app: Sanic) -> None:
    """Let ``app`` answer every refusal and failure in our form."""
    app.error_handler.add(SanicException, _refused)
    for down in (ConversationsDown, OperationalError):
        app.error_handler.add(down, _down)
    app.error_handler.add(Exception, _failed)
