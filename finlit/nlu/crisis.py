"""Signs of self-harm, said plainly, veiled or in a borrowed spelling: who has to be helped first.

Two witnesses: the editors' patterns (``data/crisis/signs.yml``), and a model of its own that has learnt from the
editors' lines (``crisis.txt`` and ``calm.txt`` beside it) and from every example of the other intents. Idioms
(跳楼价, 气死我了) are taken out before the patterns look, and a negation right before a sign silences that sign.

Being wrong costs little on one side and everything on the other, so a faint sign is heard too; it gets another
answer (``UNSURE``), which asks how the person is without taking for granted what they never said.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import yaml

from finlit.nlu.model import QuestionModel
from finlit.nlu.sparse import Analyze
from finlit.text import fingerprint

CRISIS, UNSURE, CALM = "crisis", "crisis/unsure", "calm"
_CHINESE = re.compile(r"[\u4e00-\u9fff]")  # the model has learnt from Chinese sentences only
_GAP = "\u3000"  # stands where an idiom was: nothing matches across it


def read_lines(path: Path) -> list[str]:
    """Return the sentences of a text file: one a line, ``#`` opens a remark."""
    lines = (line.strip() for line in Path(path).read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


@dataclass(frozen=True)
class CrisisSigns:
    """Compiled patterns over the fingerprint of a sentence."""

    signs: re.Pattern[str]
    idioms: re.Pattern[str]
    negations: re.Pattern[str]

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> CrisisSigns:
        """Compile; raises re.error for a broken pattern (the content check names its line)."""
        return cls(
            re.compile("|".join(f"(?:{pattern})" for pattern in document["signs"])),
            re.compile("|".join(f"(?:{pattern})" for pattern in document["idioms"])),
            re.compile(f"(?:{'|'.join(map(str, document['negations']))})$"),
        )

    @classmethod
    def load(cls, path: Path) -> CrisisSigns:
        return cls.from_document(yaml.safe_load(Path(path).read_text(encoding="utf-8")))

    def found_in(self, text: str) -> str | None:
        """Return the words that sound like self-harm, None when there are none."""
        plain = self.idioms.sub(_GAP, fingerprint(text))
        return next((match.group() for match in self.signs.finditer(plain) if not self._denied(plain, match)), None)

    def sounds_like_one(self, text: str) -> bool:
        """Say whether ``text`` holds an idiom or a sign, denied or not: 「气死我了」, 「我没想死」."""
        plain = fingerprint(text)
        return bool(self.idioms.search(plain) or self.signs.search(plain))

    def _denied(self, plain: str, match: re.Match[str]) -> bool:
        return self.negations.search(plain[: match.start()]) is not None


@dataclass(frozen=True)
class CrisisDetector:
    """Both witnesses, and how far the model is believed."""

    signs: CrisisSigns
    model: QuestionModel
    sure_at: float  # the model's margin from which it is believed by itself
    unsure_at: float  # the margin from which the gentler answer asks; a sign below it is a faint one too
    despite_at: float  # the margin from which it asks although the words were an idiom or a denial

    SHORT: ClassVar[int] = 8  # letters: so few say little, 「算了」 and 「选B」 are not half a farewell
    BLOCK_WEIGHTS: ClassVar[dict[str, float]] = {"characters": 1.0, "words": 0.7}

    @classmethod
    def fit_model(cls, crisis: Sequence[str], calm: Sequence[str], analyzers: Mapping[str, Analyze]) -> QuestionModel:
        """Return the model that tells ``crisis`` sentences from ``calm`` ones."""
        labels = [CRISIS] * len(crisis) + [CALM] * len(calm)
        wanted = {name: analyzers[name] for name in cls.BLOCK_WEIGHTS}
        return QuestionModel.fit([*crisis, *calm], labels, wanted, cls.BLOCK_WEIGHTS)

    def hears(self, text: str, is_clear_question: bool = False) -> str | None:
        """Return ``CRISIS``, ``UNSURE`` for a faint sign, None when there is nothing to worry about.

        ``is_clear_question``: what the words ask for is beyond doubt, so that only more than a faint echo counts.
        """
        margin = self.model.margin(text, CRISIS)
        if self.signs.found_in(text):
            return CRISIS if margin >= self.unsure_at else UNSURE
        if self.signs.sounds_like_one(text):  # only idioms and denials are left
            return UNSURE if margin >= self.despite_at else None
        if margin >= self.sure_at and _CHINESE.search(text):
            return CRISIS
        faint = margin >= self.unsure_at and len(fingerprint(text)) > self.SHORT and not is_clear_question
        return UNSURE if faint and _CHINESE.search(text) else None
