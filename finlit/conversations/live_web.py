"""A customer's browser: the web channel of a running server, with a session cookie of its own."""

from __future__ import annotations

import json
import secrets
import time
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from typing import Any

from finlit.conversations.model import AS_DATA

PATIENCE = 30.0  # seconds for one answer
TOO_MANY = 429
SLOW_DOWN_FOR = 3.0
MOST_PAUSES = 25  # a limit is counted over a minute


class Unreachable(RuntimeError):
    """The server can't be talked to; the message tells, in Chinese, what to check."""


class Browser:
    """One customer's browser."""

    shows = AS_DATA
    numbers = False

    def __init__(self, url: str) -> None:
        self._base = url.rstrip("/") + "/webhooks/web"
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self._seen = 0  # how many turns of the conversation were read
        self._asked("/history")  # the server makes the session

    def send(self, kind: str, text: str) -> list[dict[str, Any]]:
        """Send ``text``, typed or tapped, and return the replies; waits when the server asks to slow down. Raises Unreachable."""
        message = {"text": text, "id": secrets.token_urlsafe(12), "after": self._seen}
        found = self._asked("/message", json.dumps(message).encode())
        for _ in range(MOST_PAUSES):
            if not found["busy"]:
                break
            time.sleep(SLOW_DOWN_FOR)  # the answer takes longer than one request may
            found = self._asked(f"/history?after={self._seen}")
        self._seen = found["next"]
        return [turn for turn in found["turns"] if turn["from"] == "assistant"]

    def _asked(self, path: str, body: bytes | None = None) -> Any:
        for _ in range(MOST_PAUSES):
            try:
                return self._open(path, body)
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
