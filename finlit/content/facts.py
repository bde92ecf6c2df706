"""The registry of facts and sources (``data/facts.yml``): what an answer may rest on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# Everyday operations that only the contract or the app decides, and plain advice: no figures.
FIGURELESS = ("CONTRACT", "ADVICE")


@dataclass(frozen=True)
class Fact:
    """One checked statement. ``until`` is the last day on which it may be said."""

    id: str
    title: str
    statement: str
    basis: str
    cite: str
    confidence: str
    since: date | None
    until: date | None
    checked: date
    sources: tuple[str, ...] = ()

    def expired_on(self, today: date) -> bool:
        return self.until is not None and today > self.until

    def for_customer(self) -> dict[str, Any]:
        """Return what the web page unfolds: id, law or rule with article, since, until."""
        return {
            "id": self.id,
            "cite": self.cite,
            "title": self.title,
            "since": self.since.isoformat() if self.since else None,
            "until": self.until.isoformat() if self.until else None,
        }


@dataclass(frozen=True)
class ForbiddenClaim:
    """A sentence that bots usually get wrong; ``pattern`` finds it in an answer."""

    pattern: str
    why: str
    fact: str | None


@dataclass(frozen=True)
class Registry:
    """All facts by id, and the claims that no answer may make."""

    facts: dict[str, Fact]
    forbidden: tuple[ForbiddenClaim, ...]

    def __contains__(self, fact_id: str) -> bool:
        return fact_id in self.facts

    def __getitem__(self, fact_id: str) -> Fact:
        return self.facts[fact_id]

    def expired(self, fact_id: str, today: date) -> bool:
        """Say whether the fact is known and past its last day."""
        return fact_id in self.facts and self.facts[fact_id].expired_on(today)


def _day(value: Any) -> date | None:
    if value is None or isinstance(value, date):
        return value
    text = str(value)
    return date.fromisoformat(text + "-01" * (2 - text.count("-")))


def parse(document: dict[str, Any]) -> Registry:
    """Build the registry from the parsed YAML document; raises KeyError on a missing field."""
    facts = {
        fact_id: Fact(
            id=fact_id,
            title=entry["title"],
            statement=entry["statement"],
            basis=str(entry.get("basis", "")),
            cite=entry["cite"],
            confidence=entry.get("confidence", "high"),
            since=_day(entry.get("since")),
            until=_day(entry.get("until")),
            checked=_day(entry.get("checked")) or date.min,
            sources=tuple(map(str, entry.get("sources") or ())),
        )
        for fact_id, entry in document["facts"].items()
    }
    forbidden = tuple(
        ForbiddenClaim(entry["pattern"], entry["why"], entry.get("fact")) for entry in document.get("forbidden", ())
    )
    return Registry(facts, forbidden)


@lru_cache(maxsize=4)
def _load(path: str, modified_ns: int) -> Registry:
    return parse(yaml.load(Path(path).read_text(encoding="utf-8"), Loader=_LOADER))


def load(path: Path) -> Registry:
    """Read the registry; an unchanged file is parsed once per process."""
    return _load(str(path), Path(path).stat().st_mtime_ns)
