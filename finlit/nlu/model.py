"""The question model: a linear classifier over characters, words and concepts.

Two steps: which intent, then which narrower label of it (``name/sub``). Sub-intents don't compete with
other intents, so that an editor can split an answer without blurring the borders between topics.
Trained in seconds; asked with one dictionary look-up for each feature and one small product,
about a millisecond. Saved as arrays and JSON, never as pickles.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.svm import LinearSVC

from finlit.nlu.sparse import Analyze, Block, SparseView
from finlit.text import fingerprint

BLOCK_WEIGHTS = {"characters": 0.7, "unbranded": 1.0, "words": 0.5, "concepts": 1.3}
SVM_C = 1.0
FULL_WEIGHT_UP_TO = 12  # characters: what decides stands in a few of them, and a long story's others are chance
NARROW_AT = -0.2  # margin below which a narrower answer isn't clear enough: the general one is said
TEMPERATURE = 0.25  # margins divided by this give probabilities that can be compared with thresholds


def softmax(scores: np.ndarray) -> np.ndarray:
    """Return probabilities along the last axis."""
    shifted = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def base_of(label: str) -> str:
    """Return the intent before the slash of ``name/sub``."""
    return label.split("/")[0]


def length_weights(texts: Sequence[str]) -> np.ndarray:
    """Return how much each training text counts: 1 up to ``FULL_WEIGHT_UP_TO`` characters, then less with its length."""
    lengths = np.array([len(fingerprint(text)) for text in texts])
    return np.asarray(FULL_WEIGHT_UP_TO / np.maximum(lengths, FULL_WEIGHT_UP_TO))


@dataclass
class Machine:
    """A linear support vector machine, one against the rest."""

    labels: list[str]
    weights: np.ndarray  # (features, labels)
    bias: np.ndarray  # (labels,)

    @classmethod
    def fit(cls, rows: csr_matrix, labels: Sequence[str], weights: np.ndarray | None = None) -> Machine:
        """Train on ``rows``; rare labels count as much as frequent ones, ``weights`` one for each row. Deterministic."""
        machine = LinearSVC(C=SVM_C, class_weight="balanced", random_state=0).fit(rows, labels, sample_weight=weights)
        weights, bias = machine.coef_.T, machine.intercept_
        if len(machine.classes_) == 2:  # scikit-learn keeps one column for two classes
            weights, bias = np.hstack([-weights, weights]), np.hstack([-bias, bias])
        return cls(list(map(str, machine.classes_)), weights.astype(np.float32), bias.astype(np.float32))

    def scores(self, indices: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Return one margin for each label."""
        return np.asarray(values @ self.weights[indices] + self.bias if len(indices) else self.bias)


@dataclass
class QuestionModel:
    """One machine that tells intents apart, and one for each intent that has sub-intents."""

    view: SparseView
    intents: Machine
    within: dict[str, Machine]

    @property
    def labels(self) -> list[str]:
        """Return the intents (sorted), without sub-intents."""
        return self.intents.labels

    @classmethod
    def fit(
        cls,
        texts: Sequence[str],
        labels: Sequence[str],
        analyzers: dict[str, Analyze],
        weights: dict[str, float] = BLOCK_WEIGHTS,
    ) -> QuestionModel:
        """Train on ``texts`` with ``labels``; deterministic for the same order of input."""
        view, rows = SparseView.fit(texts, analyzers, weights)
        bases = [base_of(label) for label in labels]
        within = {}
        for base in sorted({base_of(label) for label in labels if "/" in label}):
            own = [number for number, name in enumerate(bases) if name == base]
            if len({labels[number] for number in own}) > 1:
                within[base] = Machine.fit(rows[own], [labels[number] for number in own])
        return cls(view, Machine.fit(rows, bases, length_weights(texts)), within)

    def logits(self, text: str) -> np.ndarray:
        """Return one logit for each intent of ``labels``."""
        return self.intents.scores(*self.view.row(text)) / TEMPERATURE

    def familiarity(self, text: str) -> float:
        """Return the share of the n-grams of two and more characters in ``text`` that training sentences held."""
        block = self.view.blocks[0]
        pieces = [piece for piece in self.view.analyzers[block.name](text) if len(piece) > 1]
        return sum(piece in block.vocabulary for piece in pieces) / max(len(pieces), 1)

    def margin(self, text: str, label: str) -> float:
        """Return how far ``text`` lies on the side of ``label``: 0 on the border, about 1 for its examples."""
        return float(self.intents.scores(*self.view.row(text))[self.labels.index(label)])

    def narrow(self, text: str, intent: str) -> str:
        """Return the label within ``intent`` that fits ``text``: ``intent/sub``, or ``intent`` where none is clear."""
        machine = self.within.get(intent)
        if machine is None:
            return intent
        scores = machine.scores(*self.view.row(text))
        return machine.labels[int(scores.argmax())] if scores.max() >= NARROW_AT else intent

    def save(self, folder: Path) -> None:
        """Write arrays and vocabularies into ``folder``, which is made when it is missing."""
        folder.mkdir(exist_ok=True)
        arrays = {f"idf_{block.name}": block.idf for block in self.view.blocks}
        for name, machine in {"": self.intents, **self.within}.items():
            arrays[f"weights_{name}"] = machine.weights.astype(np.float16)
            arrays[f"bias_{name}"] = machine.bias
        np.savez(folder / "model.npz", **arrays)
        blocks = [[block.name, block.weight, list(block.vocabulary)] for block in self.view.blocks]
        within = {name: machine.labels for name, machine in self.within.items()}
        document = {"labels": self.labels, "within": within, "blocks": blocks}
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

        def machine(name: str, labels: list[str]) -> Machine:
            weights = np.ascontiguousarray(arrays[f"weights_{name}"].astype(np.float32))
            return Machine(labels, weights, arrays[f"bias_{name}"])

        within = {name: machine(name, labels) for name, labels in document["within"].items()}
        return cls(SparseView(analyzers, blocks), machine("", document["labels"]), within)
