"""Questions about somebody else's debt: heard by rule, so that no account is looked at for them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from finlit.digits import find_phone, runs
from finlit.text import fingerprint

OTHER_PERSON = "other_person"  # the sub-intent of account_status for such a question
_MASKED_PHONE = re.compile(r"1[3-9]\d\*{4}\d{4}")
_FOR_ME = re.compile(r"(?:帮|给|替|为|告诉)我")
_OWN_PHONE = re.compile(r"我(?:的|自己的?|本人的?)?(?:手机|电话|号码|手机号码?|号)(?:是|为|：|:)?\s*$")


@dataclass(frozen=True)
class OtherPeople:
    """The editors' words of ``data/other_people.yml``."""

    asks: re.Pattern[str]
    looks_up: re.Pattern[str]
    words: Mapping[str, Sequence[str]]

    @classmethod
    def from_document(cls, words: Mapping[str, Any]) -> OtherPeople:
        people, single, between, about, weak = (
            _alternatives(words[name]) for name in ("people", "single", "between", "about", "when_looking")
        )
        person = f"(?:(?<![其吉])(?:{people})|(?<=[我俺咱])(?:{single}))(?:{between})*"
        return cls(re.compile(f"{person}(?:{about})"), re.compile(f"{person}(?:{weak})"), dict(words))

    def in_question(self, text: str) -> bool:
        """Say whether ``text`` asks what another person owes; a phone that is not the speaker's counts as a person."""
        plain = fingerprint(text)
        if self._any("general", plain) or self._any("own", plain):
            return False
        looking = self._any("looking", plain)
        if self.asks.search(plain) or (looking and self.looks_up.search(plain)):
            return True
        asked = self._any("about", plain) or (looking and self._any("when_looking", plain))
        return asked and "我" not in _FOR_ME.sub("", plain) and _names_a_phone(text)

    def _any(self, kind: str, plain: str) -> bool:
        return any(word in plain for word in self.words[kind])


def _names_a_phone(text: str) -> bool:
    for run in runs(text):
        found = find_phone(run)
        if found and not _OWN_PHONE.search(text[: run.places[found[0]]]):
            return True
    masked = _MASKED_PHONE.search(text)
    return masked is not None and not _OWN_PHONE.search(text[: masked.start()])


def _alternatives(words: Sequence[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


@lru_cache(maxsize=2)
def _load(path: Path, modified_ns: int) -> OtherPeople:
    return OtherPeople.from_document(yaml.safe_load(path.read_text(encoding="utf-8")))


def load(path: Path) -> OtherPeople:
    """Return the words of the file at ``path``; a changed file is read again."""
    return _load(path, path.stat().st_mtime_ns)
