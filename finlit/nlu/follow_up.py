"""A second turn that only makes sense after the first: 「要钱吗」「多久」「那 2000 呢」.

Three steps, each only when the one before does not settle it: the editors' table
(``data/follow_ups.yml``); both sentences understood together; the previous question again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from finlit.nlu import portions
from finlit.nlu.quantities import find
from finlit.text import fingerprint, normalise

MAX_ELLIPTICAL_CHARS = 14
SLACK = 4  # characters that a follow-up may have besides the form of its facet
SLACK_OF_A_WORD = 2  # … when the form is a single word: 「利息」 stands in many a question of its own
ANY, SAME = "any", "same"  # in the table: any previous intent; the previous intent again
_PARTICLES = re.compile(r"[吗嘛么呢啊呀吧不的了]+$")
_WHO = re.compile(r"^(?:我们?|俺)")


@dataclass(frozen=True)
class Facet:
    """How one kind of follow-up is worded, and what it asks by the previous intent.

    One with a ``figure`` holds an amount, a day or a part (一半): its forms are what remains
    without that; a form of one sign must be all that remains. With ``whole``, every form must.
    """

    forms: tuple[str, ...]
    to: dict[str, str]
    figure: bool = False
    whole: bool = False

    def target(self, intent: str) -> str | None:
        """Return what this facet asks after ``intent``: its own row, its topic's (``overdue_*``), or ``any``."""
        return self.to.get(intent, self.to.get(f"{intent.split('_')[0]}_*", self.to.get(ANY)))

    def words(self, core: str, bare: str, slack: int = SLACK) -> bool:
        """Say whether a sentence is worded so, give or take ``slack``; ``bare`` is its ``core`` without figures."""
        if self.figure and bare == core:
            return False
        said = bare if self.figure else core
        return any(form in said and len(said) <= len(form) + self._slack(form, slack) for form in self.forms)

    def _slack(self, form: str, slack: int) -> int:
        if self.whole or len(form) == 1:
            return 0
        return min(slack, SLACK_OF_A_WORD) if len(form) == 2 else slack


@dataclass(frozen=True)
class Previous:
    """The last question that was answered: its intent (base name), its text and its full label.

    ``calculator`` is the intent of the calculator that ran lately, if one did; ``figure_asked``
    says that the last thing said to the customer asked for a figure; ``shown``, that the answer to
    a question about the customer's account held their figures.
    """

    intent: str
    text: str
    label: str = ""
    calculator: str | None = None
    figure_asked: bool = False
    shown: bool = True


@dataclass(frozen=True)
class FollowUps:
    """The editors' table, ready for look-ups."""

    openers: tuple[str, ...]
    closers: tuple[str, ...]
    asking: tuple[str, ...]
    questions: re.Pattern[str]
    facets: dict[str, Facet]
    figure: dict[str, str]

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> FollowUps:
        facets = {
            name: Facet(
                tuple(_PARTICLES.sub("", fingerprint(form)) for form in facet["forms"]),
                dict(facet["to"]),
                bool(facet.get("figure")),
                bool(facet.get("whole")),
            )
            for name, facet in document["facets"].items()
        }
        openers = tuple(sorted(document["openers"], key=len, reverse=True))
        questions = re.compile("|".join(map(re.escape, document["questions"])) + "|[不没]$")
        closers, asking = tuple(document["closers"]), tuple(document["asking"])
        return cls(openers, closers, asking, questions, facets, dict(document["figure"]))

    @classmethod
    def load(cls, path: Path) -> FollowUps:
        return cls.from_document(yaml.safe_load(Path(path).read_text(encoding="utf-8")))

    def core(self, text: str) -> str:
        """Return the sentence without opener and closing particles."""
        plain = fingerprint(text)
        for opener in self.openers:
            if plain.startswith(opener) and len(plain) > len(opener):
                plain = plain[len(opener) :]
                break
        return plain

    def opens_like_one(self, text: str) -> bool:
        """Say whether the sentence starts or ends as follow-ups do."""
        plain = fingerprint(text)
        return plain.startswith(self.openers) or plain.endswith(self.closers)

    def asks(self, text: str) -> bool:
        """Say whether the sentence holds a word with which follow-ups ask, or a figure."""
        return self.has_asking_word(text) or bool(find(fingerprint(text)))

    def is_a_question(self, text: str) -> bool:
        """Say whether the sentence asks or wants something; else it only tells."""
        return "?" in normalise(text) or self.questions.search(fingerprint(text)) is not None

    def has_asking_word(self, text: str) -> bool:
        """Say whether the sentence holds a word with which follow-ups ask."""
        plain = fingerprint(text)
        return any(word in plain for word in self.asking)

    def by_table(self, text: str, previous: Previous, slack: int = SLACK) -> str | None:
        """Return the intent that the table gives for this facet of the previous question.

        ``slack`` is how many characters the sentence may have besides the wording of its facet.
        """
        core = _PARTICLES.sub("", self.core(text))
        bare = self._bare(core)
        if len(bare) > MAX_ELLIPTICAL_CHARS:
            return None
        for facet in self.facets.values():
            target = facet.target(previous.intent)
            if target and facet.words(core, bare, slack):
                return previous.intent if target == SAME else target
        return None

    def _bare(self, core: str) -> str:
        """Return ``core`` without amounts, days, parts and who is speaking."""
        bare = portions.without_portions(core)
        for quantity in find(bare):
            bare = bare if quantity.kind == "rate" else bare.replace(quantity.text, "", 1)
        return core if bare == core else _PARTICLES.sub("", _WHO.sub("", bare))

    def by_figure(self, previous: Previous) -> str:
        """Return what a figure alone asks after ``previous``: its calculator, else the same question again."""
        return self.figure.get(previous.intent, previous.intent)

    def only_changes_a_figure(self, text: str) -> bool:
        """Say whether nothing is left but an amount, a number of days or a date: the same question again."""
        plain = self.core(text)
        for quantity in find(plain):
            plain = plain.replace(quantity.text, "", 1)
        return plain != self.core(text) and len(_PARTICLES.sub("", plain)) <= 2


def combine(alone: np.ndarray, together: np.ndarray, same: int, weight_alone: float) -> np.ndarray:
    """Return probabilities that weigh the sentence alone against both sentences together.

    The previous intent itself gets a little less from ``together``: its own words are in there.
    """
    together = together.copy()
    together[same] *= 0.6
    together /= together.sum()
    return weight_alone * alone + (1 - weight_alone) * together
