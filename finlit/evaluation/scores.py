"""Scores of the understanding on labelled questions. Pure: takes outcomes, returns figures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

OUT_OF_SCOPE = "out_of_scope"


@dataclass(frozen=True)
class Outcome:
    """One row: its label, the ranking of base intents, what was done, and how long it took."""

    text: str
    intent: str
    ranking: list[tuple[str, float]]
    kind: str  # answered | asked | refused
    candidates: list[str]
    seconds: float

    @property
    def predicted(self) -> str:
        return self.ranking[0][0] if self.ranking else ""

    @property
    def in_scope(self) -> bool:
        return self.intent != OUT_OF_SCOPE

    @property
    def refused(self) -> bool:
        """Nothing was answered and nothing asked: below the threshold, or told that it is not our subject."""
        return self.kind == "refused" or (self.kind == "answered" and self.predicted == OUT_OF_SCOPE)

    @property
    def right(self) -> bool:
        return self.predicted == self.intent or (not self.in_scope and self.refused)


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


def by_intent(outcomes: Sequence[Outcome]) -> dict[str, dict[str, float]]:
    """Return precision, recall, F1 and the number of rows for each intent that occurs as a label."""
    labels = sorted({outcome.intent for outcome in outcomes})
    predicted: dict[str, int] = defaultdict(int)
    hits: dict[str, int] = defaultdict(int)
    rows: dict[str, int] = defaultdict(int)
    for outcome in outcomes:
        name = outcome.intent if outcome.right else outcome.predicted
        rows[outcome.intent] += 1
        predicted[name] += 1
        hits[outcome.intent] += outcome.right
    scores = {}
    for label in labels:
        precision = hits[label] / predicted[label] if predicted[label] else 0.0
        recall = hits[label] / rows[label]
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        scores[label] = {
            "n": rows[label],
            "precision": round(precision, 4),
            "recall": round(recall, 4),
            "f1": round(f1, 4),
        }
    return scores


def summarise(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return the figures of ``finlit evaluate --json``; shares are between 0 and 1."""
    inside = [outcome for outcome in outcomes if outcome.in_scope]
    answered = [outcome for outcome in inside if outcome.kind == "answered" and not outcome.refused]
    asked = [outcome for outcome in inside if outcome.kind == "asked"]
    outside = [outcome for outcome in outcomes if not outcome.in_scope]
    refused = [outcome for outcome in outcomes if outcome.refused]
    times = np.array([outcome.seconds for outcome in outcomes]) * 1000 if outcomes else np.zeros(1)
    per_intent = by_intent(outcomes)
    top3 = sum(outcome.right or outcome.intent in [name for name, _ in outcome.ranking[:3]] for outcome in outcomes)
    return {
        "n": len(outcomes),
        "accuracy": _share(sum(outcome.right for outcome in outcomes), len(outcomes)),
        "top3_accuracy": _share(top3, len(outcomes)),
        "macro_f1": round(float(np.mean([score["f1"] for score in per_intent.values()])), 4) if per_intent else 0.0,
        "in_scope_accuracy": _share(sum(outcome.predicted == outcome.intent for outcome in inside), len(inside)),
        "answered_right": _share(sum(outcome.predicted == outcome.intent for outcome in answered), len(inside)),
        "answered_wrong": _share(sum(outcome.predicted != outcome.intent for outcome in answered), len(inside)),
        "asked": _share(len(asked), len(inside)),
        "asked_contains_right": _share(sum(outcome.intent in outcome.candidates for outcome in asked), len(inside)),
        "refused": _share(sum(outcome.refused for outcome in inside), len(inside)),
        "out_of_scope": {
            "precision": _share(sum(not outcome.in_scope for outcome in refused), len(refused)),
            "recall": _share(sum(outcome.refused for outcome in outside), len(outside)),
        },
        "latency_ms": {
            "p50": round(float(np.percentile(times, 50)), 2),
            "p99": round(float(np.percentile(times, 99)), 2),
        },
    }
