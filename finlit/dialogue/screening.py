"""What is done with a message before anybody tries to understand it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum

from finlit.text import fingerprint, is_only_signs, normalise


class Trouble(str, Enum):
    """Why a message can't be understood; the value names the answer ``utter_<value>``."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    ONLY_SYMBOLS = "only_symbols"
    COMMAND = "command"


MOST_READ = 10_000  # characters of a message that are looked through for danger, however few may be stored
_WINDOW, _OVERLAP = 200, 50  # characters that are understood as one; no sign of danger is longer than the overlap

# What a programmer types and no customer does: /intent, /intent{…}, also with a full-width slash.
_COMMAND = re.compile(r"\s*[/／]\s*[A-Za-z_][\w/+@.]*\s*(\{.*)?$", re.ASCII | re.DOTALL)


def clean(text: str | None, limit: int) -> str:
    """Return what may be stored and shown: no control characters, at most ``limit`` characters and one more.

    The one more lets ``trouble`` still see that the text was too long.
    """
    kept = "".join(char for char in (text or "")[: 4 * limit] if char.isprintable() or char in "\n\t ")
    return kept[: limit + 1]


def windows(text: str) -> Iterator[str]:
    """Yield ``text`` in overlapping pieces short enough to be understood."""
    step = _WINDOW - _OVERLAP
    for start in range(0, max(1, len(text) - _OVERLAP), step):
        yield text[start : start + _WINDOW]


def trouble(text: str, limit: int) -> Trouble | None:
    """Return what is wrong with a cleaned message, None when it can be understood."""
    if len(text) > limit:
        return Trouble.TOO_LONG
    if not text.strip() or not normalise(text):
        return Trouble.EMPTY if not text.strip() else Trouble.ONLY_SYMBOLS
    if _COMMAND.match(text):
        return Trouble.COMMAND
    if is_only_signs(text) or not fingerprint(text):
        return Trouble.ONLY_SYMBOLS
    return None


def defang(text: str) -> str:
    """Return ``text`` so that Rasa's ``/intent{…}`` short-cut can't see one: only the server makes payloads."""
    stripped = text.lstrip()
    return f"／{stripped[1:]}" if stripped.startswith("/") else text
