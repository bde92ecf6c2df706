"""Reading the measuring sets under ``tests/nlu`` and playing them."""

from __future__ import annotations

import json
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


def read_talks(path: Path) -> list[list[tuple[str, set[str]]]]:
    """Return labelled conversations: for each turn what is said and the intents that are right (``a|b``)."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [[(text, set(wanted.split("|"))) for text, wanted in json.loads(line)] for line in lines if line.strip()]


async def judged_turns(assistant: Any, talk: list[tuple[str, set[str]]], sender: str) -> list[str]:
    """Play ``talk`` as a new customer; return ``right``, ``wrong`` or ``unclear`` (asked back, not understood) for each turn."""
    verdicts = []
    for text, wanted in talk:
        intent = str((await assistant.turn(text, sender)).get("intent"))
        verdicts.append("right" if intent in wanted else "unclear" if intent == "nlu_fallback" else "wrong")
    return verdicts
