"""The web chat's channel: signed sessions, plain text in, whole replies out, history from the server."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from json import loads as parse_json
from typing import Any

from rasa.core.channels.channel import InputChannel, OutputChannel, UserMessage
from rasa.shared.core.events import BotUttered, UserUttered
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from finlit import settings
from finlit.channels import root_page, sessions
from finlit.channels.limits import SlidingMinute
from finlit.dialogue import corrections, processor

logger = logging.getLogger(__name__)

# Both must be in place before Rasa makes its agent and its application; channels are read first.
corrections.apply()
processor.install()
root_page.install()

MOST_BODY_BYTES = 64 * 1024
HISTORY_LENGTH = 200


class WholeReplies(OutputChannel):
    """Collects replies with text, buttons and sources together; payloads stay on the server."""

    def __init__(self) -> None:
        self.replies: list[dict[str, Any]] = []

    @classmethod
    def name(cls) -> str:
        return "web"

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Keep ``message`` in the form that the page shows."""
        self.replies.append(shown(message.get("text"), message.get("buttons"), message.get("custom")))


def shown(text: str | None, buttons: Any, custom: Any) -> dict[str, Any]:
    """Return what the client may see of a reply: titles, never payloads."""
    return {
        "text": text or "",
        "buttons": [{"title": str(button.get("title", ""))} for button in buttons or ()],
        "custom": dict(custom or {}),
    }


def _refusal(message: str, status: int) -> HTTPResponse:
    return json({"error": message}, status=status, ensure_ascii=False)


def _text_of(request: Request) -> str | None:
    """Return the message of a JSON body ``{"text": "…"}``, None when the body is anything else."""
    if not request.content_type.startswith("application/json"):
        return None  # other types could be sent by a form on another site
    try:
        body = parse_json(request.body)
    except (ValueError, RecursionError):
        return None
    text = body.get("text") if isinstance(body, dict) else None
    return text if isinstance(text, str) else None


class WebChat(InputChannel):
    """``/webhooks/web/``: ``message`` takes one line, ``history`` returns what was said, ``restart`` begins anew."""

    def __init__(self) -> None:
        self._limit = SlidingMinute(settings.load().messages_per_minute)

    @classmethod
    def name(cls) -> str:
        return "web"

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """Return the channel's routes."""
        routes = Blueprint("finlit_web")

        @routes.post("/message")
        async def message(request: Request) -> HTTPResponse:
            return await self._message(request, on_new_message)

        @routes.get("/history")
        async def history(request: Request) -> HTTPResponse:
            return await self._history(request)

        @routes.post("/restart")
        async def restart(request: Request) -> HTTPResponse:
            return self._with_new_session(json({"turns": []}))

        @routes.get("/health")
        async def health(request: Request) -> HTTPResponse:
            ready = request.app.ctx.agent is not None and request.app.ctx.agent.is_ready()
            return json({"ready": ready}, status=200 if ready else 503)

        return routes

    @staticmethod
    def _conversation(request: Request) -> str | None:
        return sessions.conversation_of(request.cookies.get(sessions.COOKIE), settings.load().session_secret)

    @staticmethod
    def _with_new_session(response: HTTPResponse) -> HTTPResponse:
        current = settings.load()
        response.cookies[sessions.COOKIE] = sessions.new_session(current.session_secret, current.now())
        cookie = response.cookies[sessions.COOKIE]
        cookie["httponly"], cookie["samesite"], cookie["path"] = True, "Lax", "/"
        cookie["max-age"] = int(sessions.LASTS.total_seconds())
        cookie["secure"] = current.is_production
        return response

    async def _message(self, request: Request, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> HTTPResponse:
        conversation = self._conversation(request)
        if conversation is None:
            return _refusal("对话已过期，请刷新页面。", 401)
        if len(request.body) > MOST_BODY_BYTES:
            return _refusal("这段话太长了，请分几次说。", 413)
        text = _text_of(request)
        if text is None:
            return _refusal("没有看懂这条请求，请刷新页面再试。", 400)
        if not self._limit.allow(conversation, time.monotonic()):
            return _refusal("稍等，消息有点多，请过一会儿再发。", 429)
        output = WholeReplies()
        try:
            await on_new_message(UserMessage(text, output, conversation, input_channel=self.name()))
        except Exception:
            logger.exception("a web message could not be answered")
            return _refusal("抱歉，我这边出了点问题，没能回答。请稍后再试。", 503)
        return json({"replies": output.replies}, ensure_ascii=False)

    async def _history(self, request: Request) -> HTTPResponse:
        conversation = self._conversation(request)
        if conversation is None:
            return self._with_new_session(json({"turns": []}))
        tracker = await request.app.ctx.agent.tracker_store.retrieve_full_tracker(conversation)
        turns: list[dict[str, Any]] = []
        for event in tracker.events if tracker else ():
            if isinstance(event, UserUttered) and event.text:
                turns.append({"from": "customer", "text": event.text, "at": event.timestamp})
            elif isinstance(event, BotUttered):
                reply = shown(event.text, event.data.get("buttons"), event.data.get("custom"))
                turns.append({"from": "assistant", "at": event.timestamp, **reply})
        return json({"turns": turns[-HISTORY_LENGTH:]}, ensure_ascii=False)
