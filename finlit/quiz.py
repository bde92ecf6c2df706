"""The question bank of the quiz (``data/quiz.yml``) and drawing a round from it. Pure but for ``load``."""

from __future__ import annotations

import random
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from finlit.content.facts import Registry
from finlit.text import fingerprint

ROUND = 5  # questions
LETTERS = ("A", "B", "C", "D")


@dataclass(frozen=True)
class Topic:
    """One field of knowledge; ``words`` (a regular expression) are how customers name it."""

    title: str
    words: str


@dataclass(frozen=True)
class Item:
    """One question: ``choices`` by letter, ``answer`` the right letter, ``sources`` the facts behind it.

    ``read`` is the intent whose answer is worth reading after a miss.
    """

    id: str
    topic: str
    ask: str
    choices: Mapping[str, str]
    answer: str
    why: str
    sources: tuple[str, ...]
    read: str


@dataclass(frozen=True)
class Bank:
    """All topics by name and all questions by id, in the order of the file."""

    topics: Mapping[str, Topic]
    items: Mapping[str, Item]

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Bank:
        """Return the bank; raises KeyError, TypeError or AttributeError for a faulty document."""
        topics = {name: Topic(str(each["title"]), str(each["words"])) for name, each in document["topics"].items()}
        items = [
            Item(
                id=str(each["id"]),
                topic=str(each["topic"]),
                ask=str(each["ask"]),
                choices={str(letter): str(words) for letter, words in each["choices"].items()},
                answer=str(each["answer"]),
                why=str(each["why"]),
                sources=tuple([each["source"]] if isinstance(each["source"], str) else map(str, each["source"])),
                read=str(each["read"]),
            )
            for each in document["questions"]
        ]
        return cls(topics, {item.id: item for item in items})

    def topic_in(self, text: str) -> str | None:
        """Return the one topic that ``text`` names; None when it names none or several."""
        plain = fingerprint(text)
        named = [name for name, topic in self.topics.items() if re.search(topic.words, plain)]
        return named[0] if len(named) == 1 else None

    def in_force(self, registry: Registry, today: date) -> Bank:
        """Return the bank without the questions that rest on an expired fact."""
        items = {name: item for name, item in self.items.items() if not any(registry.expired(each, today) for each in item.sources)}  # fmt: skip
        return Bank(self.topics, items)


def draw(bank: Bank, seen: Sequence[str], topic: str | None, rng: random.Random) -> list[str]:
    """Return the ids of a round: unseen ones first, of different topics as far as they go.

    With ``topic``, only its questions. When too few are unseen, those seen longest ago fill up.
    """
    asked = [item for item in bank.items.values() if topic is None or item.topic == topic]
    fresh = [item for item in asked if item.id not in seen]
    rng.shuffle(fresh)
    known = {item.id: item for item in asked}
    old = [known[each] for each in dict.fromkeys(seen) if each in known]
    return [item.id for item in _spread(fresh, ROUND) + old][:ROUND]


def _spread(items: Sequence[Item], count: int) -> list[Item]:
    """Return ``count`` of ``items`` so that topics repeat as little as possible, in the order given."""
    chosen: list[Item] = []
    rest = list(items)
    while rest and len(chosen) < count:
        used: Collection[str] = [item.topic for item in chosen]
        best = min(rest, key=lambda item: list(used).count(item.topic))
        chosen.append(best)
        rest.remove(best)
    return chosen


@lru_cache(maxsize=4)
def _load(path: str, modified_ns: int) -> Bank:
    return Bank.from_document(yaml.safe_load(Path(path).read_text(encoding="utf-8")))


def load(path: Path) -> Bank:
    """Read the bank; an unchanged file is parsed once per process. Raises what ``from_document`` raises."""
    return _load(str(path), Path(path).stat().st_mtime_ns)
