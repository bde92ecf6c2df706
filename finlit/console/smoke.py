"""A few real messages to the running assistant after a publication, through the web channel."""

from __future__ import annotations

import json
import secrets
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from typing import Any

QUESTIONS = ("你好", "怎么还款", "逾期会上征信吗")
WITHIN = 10.0  # seconds for one answer


class SmokeFailed(RuntimeError):
    """The running assistant did not answer as it should; the message says to what."""


def talk(address: str, questions: tuple[str, ...] = QUESTIONS) -> list[str]:
    """Return the first words of each answer; raises SmokeFailed."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    said = []
    try:
        after = int(_json(opener, f"{address}/webhooks/web/history").get("next", 0))
        for question in questions:
            body = {"text": question, "id": secrets.token_hex(8), "after": after}
            found = _json(opener, f"{address}/webhooks/web/message", body)
            answers = [turn for turn in found.get("turns", ()) if turn.get("from") != "customer" and turn.get("text")]
            if not answers:
                raise SmokeFailed(f"对「{question}」没有回答")
            said.append(str(answers[-1]["text"])[:40])
            after = int(found.get("next", after))
    except (urllib.error.URLError, OSError, ValueError) as fault:
        raise SmokeFailed(f"正在运行的助手没有应答：{fault}") from fault
    return said


def _json(opener: urllib.request.OpenerDirector, address: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(address, data, {"Content-Type": "application/json"})
    with opener.open(request, timeout=WITHIN) as response:
        return dict(json.loads(response.read()))
