"""The question model: a linear classifier over characters, words and concepts.

Trained in seconds; asked with one dictionary look-up for each feature and one small product,
about a millisecond. Saved as arrays and JSON, never as pickles.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.svm import LinearSVC

from finlit.nlu.sparse import Analyze, Block, SparseView

BLOCK_WEIGHTS = {"characters": 0.7, "unbranded": 1.0, "words": 0.5, "concepts": 1.3}
SVM_C = 1.0
TEMPERATURE = 0.25  # margins divided by this give probabilities that can be compared with thresholds


def softmax(scores: np.ndarray) -> np.ndarray:
    """Return probabilities along the last axis."""
    shifted = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


@dataclass
class QuestionModel:
    """A linear support vector machine over the sparse view; its margins become probabilities."""

    labels: list[str]
    view: SparseView
    weights: np.ndarray  # (features, labels)
    bias: np.ndarray  # (labels,)

    @classmethod
    def fit(cls, texts: Sequence[str], labels: Sequence[str], analyzers: dict[str, Analyze]) -> QuestionModel:
        """Train on ``texts`` with ``labels``; deterministic for the same order of input."""
        view = SparseView.fit(texts, analyzers, BLOCK_WEIGHTS)
        machine = LinearSVC(C=SVM_C, class_weight="balanced", random_state=0).fit(view.matrix(texts), labels)
        return cls(
            list(map(str, machine.classes_)),
            view,
            machine.coef_.T.astype(np.float32),
            machine.intercept_.astype(np.float32),
        )

    def probabilities(self, text: str) -> np.ndarray:
        """Return one probability for each label (sorted)."""
        indices, values = self.view.row(text)
        scores = values @ self.weights[indices] + self.bias if len(indices) else self.bias
        return softmax(scores / TEMPERATURE)

    def save(self, folder: Path) -> None:
        """Write arrays and vocabularies into ``folder``."""
        idf = {f"idf_{block.name}": block.idf for block in self.view.blocks}
        np.savez(folder / "model.npz", weights=self.weights.astype(np.float16), bias=self.bias, **idf)
        blocks = [[block.name, block.weight, list(block.vocabulary)] for block in self.view.blocks]
        document = {"labels": self.labels, "blocks": blocks}
        (folder / "model.json").write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, analyzers: dict[str, Analyze]) -> QuestionModel:
        """Read what ``save`` wrote."""
        document = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        with np.load(folder / "model.npz", allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        blocks: list[Block] = []
        offset = 0
        for name, weight, features in document["blocks"]:
            vocabulary = {feature: offset + i for i, feature in enumerate(features)}
            blocks.append(Block(name, vocabulary, arrays[f"idf_{name}"], weight))
            offset += len(features)
        weights = np.ascontiguousarray(arrays["weights"].astype(np.float32))
        return cls(document["labels"], SparseView(analyzers, blocks), weights, arrays["bias"])
