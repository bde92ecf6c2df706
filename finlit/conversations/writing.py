"""Writing a conversation as the YAML that ``reading`` reads, without touching the rest of the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from finlit.conversations.model import Check, Conversation
from finlit.conversations.reading import CHANNELS, DEFAULT_NOW, TOP

_CHANNEL_WORDS = {channel: word for word, channel in CHANNELS.items()}


def scalar(text: str) -> str:
    """Return ``text`` as one YAML scalar on one line, quoted only where it must be."""
    return yaml.safe_dump([text], default_flow_style=True, allow_unicode=True, width=10**9)[1:-2]


def _value(wanted: Any) -> str:
    if isinstance(wanted, bool):
        return "是"
    if isinstance(wanted, Mapping):
        return "{" + ", ".join(f"{name}: {scalar(str(value))}" for name, value in wanted.items()) + "}"
    if isinstance(wanted, (list, tuple)):
        words = [scalar(str(word)) for word in wanted]
        return words[0] if len(words) == 1 else f"[{', '.join(words)}]"
    return scalar(str(wanted))


def _check(check: Check) -> str:
    if check.word == "数据库":
        raise ValueError("database rows are written by hand")
    return f"    {check.word}: {_value(check.wanted)}"


def lines(conversation: Conversation) -> Iterator[str]:
    """Yield the lines of ``conversation``; what is the default is left out."""
    yield f"- 标题: {scalar(conversation.title)}"
    if conversation.customer:
        yield f"  客户: {conversation.customer}"
    if conversation.now != DEFAULT_NOW:
        yield f"  时间: {conversation.now:%Y-%m-%d %H:%M}"
    if conversation.channel != CHANNELS["网页"]:
        yield f"  渠道: {_CHANNEL_WORDS[conversation.channel]}"
    yield "  过程:"
    for turn in conversation.turns:
        yield f"  - {turn.kind}: {scalar(turn.text)}"
        yield from map(_check, turn.checks)


def as_yaml(conversation: Conversation) -> str:
    """Return the conversation as an item of the list under ``对话:``."""
    return "\n".join(lines(conversation)) + "\n"


def append(path: Path, conversation: Conversation) -> None:
    """Add ``conversation`` at the end of ``path``; what stands there stays as it is, byte by byte."""
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    if not before.strip():
        before = f"{TOP}:\n"
    if not before.endswith("\n"):
        before += "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(before + as_yaml(conversation), encoding="utf-8")
