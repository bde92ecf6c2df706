"""What a message means while a proof of identity is under way, and how it is masked then. Pure.

The editors' words stand in ``data/verification.yml``. Masking here goes further than
``finlit.privacy``: what could be the phone or the code that is being asked for is hidden, a
mistyped one too; figures with a unit (「10000块」「20天」) stay, so that a question in between can be answered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from finlit.digits import Run, find_phone, runs
from finlit.privacy import CODE_LENGTHS, CODE_MASK, mask, replace_spans
from finlit.text import fingerprint

PHONE_MASK, NUMBER_MASK = "〔手机号〕", "〔号码〕"
CODE_DIGITS = 6
SHORTEST_NUMBER = 7  # digits that could be a mistyped phone
AROUND = 8  # characters that may stand beside a code or a short phrase
# The order decides when a sentence could mean two things.
MEANINGS = ("no_phone", "change_phone", "resend", "wait", "refuse", "leave", "go_on", "agree")


@dataclass(frozen=True)
class Words:
    """The editors' words by meaning."""

    exact: Mapping[str, frozenset[str]]
    within: Mapping[str, tuple[str, ...]]
    particles: str
    units: tuple[str, ...]

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Words:
        """Return the words; raises KeyError for a meaning that is missing."""
        particles = str(document["particles"])
        return cls(
            {name: frozenset(map(fingerprint, document[name].get("exact", ()))) for name in MEANINGS},
            {name: tuple(map(fingerprint, document[name].get("within", ()))) for name in MEANINGS},
            particles,
            tuple(map(str, document["units"])),
        )

    def meanings(self, text: str) -> list[str]:
        """Return everything that ``text`` may mean, whole sentences first."""
        plain = fingerprint(text)
        core = plain.rstrip(self.particles)
        whole = [name for name in MEANINGS if plain in self.exact[name] or core in self.exact[name]]
        part = [
            name
            for name in MEANINGS
            if any(word in plain and len(plain) <= len(word) + AROUND for word in self.within[name])
        ]
        return [*whole, *(name for name in part if name not in whole)]

    def counts_something(self, text: str, run: Run) -> bool:
        """Say whether a unit says what the digits count: they are an amount or a time, no phone and no code."""
        after = text[run.end :].lstrip()
        return after.startswith(self.units) or text[: run.start].rstrip().endswith(("¥", "￥"))


def phone_in(text: str) -> str | None:
    """Return the first mobile number of ``text`` as eleven digits."""
    for run in runs(text):
        found = find_phone(run)
        if found is not None:
            return found[2]
    return None


def code_in(text: str, words: Words) -> str | None:
    """Return the six digits that ``text`` gives as a code; None when it says much more, or none."""
    for run in runs(text):
        if len(run.digits) == CODE_DIGITS and not words.counts_something(text, run):
            rest = fingerprint(text[: run.start] + text[run.end :])
            return run.digits if len(rest) <= AROUND else None
    return None


def has_digits(text: str) -> bool:
    """Say whether ``text`` holds a run that could be a mistyped phone or code."""
    return any(len(run.digits) >= min(CODE_LENGTHS) for run in runs(text))


def is_only_digits(text: str) -> bool:
    """Say whether hardly anything but digits is said: a number that missed, and no question."""
    found = list(runs(text))
    return bool(found) and len(fingerprint(text)) - sum(len(run.digits) for run in found) <= 1


def concealed(text: str, stage: str | None, words: Words, is_code: Callable[[str], bool]) -> str:
    """Return ``text`` as it may be stored. ``stage`` is the open step, None when none is.

    ``is_code`` recognises the code that was sent last: it is hidden wherever and whenever it is typed.
    """
    spans = []
    is_all = stage is not None and code_in(text, words) is not None  # a code, though something else was asked for
    for run in runs(text):
        if len(run.digits) == CODE_DIGITS and is_code(run.digits):
            spans.append((run.start, run.end, CODE_MASK))
        elif stage is not None and not words.counts_something(text, run):
            replacement = _hidden(run, "code" if is_all else stage)
            if replacement:
                spans.append((run.start, run.end, replacement))
    return mask(replace_spans(text, spans))


def _hidden(run: Run, stage: str) -> str | None:
    if find_phone(run) is not None:
        return PHONE_MASK
    if stage == "code" and len(run.digits) in CODE_LENGTHS:
        return CODE_MASK
    return NUMBER_MASK if len(run.digits) >= SHORTEST_NUMBER else None


@lru_cache(maxsize=2)
def _load(path: Path, modified_ns: int) -> Words:
    return Words.from_document(yaml.safe_load(path.read_text(encoding="utf-8")))


def load(path: Path) -> Words:
    """Return the words of the file at ``path``; a changed file is read again."""
    return _load(path, path.stat().st_mtime_ns)
