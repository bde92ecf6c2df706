"""Reading the measuring sets under ``tests/nlu`` and playing them."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def read_table(path: Path) -> list[dict[str, str]]:
    """Return the rows of a tab-separated file as dictionaries by its header."""
    lines = path.read_text(encoding="utf-8").splitlines()
    head = lines[0].split("\t")
    return [dict(zip(head, line.split("\t"))) for line in lines[1:] if line.strip()]


async def answered_intent(assistant: Any, messages: list[str], sender: str) -> str | None:
    """Return the intent of the last of ``messages``, said one after the other by a new customer."""
    turn: dict[str, Any] = {}
    for message in messages:
        turn = await assistant.turn(message, sender)
    return turn.get("intent")
