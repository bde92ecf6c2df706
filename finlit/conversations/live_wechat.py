"""A follower of the Official Account: what is said goes signed and encrypted over the wire, and only text comes back.

So a follower sees what a phone shows. Buttons are the numbered lines of the text, and a long answer
is read to its end by replying 「1」.
"""

from __future__ import annotations

import itertools
import re
import secrets
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from finlit import answers, settings
from finlit.channels import wechat_menu
from finlit.channels.wechat_desk import CONTINUE_DIGIT
from finlit.channels.wechat_simulator import NoAnswer, Platform
from finlit.conversations.live_web import MOST_PAUSES, SLOW_DOWN_FOR, Unreachable
from finlit.conversations.model import AS_TEXT, SAY
from finlit.conversations.wechat_turns import fields
from finlit.wechat_settings import WeChatSettings

ROUTE = "/webhooks/wechat/webhook"
MOST_PARTS = 8
SECONDS = "\x00"  # stands for the number in 「请过 20 秒再发」
LATE = 2.0  # seconds after which a late answer is asked for
_NUMBERED = re.compile(r"^\d+\. (.+)$", re.M)


class Wire:
    """The account's side of all conversations; ``said`` are the answers that content editors wrote, by name.

    ``clock`` must be the server's own: a message with a stale time is refused.
    """

    def __init__(
        self, config: WeChatSettings, url: str, clock: Callable[[], datetime], said: Mapping[str, str]
    ) -> None:
        self._clock = clock
        self._numbers = itertools.count(int(time.time() * 1000))
        self._menu = wechat_menu.load(settings.load().data_dir)
        self._platform = Platform(config, url.rstrip("/") + ROUTE, clock)
        self._more = f"\n\n{self._line(said['utter_wechat_more'])}"
        self._wait = self._line(said["utter_wechat_wait"])
        self._slow = self._line(said["utter_wechat_slow"]).partition(SECONDS)[0]

    @staticmethod
    def _line(text: str) -> str:
        lines = "\n".join(line.text for line in answers.parse_lines(text))
        return answers.flatten(answers.fill(lines, {"digit": CONTINUE_DIGIT, "seconds": SECONDS}))

    def say(self, openid: str, kind: str, text: str) -> str:
        """Deliver a turn of ``kind`` and return the whole text that the follower gets to read; raises Unreachable."""
        for _ in range(MOST_PAUSES):
            reply = self._delivered(openid, kind, text)
            if not reply.startswith(self._slow):
                return self._to_the_end(openid, reply)
            time.sleep(SLOW_DOWN_FOR)
        raise Unreachable("服务器一直说消息太多。")

    def _to_the_end(self, openid: str, reply: str) -> str:
        parts: list[str] = []
        while reply == self._wait or reply.endswith(self._more):
            if reply == self._wait:
                time.sleep(LATE)
            else:
                parts.append(reply.removesuffix(self._more))
            if len(parts) > MOST_PARTS:
                raise Unreachable(f"一条回答分了 {MOST_PARTS} 段还没完。")
            reply = self._delivered(openid, SAY, CONTINUE_DIGIT)
        return "\n".join([*parts, reply])

    def _delivered(self, openid: str, kind: str, text: str) -> str:
        created = int(self._clock().timestamp())
        try:
            return self._platform.deliver(fields(kind, text, openid, created, next(self._numbers), self._menu))
        except NoAnswer as error:
            raise Unreachable(str(error)) from error


class Follower:
    """One customer with an openid of their own."""

    shows = AS_TEXT
    numbers = True

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._openid = f"oTest_{secrets.token_hex(8)}"

    def send(self, kind: str, text: str) -> list[dict[str, Any]]:
        """Send what a turn of ``kind`` sends and return the reply as a Rasa message; raises Unreachable."""
        told = self._wire.say(self._openid, kind, text)
        return [reply(told)] if told else []


def reply(text: str) -> dict[str, Any]:
    """Return ``text`` as a message: its numbered lines, in order, are the buttons."""
    titles: list[str] = []
    inside = False
    for line in text.splitlines():
        inside = line == answers.CHOICES_HEADING or (inside and bool(_NUMBERED.match(line)))
        if inside and (match := _NUMBERED.match(line)):
            titles.append(match[1])
        elif line.startswith(answers.UNNUMBERED_HEADING):
            titles += line.removeprefix(answers.UNNUMBERED_HEADING).split("、")
    numbered = answers.CHOICES_HEADING in text
    return {"text": text, "buttons": [{"title": title} for title in titles], "custom": {"numbered": numbered}}
