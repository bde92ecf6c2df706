"""The web chat's channel: signed sessions, plain text in, whole replies out, history from the server.

Under ``/webhooks/web/``: ``history`` opens a session and returns what was said, ``message`` takes one line,
``stream`` sends what is new, ``feedback`` rates an answer, ``restart`` begins a new conversation. A customer who
is logged in on the lender's site comes by ``host`` (a form of that site, answered with our page) or, in the
widget, by ``identify``. Every answer but the stream's and the host's is JSON; ``after`` is the number of the last
turn that the page already shows.
"""

from __future__ import annotations

import asyncio
import logging
import re
import uuid
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime, timezone
from functools import partial
from json import loads as parse_json
from typing import Any

from rasa.core.channels.channel import InputChannel, OutputChannel, UserMessage
from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, json
from sqlalchemy.exc import SQLAlchemyError

from finlit import settings
from finlit.accounts import host_token, origin
from finlit.channels import host_login, refusals, root_page, sessions, web_feedback, web_history, web_limits, web_proof
from finlit.channels.addresses import address_of
from finlit.channels.web_inbox import Inbox, Pulse
from finlit.channels.web_stream import Streams, TooManyStreams
from finlit.channels.web_turns import Handler, Turns
from finlit.dialogue import corrections, processor, without_store
from finlit.dialogue.tracker_store import ConversationsDown

logger = logging.getLogger(__name__)

# All must be in place before Rasa makes its agent and its application; channels are read first.
corrections.apply()
processor.install()
root_page.install()

MOST_BODY_BYTES = 64 * 1024
_NAME = re.compile(r"[A-Za-z0-9_-]{8,64}")
Route = Callable[[Request], Coroutine[Any, Any, HTTPResponse | None]]
SessionRoute = Callable[[Request, str], Awaitable[HTTPResponse | None]]


