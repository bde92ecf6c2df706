"""The pages: ``/`` on its own, ``/embed`` inside other sites' pages, and their files under ``/web/``.

Rasa registers a greeting at ``/``; this is the one place that replaces it, and where the whole
application gets its sizes and refusals.
"""

from __future__ import annotations

from functools import lru_cache

import rasa.server
from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse

from finlit import settings
from finlit.channels import careful_http, health, refusals, request_ids
from finlit.channels.static_files import StaticFiles

MOST_REQUEST_BYTES = 256 * 1024  # whatever the route; each one may want less
ANSWER_WITHIN = 60  # seconds without a byte of the answer: nobody reads it; streams send a heartbeat meanwhile
PAGE, LOADER = "index.html", "widget.js"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'; frame-ancestors "
)
_PERMISSIONS = "camera=(), microphone=(), geolocation=(), payment=(), usb=()"


def page_headers(ancestors: str, is_production: bool) -> dict[str, str]:
    """Return the headers of a page that ``ancestors`` may show in a frame."""
    headers = {
        **refusals.SECURITY_HEADERS,
        "Content-Security-Policy": _POLICY + ancestors,
        "Permissions-Policy": _PERMISSIONS,
    }
    if is_production:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return headers


@lru_cache(maxsize=1)
def _files() -> StaticFiles:
    return StaticFiles(settings.load().root / "web")


async def chat_page(request: Request) -> HTTPResponse:
    """Serve the chat page, which no other site may frame."""
    headers = page_headers("'none'", settings.load().is_production)
    return _files().response(request, PAGE, {**headers, "Cross-Origin-Opener-Policy": "same-origin"})


async def embedded_page(request: Request) -> HTTPResponse:
    """Serve the same page for a frame in the pages of the origins in the settings."""
    current = settings.load()
    ancestors = " ".join(current.widget_origins) or "'none'"
    headers = page_headers(ancestors, current.is_production)
    return _files().response(request, PAGE, {**headers, "Cross-Origin-Resource-Policy": "cross-origin"})


async def chat_file(request: Request, name: str) -> HTTPResponse:
    """Serve a file of the page; other sites load only the widget's loader."""
    if name not in _files():
        return refusals.refusal(refusals.NOT_FOUND, 404)
    headers = dict(refusals.SECURITY_HEADERS)
    if name == LOADER:
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return _files().response(request, name, headers)


def add_chat_page(app: Sanic) -> None:
    """Register the pages, their files and the health routes on ``app``."""
    app.config.REQUEST_MAX_SIZE = MOST_REQUEST_BYTES
    app.config.REQUEST_TIMEOUT = int(careful_http.WHOLE_REQUEST_WITHIN)
    app.config.RESPONSE_TIMEOUT = ANSWER_WITHIN
    request_ids.install(app)
    refusals.install(app)
    health.install(app)
    app.add_route(chat_page, "/", methods=["GET", "HEAD"], name="finlit_page")
    app.add_route(embedded_page, "/embed", methods=["GET", "HEAD"], name="finlit_embedded_page")
    app.add_route(chat_file, "/web/<name:path>", methods=["GET", "HEAD"], name="finlit_file")


def install() -> None:
    """Make Rasa register our page instead of its greeting; raises RuntimeError when Rasa or Sanic has changed."""
    careful_http.install()
    if not hasattr(rasa.server, "add_root_route"):
        raise RuntimeError("rasa.server.add_root_route is gone: check finlit/channels/root_page.py")
    rasa.server.add_root_route = add_chat_page
