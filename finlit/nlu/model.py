"""The question model: several small linear classifiers over different views, averaged.

Trained with scikit-learn in seconds; asked with one dictionary look-up for each feature and
one small matrix product, far below a millisecond. Saved as arrays and JSON, never as pickles.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

Analyze = Callable[[str], list[str]]


@dataclass(frozen=True)
class Block:
    """One kind of features: its vocabulary, inverse document frequencies and weight."""

    name: str
    vocabulary: dict[str, int]
    idf: np.ndarray
    weight: float

    @classmethod
    def fit(cls, name: str, documents: Sequence[list[str]], weight: float, offset: int, min_df: int = 2) -> Block:
        """Count ``documents`` (lists of features); indices start at ``offset``."""
        frequency = Counter(feature for document in documents for feature in set(document))
        kept = sorted(feature for feature, count in frequency.items() if count >= min_df)
        idf = np.array([math.log((1 + len(documents)) / (1 + frequency[f])) + 1 for f in kept], dtype=np.float32)
        return cls(name, {feature: offset + i for i, feature in enumerate(kept)}, idf, weight)

    def vector(self, features: list[str], offset: int) -> tuple[list[int], np.ndarray]:
        """Return indices and values (1 + log tf) · idf, of length ``weight``."""
        counts = Counter(feature for feature in features if feature in self.vocabulary)
        if not counts:
            return [], np.zeros(0, dtype=np.float32)
        indices = [self.vocabulary[feature] for feature in counts]
        values = np.array([1 + math.log(count) for count in counts.values()], dtype=np.float32)
        values *= self.idf[np.array(indices) - offset]
        return indices, values * (self.weight / max(float(np.linalg.norm(values)), 1e-9))


@dataclass
class SparseView:
    """All blocks together: a sentence becomes one sparse row."""

    analyzers: dict[str, Analyze]
    blocks: list[Block]

    @classmethod
    def fit(cls, texts: Sequence[str], analyzers: dict[str, Analyze], weights: dict[str, float]) -> SparseView:
        blocks: list[Block] = []
        offset = 0
        for name, analyze in analyzers.items():
            block = Block.fit(name, [analyze(text) for text in texts], weights[name], offset)
            blocks.append(block)
            offset += len(block.vocabulary)
        return cls(analyzers, blocks)

    @property
    def size(self) -> int:
        return sum(len(block.vocabulary) for block in self.blocks)

    def row(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the indices and values of the features of ``text``."""
        indices: list[int] = []
        values: list[np.ndarray] = []
        offset = 0
        for block in self.blocks:
            found, block_values = block.vector(self.analyzers[block.name](text), offset)
            indices += found
            values.append(block_values)
            offset += len(block.vocabulary)
        return np.array(indices, dtype=np.int64), np.concatenate(values)

    def matrix(self, texts: Iterable[str]) -> csr_matrix:
        """Return the rows of ``texts`` as one sparse matrix."""
        rows = [self.row(text) for text in texts]
        indptr = np.cumsum([0] + [len(indices) for indices, _ in rows])
        indices = np.concatenate([indices for indices, _ in rows])
        values = np.concatenate([values for _, values in rows])
        return csr_matrix((values, indices, indptr), shape=(len(rows), self.size), dtype=np.float32)


def softmax(scores: np.ndarray) -> np.ndarray:
    """Return probabilities along the last axis."""
    shifted = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


BLOCK_WEIGHTS = {"characters": 1.0, "words": 0.8, "concepts": 0.9}
SVM_C = 0.6
LOGISTIC_C = 12.0


@dataclass
class QuestionModel:
    """Linear experts over one sparse view; probabilities over ``labels``."""

    view: SparseView
    labels: list[str]
    weights: np.ndarray  # (features, labels): the calibrated sum of the experts
    bias: np.ndarray  # (labels,)

    @classmethod
    def fit(cls, texts: Sequence[str], labels: Sequence[str], analyzers: dict[str, Analyze]) -> QuestionModel:
        """Train on ``texts`` with ``labels``; deterministic for the same order of input."""
        view = SparseView.fit(texts, analyzers, BLOCK_WEIGHTS)
        matrix = view.matrix(texts)
        svm = LinearSVC(C=SVM_C, random_state=0).fit(matrix, labels)
        return cls(view, list(svm.classes_), svm.coef_.T.astype(np.float32), svm.intercept_.astype(np.float32))

    def scores(self, text: str) -> np.ndarray:
        """Return one score for each label."""
        indices, values = self.view.row(text)
        if not len(indices):
            return self.bias.copy()
        return values @ self.weights[indices] + self.bias

    def probabilities(self, text: str, temperature: float = 0.25) -> np.ndarray:
        """Return one probability for each label."""
        return softmax(self.scores(text) / temperature)

    def save(self, folder: Path) -> None:
        """Write arrays and vocabularies into ``folder``."""
        np.savez_compressed(
            folder / "model.npz",
            weights=self.weights.astype(np.float16),
            bias=self.bias,
            **{f"idf_{block.name}": block.idf for block in self.view.blocks},
        )
        vocabularies = {block.name: list(block.vocabulary) for block in self.view.blocks}
        weights = {block.name: block.weight for block in self.view.blocks}
        document = {"labels": self.labels, "vocabularies": vocabularies, "weights": weights}
        (folder / "model.json").write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, analyzers: dict[str, Analyze]) -> QuestionModel:
        """Read what ``save`` wrote."""
        document = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        arrays = np.load(folder / "model.npz")
        blocks: list[Block] = []
        offset = 0
        for name, features in document["vocabularies"].items():
            vocabulary = {feature: offset + i for i, feature in enumerate(features)}
            blocks.append(Block(name, vocabulary, arrays[f"idf_{name}"], document["weights"][name]))
            offset += len(features)
        view = SparseView(analyzers, blocks)
        return cls(view, document["labels"], arrays["weights"].astype(np.float32), arrays["bias"])
