"""The editors' concept lexicon: many surface forms, one meaning.

Concepts let a small classifier treat 「缓两天」 and 「推迟几日」 alike. The lexicon is
content (``data/lexicon.yml``), so an editor who adds a form improves the understanding.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from finlit.text import fingerprint


@dataclass(frozen=True)
class Lexicon:
    """Surface forms by first character, longest first, each with the concepts that it stands for."""

    forms: dict[str, tuple[str, ...]]
    _by_first: dict[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_first: dict[str, list[str]] = {}
        for form in self.forms:
            by_first.setdefault(form[0], []).append(form)
        ordered = {first: tuple(sorted(forms, key=len, reverse=True)) for first, forms in by_first.items()}
        object.__setattr__(self, "_by_first", ordered)

    @classmethod
    def from_concepts(cls, concepts: dict[str, list[str]]) -> Lexicon:
        """Build from ``{concept: [surface form, …]}``; forms are normalised."""
        forms: dict[str, list[str]] = {}
        for concept, surface in concepts.items():
            for form in surface:
                key = fingerprint(str(form))
                if key and concept not in forms.setdefault(key, []):
                    forms[key].append(concept)
        return cls({form: tuple(names) for form, names in forms.items()})

    @classmethod
    def load(cls, path: Path) -> Lexicon:
        """Read ``data/lexicon.yml``."""
        return cls.from_concepts(yaml.safe_load(Path(path).read_text(encoding="utf-8"))["concepts"])

    def concepts_in(self, text: str) -> list[str]:
        """Return the concepts of ``text`` (a fingerprint) in order; a form inside a longer one is silent."""
        return [concept for _, form in self._forms_in(text) for concept in self.forms[form]]

    def concepts_at(self, text: str) -> list[tuple[str, ...]]:
        """Return for each character of ``text`` (a fingerprint) the concepts of the forms that it is part of."""
        at: list[tuple[str, ...]] = [()] * len(text)
        for start, form in self._forms_in(text):
            for place in range(start, start + len(form)):
                at[place] += tuple(concept for concept in self.forms[form] if concept not in at[place])
        return at

    def _forms_in(self, text: str) -> Iterator[tuple[int, str]]:
        end_of_longest = 0
        for start, char in enumerate(text):
            form = next((form for form in self._by_first.get(char, ()) if text.startswith(form, start)), "")
            if start + len(form) > end_of_longest and form:
                end_of_longest = start + len(form)
                yield start, form
