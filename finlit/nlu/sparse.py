"""Sparse features of a sentence: blocks of n-grams, words and concepts, weighted by rarity."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

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
    def fit(
        cls, texts: Sequence[str], analyzers: dict[str, Analyze], weights: dict[str, float]
    ) -> tuple[SparseView, csr_matrix]:
        """Return the view learnt from ``texts``, and their rows; each sentence is analysed once."""
        blocks: list[Block] = []
        analysed: list[list[list[str]]] = []
        offset = 0
        for name, analyze in analyzers.items():
            documents = [analyze(text) for text in texts]
            block = Block.fit(name, documents, weights[name], offset)
            blocks.append(block)
            analysed.append(documents)
            offset += len(block.vocabulary)
        view = cls(analyzers, blocks)
        return view, view._stacked(map(view._row, zip(*analysed)))

    @property
    def size(self) -> int:
        return sum(len(block.vocabulary) for block in self.blocks)

    def row(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the indices and values of the features of ``text``."""
        return self._row([self.analyzers[block.name](text) for block in self.blocks])

    def _row(self, analysed: Iterable[list[str]]) -> tuple[np.ndarray, np.ndarray]:
        indices: list[int] = []
        values: list[np.ndarray] = []
        offset = 0
        for block, features in zip(self.blocks, analysed):
            found, block_values = block.vector(features, offset)
            indices += found
            values.append(block_values)
            offset += len(block.vocabulary)
        return np.array(indices, dtype=np.int64), np.concatenate(values)

    def _stacked(self, rows: Iterable[tuple[np.ndarray, np.ndarray]]) -> csr_matrix:
        found = list(rows)
        indptr = np.cumsum([0] + [len(indices) for indices, _ in found])
        indices = np.concatenate([indices for indices, _ in found])
        values = np.concatenate([values for _, values in found])
        return csr_matrix((values, indices, indptr), shape=(len(found), self.size), dtype=np.float32)
