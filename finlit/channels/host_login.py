"""The lender's site hands over a customer who is logged in there: a form post with a signed token.

``POST /webhooks/web/host`` with ``token`` (form field or JSON), sent by the customer's browser. The token is
the proof, so the post may come from another site. It always opens a new conversation: somebody else who
knows an older session must not find a customer bound in it.
"""

from __future__ import annotations

import asyncio
import logging
from json import loads as parse_json
from urllib.parse import parse_qs

from sanic.request import Request
from sanic.response import HTTPResponse, redirect
from sqlalchemy.exc import SQLAlchemyError

from finlit import settings
from finlit.accounts import host_token
from finlit.channels import refusals, sessions

logger = logging.getLogger(__name__)

CHANNEL = "web"
REFUSED = "host_token_refused"
LONGEST_TOKEN = 4096
MOST_FORM_BYTES = 16 * 1024


def _token_of(request: Request) -> str:
    try:
        if request.content_type.startswith("application/json"):
            body = parse_json(request.body)
            text = body.get("token") if isinstance(body, dict) else None
        else:  # Sanic's own reading of forms logs a trace for each broken one
            fields = parse_qs(request.body[:MOST_FORM_BYTES].decode(), max_num_fields=20)
            text = fields.get("token", [""])[0]
    except (ValueError, RecursionError):
        text = None
    return text if isinstance(text, str) and len(text) <= LONGEST_TOKEN else ""


async def take_over(request: Request) -> HTTPResponse:
    """Open a bound session and show the chat page; refuse everything else in the same words."""
    current = settings.load()
    conversation = sessions.new_conversation()
    try:
        await asyncio.to_thread(host_token.take_over, _token_of(request), conversation, CHANNEL)
    except host_token.TokenRefused as reason:
        logger.warning("a host token was refused: %s", reason)
        return refusals.refusal(REFUSED, 403)
    except SQLAlchemyError:
        logger.exception("a host token could not be checked")
        return refusals.refusal(refusals.TROUBLE, 503)
    response = redirect("/", status=303, headers=refusals.NEVER_STORED)
    token = sessions.token_for(conversation, current.session_secret, current.now())
    sessions.set_cookie(response, sessions.PAGE, token, current.is_production)
    return response
