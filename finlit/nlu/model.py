"""The question model: two experts, the second asked only when the first is not sure.

``WordsExpert`` looks at characters, words and concepts: well below a millisecond.
``MeaningExpert`` looks at a sentence vector (``finlit.nlu.meaning``): 10-20 ms, but it knows
words that the examples never used. Saved as arrays and JSON, never as pickles.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from finlit.nlu import meaning
from finlit.nlu.sparse import Analyze, Block, SparseView

BLOCK_WEIGHTS = {"characters": 1.0, "words": 0.8, "concepts": 0.9}
SVM_C = 0.6
WORDS_TEMPERATURE = 0.25
MEANING_C = 10.0
MEANING_WEIGHT = 0.5
SURE = 0.85  # probability from which the words expert is believed alone


def softmax(scores: np.ndarray) -> np.ndarray:
    """Return probabilities along the last axis."""
    shifted = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


@dataclass
class WordsExpert:
    """A linear support vector machine over the sparse view; its margins become probabilities."""

    view: SparseView
    weights: np.ndarray  # (features, labels)
    bias: np.ndarray  # (labels,)

    @classmethod
    def fit(cls, texts: Sequence[str], labels: Sequence[str], analyzers: dict[str, Analyze]) -> WordsExpert:
        view = SparseView.fit(texts, analyzers, BLOCK_WEIGHTS)
        machine = LinearSVC(C=SVM_C, random_state=0).fit(view.matrix(texts), labels)
        return cls(view, machine.coef_.T.astype(np.float32), machine.intercept_.astype(np.float32))

    def probabilities(self, text: str) -> np.ndarray:
        """Return one probability for each label (sorted)."""
        indices, values = self.view.row(text)
        scores = values @ self.weights[indices] + self.bias if len(indices) else self.bias
        return softmax(scores / WORDS_TEMPERATURE)


@dataclass
class MeaningExpert:
    """A logistic regression over centred sentence vectors."""

    centre: np.ndarray  # (384,)
    weights: np.ndarray  # (384, labels)
    bias: np.ndarray  # (labels,)

    @classmethod
    def fit(cls, vectors: np.ndarray, labels: Sequence[str]) -> MeaningExpert:
        centre = vectors.mean(axis=0)
        learner = LogisticRegression(C=MEANING_C, max_iter=300).fit(_centred(vectors, centre), labels)
        return cls(centre, learner.coef_.T.astype(np.float32), learner.intercept_.astype(np.float32))

    def probabilities(self, vector: np.ndarray) -> np.ndarray:
        """Return one probability for each label (sorted)."""
        return softmax(_centred(vector, self.centre) @ self.weights + self.bias)


def _centred(vectors: np.ndarray, centre: np.ndarray) -> np.ndarray:
    moved = vectors - centre
    return np.asarray(moved / np.maximum(np.linalg.norm(moved, axis=-1, keepdims=True), 1e-9), dtype=np.float32)


@dataclass
class QuestionModel:
    """Both experts; ``meaning`` is None where the encoder can't run."""

    labels: list[str]
    words: WordsExpert
    meaning: MeaningExpert | None

    @classmethod
    def fit(
        cls, texts: Sequence[str], labels: Sequence[str], analyzers: dict[str, Analyze], cache: Path
    ) -> QuestionModel:
        """Train on ``texts`` with ``labels``; deterministic for the same order of input."""
        expert = None
        if meaning.encoder() is not None:
            expert = MeaningExpert.fit(meaning.VectorCache(cache).vectors(texts), labels)
        return cls(sorted(set(labels)), WordsExpert.fit(texts, labels, analyzers), expert)

    def probabilities(self, text: str) -> np.ndarray:
        """Return one probability for each label; the second expert is asked when the first is unsure."""
        by_words = self.words.probabilities(text)
        if self.meaning is None or by_words.max() >= SURE or meaning.encoder() is None:
            return by_words
        by_meaning = self.meaning.probabilities(meaning.vector(text))
        joint = (1 - MEANING_WEIGHT) * np.log(by_words + 1e-9) + MEANING_WEIGHT * np.log(by_meaning + 1e-9)
        return softmax(joint)

    def save(self, folder: Path) -> None:
        """Write arrays and vocabularies into ``folder``."""
        arrays = {f"idf_{block.name}": block.idf for block in self.words.view.blocks}
        arrays |= {"words_weights": self.words.weights.astype(np.float16), "words_bias": self.words.bias}
        if self.meaning is not None:
            arrays |= {"centre": self.meaning.centre, "meaning_weights": self.meaning.weights}
            arrays |= {"meaning_bias": self.meaning.bias}
        np.savez(folder / "model.npz", **arrays)
        blocks = [[block.name, block.weight, list(block.vocabulary)] for block in self.words.view.blocks]
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
        weights = np.ascontiguousarray(arrays["words_weights"].astype(np.float32))
        words = WordsExpert(SparseView(analyzers, blocks), weights, arrays["words_bias"])
        expert = None
        if "centre" in arrays:
            expert = MeaningExpert(arrays["centre"], arrays["meaning_weights"], arrays["meaning_bias"])
        return cls(document["labels"], words, expert)
