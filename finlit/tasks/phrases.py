"""The editors' list of what people say while a task is open (``data/task_words.yml``)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from finlit.text import compact, fingerprint

CONTROLS = ("leave", "resume", "skip", "explain", "restart", "agree", "object")


def _any(words: Sequence[str]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


@dataclass(frozen=True)
class Phrases:
    """Whole-sentence controls, and the words that open or mark a correction, a question, an interruption."""

    controls: Mapping[str, re.Pattern[str]]
    interrupting: re.Pattern[str]
    correcting: re.Pattern[str]
    changing: re.Pattern[str]
    becoming: re.Pattern[str]
    asking: re.Pattern[str]
    looking_back: re.Pattern[str]

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Phrases:
        """Return the compiled list; raises KeyError or re.error for a faulty document."""
        leads, tails = _any(document["leads"]), _any(document["tails"])
        controls = {name: re.compile(f"(?:{leads})*(?:{'|'.join(document[name])})+(?:{tails})*") for name in CONTROLS}
        return cls(
            controls,
            re.compile(f"(?:嗯|哦|那|好)*(?:{_any(document['interrupting'])})"),
            re.compile(
                rf"(?:(?:嗯|哦|啊|哎|等等|等下|{_any(document['correcting'])})\W*)*(?:{_any(document['correcting'])})\W*"
            ),
            re.compile(_any(document["changing"])),
            re.compile(rf"(?:{_any(document['becoming'])})\W*(?P<words>.+)"),
            re.compile(_any(document["asking"])),
            re.compile("|".join(document["looking_back"])),
        )

    def control(self, text: str) -> str | None:
        """Return the first control that the whole of ``text`` is: leave, resume, skip, explain, restart …"""
        plain = fingerprint(text)
        return next((name for name, pattern in self.controls.items() if pattern.fullmatch(plain)), None)

    def interrupts(self, text: str) -> bool:
        """Say whether ``text`` opens like somebody who asks something else first."""
        return self.interrupting.match(fingerprint(text)) is not None

    def correction(self, text: str) -> str | None:
        """Return what is said after a correcting opener (「不对，是30天」 gives 「是30天」); None without one."""
        plain = compact(text)
        opener = self.correcting.match(plain)
        return plain[opener.end() :] if opener else None

    def changes(self, text: str) -> bool:
        """Say whether ``text`` speaks of changing something."""
        return self.changing.search(fingerprint(text)) is not None

    def new_words(self, text: str) -> str | None:
        """Return what an answer in words becomes (「时间改成上周五」 gives 「上周五」); None when that is not said."""
        match = self.becoming.search(compact(text))
        return match["words"] if match else None

    def asks(self, text: str) -> bool:
        """Say whether ``text`` is a question."""
        return "?" in text or "？" in text or self.asking.search(fingerprint(text)) is not None

    def looks_back(self, text: str) -> bool:
        """Say whether ``text`` speaks of a result that stands there: 「哪个划算」, 「等额本金呢」."""
        return self.looking_back.search(fingerprint(text)) is not None


@lru_cache(maxsize=4)
def _load(path: Path, modified_ns: int) -> Phrases:
    return Phrases.from_document(yaml.safe_load(path.read_text(encoding="utf-8")))


def load(path: Path) -> Phrases:
    """Return the phrases of the file at ``path``; a changed file is read again."""
    return _load(path, path.stat().st_mtime_ns)
