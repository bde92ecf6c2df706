"""A follower's phone: turns go through the WeChat channel's own desk, which numbers, splits and keeps the rest.

Only the wire is left out: signature, cipher and HTTP. ``live_wechat`` has that too.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from rasa.core.channels.channel import UserMessage

from finlit import settings
from finlit.channels import wechat, wechat_menu
from finlit.channels.deliveries import Inbox
from finlit.channels.wechat_codec import Incoming
from finlit.channels.wechat_desk import Desk, Task
from finlit.channels.wechat_messages import hear
from finlit.conversations.wechat_turns import ACCOUNT, fields

if TYPE_CHECKING:
    from finlit.dialogue.in_process import Assistant

OPENID = "oConversationTest"


def _never_too_early(_conversation: str) -> int:
    """Let a test type faster than anybody could."""
    return 0


@dataclass(frozen=True)
class Shown:
    """What the phone shows, and the assistant's messages behind it; None: the desk did not ask the assistant."""

    text: str
    messages: list[dict[str, Any]] | None


class Phone:
    """Delivers one conversation's messages at a time, to the database that is in force."""

    def __init__(self, assistant: Assistant) -> None:
        self._agent = assistant.agent
        self._menu = wechat_menu.load(settings.load().data_dir)
        self._numbers = itertools.count(1)
        self._database = ""
        self._messages: list[dict[str, Any]] | None = None
        app = cast("Any", SimpleNamespace(ctx=SimpleNamespace(agent=self._agent)))
        channel = wechat.Assistant(app, self._heard)
        inbox = Inbox("conversation-test", lambda: self._database)
        self._desk = Desk(inbox, channel.compute, channel.line, None, _never_too_early, channel.is_urgent)

    async def deliver(self, kind: str, text: str, sender: str) -> Shown:
        """Deliver what a turn of ``kind`` (``SAY``, ``TAP``, ``MENU``, ``SEND``) sends and return what comes back."""
        current = settings.load()
        self._database, self._messages = current.database_url, None
        created = int(current.now().timestamp())
        sent = fields(kind, text, OPENID, created, next(self._numbers), self._menu)
        incoming = Incoming(ACCOUNT, OPENID, created, sent["MsgType"], sent, sealed=True)
        heard = hear(incoming, self._menu)
        if heard is None:
            return Shown("", None)
        task = Task(f"{next(self._numbers)}-{incoming.key}"[:64], sender, heard.text, heard.contact, heard.parse_data)
        return Shown(await self._desk.answer(task, incoming.body_hash), self._messages)

    async def _heard(self, message: UserMessage) -> None:
        await self._agent.handle_message(message)
        self._messages = cast("wechat.Replies", message.output_channel).messages


@lru_cache(maxsize=1)
def phone_of(assistant: Assistant) -> Phone:
    """Return the phone of this process: its desk has a thread that beats, so there is one."""
    return Phone(assistant)


def message(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored message as a client gets it: titles, never payloads."""
    buttons = [{"title": str(button["title"])} for button in told.get("buttons") or ()]
    return {"text": told.get("text") or "", "buttons": buttons, "custom": dict(told.get("custom") or {})}
