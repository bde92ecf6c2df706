"""Sentences that answers about accounts are put together from; editors own them in ``data/tasks/account.yml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from finlit import answers

Details = list[dict[str, Any]]


@dataclass(frozen=True)
class Reply:
    """Which response to say, the values for its placeholders, and what unfolds or stands in a table.

    ``remember`` is what the next question may refer to, by the name of its slot.
    """

    name: str
    fields: Mapping[str, str] = field(default_factory=dict)
    details: Details = field(default_factory=list)
    table: Mapping[str, Any] | None = None
    remember: Mapping[str, str | None] = field(default_factory=dict)


class Phrases:
    """The sentences of one intent: an answer about several loans has one for each."""

    def __init__(self, domain: Mapping[str, Any], intent: str) -> None:
        self._responses: Mapping[str, Any] = domain["responses"]
        self._prefix = f"utter_{intent}_"

    def line(self, name: str, **fields: str) -> str:
        """Return the text of ``utter_<intent>_<name>`` with its marks; raises KeyError when it is missing."""
        return answers.fill(str(self._responses[self._prefix + name][0]["text"]).strip(), fields)

    def plain(self, name: str, **fields: str) -> str:
        """Return the same without marks, for tables and details."""
        return "\n".join(line.text for line in answers.parse_lines(self.line(name, **fields)))

    def about(self, intent: str) -> Phrases:
        """Return the sentences of another intent."""
        return Phrases({"responses": self._responses}, intent)
