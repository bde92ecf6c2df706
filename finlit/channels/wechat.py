"""The WeChat Official Account's channel: ``/webhooks/wechat/webhook``. Off, and saying so, without its settings.

Whatever goes wrong the caller sees 403 or an empty 200, never a stack trace: an empty 200 stops
the platform's retries without an error on the customer's phone.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.channels.channel import InputChannel, OutputChannel, UserMessage
from rasa.shared.core.events import BotUttered, UserUttered
from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, raw
from sqlalchemy.exc import SQLAlchemyError

from finlit import answers, settings
from finlit.accounts import binding
from finlit.channels import wechat_menu
from finlit.channels.deliveries import Answer, Inbox, OtherBody
from finlit.channels.limits import Allowance, limiter_for
from finlit.channels.wechat_api import WeChatApi
from finlit.channels.wechat_codec import MOST_BODY_BYTES, Codec, Incoming, Refused
from finlit.channels.wechat_desk import CONTINUE_DIGIT, Desk, Task, stored, to_its_end
from finlit.channels.wechat_messages import Heard, hear
from finlit.db import engine
from finlit.dialogue import corrections, processor, without_store
from finlit.dialogue.outrank_policy import OUTRANKING_INTENTS
from finlit.dialogue.tracker_store import ConversationsDown

logger = logging.getLogger(__name__)

# Both must be in place before Rasa makes its agent; channels are read first.
corrections.apply()
processor.install()

NAME = "wechat"
CONVERSATION_PREFIX = f"{NAME}-"
# Answers for which twice is better than not at all: help in danger, and figures of the account.
MUST_ARRIVE = (*(f"utter_{intent}" for intent in sorted(OUTRANKING_INTENTS)), "utter_account_")
_EMPTY, _REFUSED = 200, 403


class Replies(OutputChannel):
    """Collects the whole messages of one turn."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    @classmethod
    def name(cls) -> str:
        return NAME

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Keep ``message`` as the answer generator rendered it."""
        self.messages.append(message)


def to_answer(messages: list[dict[str, Any]]) -> Answer:
    """Return the messages of one turn as what goes over the wire."""
    names = [str((message.get("custom") or {}).get("answer", "")) for message in messages]
    with_choices = [message for message in messages if message.get("buttons")]
    numbered = len(with_choices) == 1 and (with_choices[0].get("custom") or {}).get("numbered")
    return Answer(
        parts=tuple(answers.split(answers.wechat_turn(messages))),
        choices=tuple(str(button["title"]) for button in with_choices[0]["buttons"]) if numbered else (),
        must_arrive=any(name.startswith(MUST_ARRIVE) for name in names),
    )


def told_before(events: list[Any], message_id: str) -> list[dict[str, Any]] | None:
    """Return what a stored conversation says in answer to ``message_id``; None when it never got there."""
    at = next(
        (n for n, each in enumerate(events) if isinstance(each, UserUttered) and each.message_id == message_id), None
    )
    if at is None:
        return None
    told = []
    for event in events[at + 1 :]:
        if isinstance(event, UserUttered):
            break
        if isinstance(event, BotUttered):
            told.append({"text": event.text, **event.data})
    return told


class Assistant:
    """Rasa's side of the desk: asks the agent of ``app`` and reads its sentences."""

    def __init__(self, app: Sanic, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> None:
        self._app = app
        self._on_new_message = on_new_message

    async def compute(self, task: Task) -> Answer:
        """Play one turn; one that another process finished before it died is not played again.

        While the conversations are down the answer is an apology, or help in danger.
        """
        try:
            return await self._play(task)
        except ConversationsDown:
            logger.error("a WeChat message is refused: the conversations are down")
            said = await without_store.reply(self._app.ctx.agent, task.text, task.conversation, NAME)
            return to_answer([said] if said else [])

    async def _play(self, task: Task) -> Answer:
        if task.begun_elsewhere:
            tracker = await self._app.ctx.agent.tracker_store.retrieve(task.conversation)
            told = told_before(list(tracker.events), task.key) if tracker else None
            if told is not None:
                return to_answer(told)
        output = Replies()
        await self._on_new_message(
            UserMessage(task.text, output, task.conversation, task.parse_data, input_channel=NAME, message_id=task.key)
        )
        if not output.messages:
            raise RuntimeError("the assistant said nothing: no model is loaded, or a rule is missing")
        return to_answer(output.messages)

    def line(self, name: str, **values: str) -> str:
        """Return the sentence ``name`` of ``data/`` with ``values`` as WeChat shows it, empty when there is no model."""
        found = without_store.line(self._app.ctx.agent, name, NAME, digit=CONTINUE_DIGIT, **values)
        return str(found["text"]) if found else ""

    async def without_store(self, heard: Heard, conversation: str) -> str:
        """Return what can be said while the deliveries can't be stored: help in danger, else an apology."""
        if heard.parse_data is not None:
            return self.line(without_store.APOLOGY)
        said = await without_store.reply(self._app.ctx.agent, heard.text, conversation, NAME)
        return str(said["text"]) if said else ""

    async def is_urgent(self, text: str) -> bool:
        """Say whether ``text`` is about somebody in danger."""
        return await without_store.outranking_intent(self._app.ctx.agent, text) is not None


def too_early(conversation: str) -> int:
    """Count one message where web and WeChat, and all processes, count; return how many seconds to wait, 0 for none."""
    current = settings.load()
    limiter = limiter_for(current.database_url, current.session_secret)
    return limiter.wait([Allowance(f"session:{conversation}", current.messages_per_minute)], time.time())


class WeChat(InputChannel):
    """``GET /webhooks/wechat/webhook`` verifies the address, ``POST`` takes messages and events."""

    def __init__(self) -> None:
        self._config = settings.load().wechat

    @classmethod
    def name(cls) -> str:
        return NAME

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """Return the channel's routes; none when the channel is off."""
        routes = Blueprint("finlit_wechat")
        if self._config is None:
            return routes
        config = self._config
        endpoint = _Endpoint(Codec(config))

        @routes.listener("after_server_start")
        async def open_desk(app: Sanic, _loop: Any) -> None:
            database = lambda: settings.load().database_url  # noqa: E731 - read at call time
            inbox = Inbox(f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"[-64:], database)
            api = WeChatApi(config, database) if config.may_push else None
            endpoint.open(Assistant(app, on_new_message), inbox, api)

        @routes.listener("before_server_stop")
        async def close_desk(_app: Sanic, _loop: Any) -> None:
            await endpoint.close()

        @routes.get("/webhook")
        async def verify(request: Request) -> HTTPResponse:
            return endpoint.verify(request)

        @routes.post("/webhook", stream=True)  # the body is read here, no further than its limit
        async def receive(request: Request) -> HTTPResponse:
            return await endpoint.receive(request)

        @routes.route("/webhook", methods=["HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
        async def refuse(request: Request) -> HTTPResponse:
            return _response(_REFUSED)

        return routes


class _Endpoint:
    """The routes' handlers and what lives as long as the server."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._menu = wechat_menu.LiveMenu(settings.load().data_dir)
        self._assistant: Assistant
        self._desk: Desk
        self._api: WeChatApi | None = None
        self._pushing: asyncio.Task[None] | None = None

    def open(self, assistant: Assistant, inbox: Inbox, api: WeChatApi | None) -> None:
        self._assistant, self._api = assistant, api
        self._desk = Desk(inbox, assistant.compute, assistant.line, api, too_early, assistant.is_urgent)
        self._pushing = asyncio.create_task(self._desk.run())

    async def close(self) -> None:
        if self._pushing is not None:
            self._pushing.cancel()
        if self._api is not None:
            await self._api.close()

    def verify(self, request: Request) -> HTTPResponse:
        """Echo what the platform sends when the address is entered."""
        try:
            return _response(_EMPTY, self._codec.verify_url(dict(request.args), settings.load().now()))
        except Refused as refusal:
            logger.warning("WeChat address check refused: %s", refusal)
        except Exception:  # noqa: BLE001 - never a stack trace
            logger.exception("a WeChat address check failed")
        return _response(_REFUSED)

    async def receive(self, request: Request) -> HTTPResponse:
        """Take one delivery and answer it."""
        try:
            incoming = self._codec.decode(dict(request.args), await _body(request), settings.load().now())
        except Refused as refusal:
            logger.warning("WeChat message refused: %s", refusal)
            return _response(_REFUSED)
        try:
            text = await self._answer(incoming)
            fields = {"kind": incoming.kind, "replied": bool(text)}
            logger.info("a WeChat delivery was answered", extra={"fields": fields})
            reply = self._codec.reply(incoming, text, settings.load().now()) if text else ""
            return _response(_EMPTY, reply, "application/xml; charset=utf-8")
        except OtherBody:
            logger.warning("WeChat message refused: a known delivery with another body")
            return _response(_REFUSED)
        except asyncio.CancelledError:  # the connection is gone
            await asyncio.shield(self._desk.reply_lost(incoming.key))
            raise
        except Exception:  # noqa: BLE001 - never a stack trace
            logger.exception("a WeChat message failed")
            return _response(_EMPTY)

    async def _answer(self, incoming: Incoming) -> str:
        conversation = CONVERSATION_PREFIX + incoming.openid
        if incoming.kind == "event" and incoming["Event"] == "unsubscribe":
            await to_its_end(stored(_unbind, conversation))
            return ""
        heard = hear(incoming, self._menu.now())
        if heard is None:
            return ""
        task = Task(incoming.key, conversation, heard.text, heard.contact, heard.parse_data)
        try:
            return await self._desk.answer(task, incoming.body_hash)
        except SQLAlchemyError:
            logger.exception("a WeChat delivery could not be stored")
            return await self._assistant.without_store(heard, conversation)


def _unbind(conversation: str) -> None:
    """A follower who leaves is nobody's customer any more."""
    current = settings.load()
    with engine.sessions(current.database_url).begin() as session:
        binding.unbind(session, conversation, current.now())


def _response(status: int, text: str = "", content_type: str = "text/plain; charset=utf-8") -> HTTPResponse:
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
    return raw(text.encode(), status=status, headers=headers, content_type=content_type)


async def _body(request: Request) -> bytes:
    """Return the body; raises Refused as soon as it is larger than any message."""
    body = b""
    assert request.stream is not None
    while (chunk := await request.stream.read()) is not None:
        body += chunk
        if len(body) > MOST_BODY_BYTES:
            raise Refused("body too large")
    return body