class NoReply(OutputChannel):
    """Takes replies without sending them: pages read the conversation itself."""

    @classmethod
    def name(cls) -> str:
        return "web"

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Do nothing; Rasa stores ``message`` in the conversation."""


def _wall_clock() -> datetime:
    """Return the real time for leases; a fixed business clock would never let one expire."""
    return datetime.now(timezone.utc)


def _body_of(request: Request) -> dict[str, Any] | None:
    """Return the JSON object of a request, None when its body is anything else."""
    if not request.content_type.startswith("application/json"):
        return None  # other types could be sent by a form on another site
    try:
        body = parse_json(request.body)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _after(value: Any) -> int:
    text = str(value or "0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


class WebChat(InputChannel):
    """The routes; what they do with a message, its order and its repetition, is in ``web_turns``."""

    def __init__(self) -> None:
        self._streams = Streams(self._pulses)
        self._readings = web_history.Readings()
        self._turns = Turns(self._streams.begin, self._streams.wake, _wall_clock)

    @classmethod
    def name(cls) -> str:
        return "web"

    def blueprint(self, on_new_message: Handler) -> Blueprint:
        """Return the channel's routes."""
        routes = Blueprint("finlit_web")

        message = partial(self._message, on_new_message=on_new_message)
        feedback = partial(self._feedback, on_new_message=on_new_message)
        routes.add_route(self._from_our_page(self._history), "/history", methods=["GET"], name="history")
        routes.add_route(self._from_our_page(self._open), "/restart", methods=["POST"], name="restart")

        async def host(request: Request) -> HTTPResponse:
            seconds = await web_limits.wait(request)
            return refusals.slow_down(seconds) if seconds else await host_login.take_over(request)

        routes.add_route(host, "/host", methods=["POST"], name="host")
        routes.add_route(self._from_our_page(self._identify), "/identify", methods=["POST"], name="identify")
        routes.add_route(self._in_session(message), "/message", methods=["POST"], name="message")
        routes.add_route(self._in_session(feedback), "/feedback", methods=["POST"], name="feedback")
        routes.add_route(self._in_session(self._stream), "/stream", methods=["GET"], name="stream")

        @routes.listener("before_server_stop")
        async def end_streams(_app: Sanic, _loop: Any) -> None:
            self._streams.close()

        return routes

    @staticmethod
    def _session(request: Request) -> sessions.WebSession | None:
        current = settings.load()
        return sessions.session_of(sessions.token_of(request), current.session_secret, current.now())

    @staticmethod
    def _from_our_page(route: Route) -> Route:
        """Let ``route`` be reached only from our own page; Sanic wants a function, no method."""

        async def guarded(request: Request) -> HTTPResponse | None:
            if refusals.comes_from_elsewhere(request):
                return refusals.refusal(refusals.ELSEWHERE, 403)
            return await route(request)

        return guarded

    def _in_session(self, route: SessionRoute) -> Route:
        """Let ``route`` be reached only from our own page and with a session of ours."""

        async def guarded(request: Request) -> HTTPResponse | None:
            session = self._session(request)
            if session is None:
                return refusals.refusal(refusals.EXPIRED, 401)
            return await route(request, session.conversation)

        return self._from_our_page(guarded)

    @staticmethod
    async def _pulses(conversations: list[str]) -> dict[str, Pulse]:
        inbox = Inbox(settings.load().database_url)
        return await asyncio.to_thread(inbox.pulses, conversations, _wall_clock())

    async def _news(self, request: Request, conversation: str, after: int) -> tuple[dict[str, Any], Pulse]:
        """Return what the page doesn't have yet; ``talk`` lets it notice that the conversation is another one."""
        current = settings.load()
        # The pulse first: what is read after it is as new as the pulse says, or newer.
        stands = await asyncio.to_thread(web_history.standing, conversation, _wall_clock(), with_ratings=not after)
        said = await self._readings.read(request.app.ctx.agent, conversation, stands.pulse)
        turns, rated = web_proof.visible(said, stands.is_verified), stands.rated
        new = turns[after if after <= len(turns) else 0 :][-web_history.LONGEST :]
        found = {
            "talk": sessions.public_name(conversation, current.session_secret),
            "turns": [{**turn, "rated": rated[turn["n"]]} if turn["n"] in rated else turn for turn in new],
            "next": len(turns),
            "busy": stands.pulse.busy,
            "verified": stands.is_verified,
        }
        return found, stands.pulse

    @staticmethod
    def _json(found: dict[str, Any], status: int = 200) -> HTTPResponse:
        return json(found, status, headers=refusals.NEVER_STORED, ensure_ascii=False)

    async def _history(self, request: Request) -> HTTPResponse:
        session = self._session(request)
        if session is None:
            return await self._open(request)
        found, _ = await self._news(request, session.conversation, _after(request.args.get("after")))
        if session.should_be_renewed(settings.load().now()):
            return self._with_token(request, found, session.conversation)
        return self._json(found)

    async def _open(self, request: Request) -> HTTPResponse:
        seconds = await web_limits.wait_to_open(request)
        if seconds:
            return refusals.slow_down(seconds)
        conversation = sessions.new_conversation()
        return self._with_token(request, self._nothing_said(conversation), conversation)

    @staticmethod
    def _nothing_said(conversation: str, verified: bool = False) -> dict[str, Any]:
        talk = sessions.public_name(conversation, settings.load().session_secret)
        return {"talk": talk, "turns": [], "next": 0, "busy": False, "verified": verified, "opened": True}

    async def _identify(self, request: Request) -> HTTPResponse:
        """Begin a conversation of a customer whom the lender's site has logged in: ``{"token": "…"}``."""
        body = _body_of(request)
        token = body.get("token") if body else None
        if not isinstance(token, str):
            return refusals.refusal(refusals.NOT_UNDERSTOOD, 400)
        seconds = await web_limits.wait_to_open(request)
        if seconds:
            return refusals.slow_down(seconds)
        conversation = sessions.new_conversation()  # never one that somebody else may know
        try:
            await asyncio.to_thread(host_token.take_over, token, conversation, self.name())
        except host_token.TokenRefused as refused:
            logger.warning("a host token was refused: %s", refused)
            return refusals.refusal(refusals.NOT_IDENTIFIED, 403)
        return self._with_token(request, self._nothing_said(conversation, verified=True), conversation)

    def _with_token(self, request: Request, found: dict[str, Any], conversation: str) -> HTTPResponse:
        current = settings.load()
        token = sessions.token_for(conversation, current.session_secret, current.now())
        frame = sessions.frame_of(request)
        if frame == sessions.WIDGET and request.args.get("hold") == "token":
            return self._json({**found, "token": token})  # this browser keeps no cookie for us
        response = self._json(found)
        sessions.set_cookie(response, frame, token, current.is_production)
        return response

    async def _message(self, request: Request, conversation: str, on_new_message: Handler) -> HTTPResponse:
        if len(request.body) > MOST_BODY_BYTES:
            return refusals.refusal(refusals.TOO_LONG, 413)
        body = _body_of(request)
        text, name = (body.get("text"), body.get("id")) if body else (None, None)
        if not isinstance(text, str) or not isinstance(name, str) or not _NAME.fullmatch(name):
            return refusals.refusal(refusals.NOT_UNDERSTOOD, 400)
        try:
            seconds = await web_limits.wait_to_say(request, conversation, text)
            if seconds:
                return refusals.slow_down(seconds)
            answered = await self._play(request, conversation, text, name, on_new_message)
            found, _ = await self._news(request, conversation, _after(body.get("after") if body else 0))
        except ConversationsDown:
            logger.error("a web message is refused: the conversations are down")
            return await self._aside(request, conversation, text)
        except Exception:
            logger.exception("a web message could not be answered")
            return await self._aside(request, conversation, text)
        logger.info("a web message was answered", extra={"fields": {"in_time": answered}})
        return self._json(found, 200 if answered else 202)

    async def _play(self, request: Request, conversation: str, text: str, name: str, handler: Handler) -> bool:
        """Answer ``text``; return False when that takes longer than the page should wait."""
        origin.comes_from(address_of(request, settings.load().trusted_proxies))
        message = UserMessage(text, NoReply(), conversation, input_channel=self.name(), message_id=name)
        return await self._turns.answer_once(request.app.ctx.agent, message, handler)

    async def _aside(self, request: Request, conversation: str, text: str) -> HTTPResponse:
        """Refuse a message for now: the page keeps it and sends it again. What can be said anyhow comes with it."""
        said = await without_store.reply(request.app.ctx.agent, text, conversation, self.name())
        aside = web_history.shown(said.get("text"), (), said.get("custom")) if said else None
        return self._json({"error": refusals.TROUBLE, "aside": aside}, 503)

    async def _feedback(self, request: Request, conversation: str, on_new_message: Handler) -> HTTPResponse:
        """Keep a rating; a cry for help beside it is answered as if it had been said."""
        body = _body_of(request) if len(request.body) <= MOST_BODY_BYTES else None
        if body is None:
            return refusals.refusal(refusals.NOT_UNDERSTOOD, 400)
        word = web_feedback.word_of(body)
        seconds = await web_limits.wait_to_rate(request, conversation, word)
        if seconds:
            return refusals.slow_down(seconds)
        if word and await without_store.outranking_intent(request.app.ctx.agent, word):
            try:
                await self._play(request, conversation, word, uuid.uuid4().hex, on_new_message)
            except Exception:
                logger.exception("a cry for help beside a rating could not be answered")
                return await self._aside(request, conversation, word)
        turns = await web_history.read(request.app.ctx.agent, conversation)
        try:
            await asyncio.to_thread(web_feedback.store, conversation, turns, body, settings.load().now())
        except web_feedback.NotAnAnswer:
            return refusals.refusal(refusals.NOT_UNDERSTOOD, 400)
        return self._json({"stored": True})

    async def _stream(self, request: Request, conversation: str) -> HTTPResponse | None:
        current = settings.load()
        address = address_of(request, current.trusted_proxies)
        try:
            self._streams.enter(conversation, address, current.address_streams)
        except TooManyStreams:
            return refusals.slow_down(30)
        try:
            headers = {**refusals.NEVER_STORED, "X-Accel-Buffering": "no"}
            response = await request.respond(headers=headers, content_type="text/event-stream; charset=utf-8")

            async def news(after: int) -> tuple[dict[str, Any], Pulse]:
                return await self._news(request, conversation, after)

            try:
                async for event in self._streams.events(conversation, _after(request.args.get("after")), news):
                    await response.send(event)
            except (ConversationsDown, SQLAlchemyError) as down:  # the page opens another one until it can be read
                logger.warning("a stream ends: %s", type(down).__name__)
            await response.eof()
        finally:
            self._streams.leave(conversation, address)
        return None
