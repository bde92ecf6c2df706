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
