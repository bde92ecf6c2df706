"""Answer, ask or refuse: what is done with a ranking of probabilities.

One place holds the thresholds' meaning. ``answered``: sure enough to say the answer.
``asked``: 「您是想问 …？」 with the two or three likeliest. ``refused``: say what we can do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

OUT_OF_SCOPE = "out_of_scope"


@dataclass(frozen=True)
class Thresholds:
    """Probabilities between 0 and 1, chosen on the project's own held-out set (see docs/decisions.md)."""

    answer_at: float
    ask_at: float
    margin: float
    candidate_at: float
    max_candidates: int = 3


@dataclass(frozen=True)
class Decision:
    """What to do, and with which intents (full labels, likeliest first)."""

    kind: str
    label: str | None = None
    candidates: list[str] = field(default_factory=list)


def decide(ranking: Sequence[tuple[str, float]], thresholds: Thresholds, askable: frozenset[str]) -> Decision:
    """Decide on ``ranking`` (label, probability), likeliest first; ``askable`` labels have a plain question."""
    if not ranking:
        return Decision("refused")
    (best, probability), second = ranking[0], ranking[1][1] if len(ranking) > 1 else 0.0
    if probability >= thresholds.answer_at or probability - second >= thresholds.margin:
        return Decision("answered", best)
    candidates = [
        label
        for label, value in ranking[: thresholds.max_candidates]
        if value >= thresholds.candidate_at and label in askable
    ]
    if probability >= thresholds.ask_at and candidates:
        return Decision("asked", best, candidates)
    return Decision("refused", best)
