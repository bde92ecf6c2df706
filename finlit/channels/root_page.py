"""The page at ``/``: Rasa registers a greeting there, this is the one place that replaces it."""

from __future__ import annotations

import mimetypes

import rasa.server
from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, html, raw, text

from finlit import settings

WEB_FILES = ("style.css", "chat.js")
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


async def chat_page(request: Request) -> HTTPResponse:
    """Serve the chat page."""
    page = settings.load().root / "web" / "index.html"
    return html(page.read_text(encoding="utf-8"), headers=_HEADERS)


async def chat_file(request: Request, name: str) -> HTTPResponse:
    """Serve the page's script or style sheet; any other name is not found."""
    if name not in WEB_FILES:
        return text("没有这个文件。", status=404)
    content = (settings.load().root / "web" / name).read_bytes()
    return raw(content, content_type=f"{mimetypes.guess_type(name)[0]}; charset=utf-8", headers=_HEADERS)


def add_chat_page(app: Sanic) -> None:
    """Register the page and its files on ``app``."""
    app.add_route(chat_page, "/", methods=["GET"], name="finlit_page")
    app.add_route(chat_file, "/web/<name:str>", methods=["GET"], name="finlit_file")


def install() -> None:
    """Make Rasa register our page instead of its greeting; raises RuntimeError when Rasa has changed."""
    if not hasattr(rasa.server, "add_root_route"):
        raise RuntimeError("rasa.server.add_root_route is gone: check finlit/channels/root_page.py")
    rasa.server.add_root_route = add_chat_page
