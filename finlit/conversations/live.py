"""Playing conversations against a running server, over its web channel, as a browser would.

A server keeps its own clock, database and thoughts. What needs them is skipped by name and counted;
after a turn in which time passes, the rest of that conversation is not played.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.cookiejar import CookieJar
from typing import Any

from finlit.conversations import checks, playing
from finlit.conversations.model import WAIT, WEB, Conversation, Played, Result, Seen
from finlit.conversations.reading import DEFAULT_NOW

AT_ONCE = 4
PATIENCE = 30.0  # seconds for one answer
TOO_MANY = 429
SLOW_DOWN_FOR = 3.0
MOST_PAUSES = 25  # a limit is counted over a minute

CLOCK, CUSTOMER, MOMENT, CHANNEL = "时钟", "已核验的客户", "指定的时间", "微信渠道"


class Unreachable(RuntimeError):
    """The server can't be talked to; the message tells, in Chinese, what to check."""


class Browser:
    """One customer's browser: a session cookie of its own."""

    def __init__(self, url: str) -> None:
        self._base = url.rstrip("/") + "/webhooks/web"
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self._open("/history")  # the server makes the session

    def say(self, text: str) -> list[dict[str, Any]]:
        """Send ``text`` and return the replies; waits when the server asks to slow down. Raises Unreachable."""
        body = json.dumps({"text": text}).encode()
        for _ in range(MOST_PAUSES):
            try:
                return list(self._open("/message", body)["replies"])
            except urllib.error.HTTPError as error:
                if error.code != TOO_MANY:
                    raise Unreachable(f"服务器回了 {error.code}：{_reason(error)}") from error
                time.sleep(SLOW_DOWN_FOR)
        raise Unreachable("服务器一直说消息太多（429）。")

    def _open(self, path: str, body: bytes | None = None) -> Any:
        request = urllib.request.Request(self._base + path, body, {"Content-Type": "application/json"})
        try:
            with self._opener.open(request, timeout=PATIENCE) as response:
                return json.load(response)
        except urllib.error.HTTPError:
            raise
        except (OSError, ValueError) as error:
            raise Unreachable(f"连不上 {self._base}：{error}。请先 make run，或检查网址。") from error


def _reason(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.load(error)["error"])
    except (ValueError, KeyError, OSError):
        return str(error.reason)


def not_playable(conversation: Conversation) -> str | None:
    """Return why a server can't play ``conversation`` at all, None when it can."""
    if conversation.customer:
        return CUSTOMER
    if conversation.now != DEFAULT_NOW:
        return MOMENT
    return None if conversation.channel == WEB else CHANNEL


def play(conversation: Conversation, url: str) -> Result:
    """Play ``conversation`` in a new session."""
    if reason := not_playable(conversation):
        return Result(conversation, (), 0.0, skipped=reason)
    started = time.perf_counter()
    played: list[Played] = []
    trouble = None
    try:
        browser = Browser(url)
        before: Seen | None = None
        for turn in conversation.turns:
            if turn.kind == WAIT:
                played.append(Played(turn, Seen("", (), "", inside=False), skipped=(CLOCK,)))
                break
            text, misses = playing.typed(turn, before, numbers=False)
            before = Seen(text, tuple(browser.say(text)), "", inside=False)
            possible = [check for check in turn.checks if not checks.KINDS[check.word].inside]
            found = [failure for check in possible for failure in checks.failures(check, before)]
            skipped = tuple(check.word for check in turn.checks if check not in possible)
            played.append(Played(turn, before, (*misses, *found), skipped))
    except Unreachable as error:
        trouble = str(error)
    return Result(conversation, tuple(played), time.perf_counter() - started, trouble)


def play_all(
    conversations: Sequence[Conversation], url: str, report: Callable[[Result], None] = lambda result: None
) -> list[Result]:
    """Return the results in the order of ``conversations``; raises Unreachable when there is no server at all."""
    Browser(url)
    results = []
    with ThreadPoolExecutor(AT_ONCE) as threads:
        for result in threads.map(lambda conversation: play(conversation, url), conversations):
            results.append(result)
            report(result)
    return results
