"""Every HTTP request gets a name; the answer tells it, so that a customer's complaint leads to the log lines."""

from __future__ import annotations

from sanic import Sanic
from sanic.request import Request
from sanic.response import BaseHTTPResponse

from finlit import request_id, settings
from finlit.accounts import origin
from finlit.channels.addresses import is_trusted_proxy


async def _name(request: Request) -> None:
    origin.comes_from("")  # one task serves all requests of a connection: the last one's customer is not this one's
    trusted = is_trusted_proxy(request, settings.load().trusted_proxies)
    request.ctx.request_id = request_id.begin(request.headers.get(request_id.HEADER) if trusted else None)


async def _tell(request: Request, response: BaseHTTPResponse) -> None:
    name = getattr(request.ctx, "request_id", None)
    if name is not None and response is not None:
        response.headers[request_id.HEADER] = name


def install(app: Sanic) -> None:
    """Name the requests of ``app``; a proxy of ours may have named them already."""
    app.register_middleware(_name, "request")
    app.register_middleware(_tell, "response")
