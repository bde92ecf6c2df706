"""The conversation as staff read it: who said what and when, masked, the latest part when it is long."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from finlit.privacy import mask
from finlit.settings import SHANGHAI

MOST_LINES = 60
MOST_CHARACTERS = 300  # of one message
_SPEAKERS = {"user": "客户", "bot": "助手"}


def transcript(events: Iterable[Mapping[str, Any]]) -> str:
    """Return one line for each message among the stored ``events`` of a conversation."""
    lines = [_line(event) for event in events if event.get("event") in _SPEAKERS and event.get("text")]
    return "\n".join(lines[-MOST_LINES:])


def _line(event: Mapping[str, Any]) -> str:
    said = " ".join(str(event["text"]).split())
    short = said if len(said) <= MOST_CHARACTERS else f"{said[:MOST_CHARACTERS]}…"
    at = f"{datetime.fromtimestamp(event['timestamp'], SHANGHAI):%H:%M} " if event.get("timestamp") else ""
    return f"{at}{_SPEAKERS[event['event']]}：{mask(short)}"
