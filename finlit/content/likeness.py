"""How alike sentences look: character n-grams weighed by rarity, as one sparse matrix.

Quick enough to compare ten thousand sentences with each other while an editor waits
(about a third of a second), and importable without Rasa or scikit-learn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from finlit.text import fingerprint

SIZES = (2, 3)
# N-grams in more sentences than this say little and make the comparison quadratic.
MOST_SENTENCES = 400


def _grams(text: str) -> set[str]:
    framed = f"^{fingerprint(text)}$"
    return {framed[start : start + size] for size in SIZES for start in range(len(framed) - size + 1)}


@dataclass(frozen=True)
class Neighbour:
    """Another sentence (its position) and how alike it is, 0 to 1."""

    position: int
    likeness: float


class Likeness:
    """A set of sentences that can be compared with each other and with new ones."""

    def __init__(self, sentences: Sequence[str]) -> None:
        self._vocabulary: dict[str, int] = {}
        indptr, columns = [0], []
        for sentence in sentences:
            for gram in _grams(sentence):
                columns.append(self._vocabulary.setdefault(gram, len(self._vocabulary)))
            indptr.append(len(columns))
        shape = (len(sentences), max(1, len(self._vocabulary)))
        counts = sparse.csr_matrix((np.ones(len(columns), dtype=np.float32), columns, indptr), shape=shape)
        self._frequency = np.bincount(np.array(columns, dtype=np.int64), minlength=shape[1])
        self._rarity = (np.log((1 + len(sentences)) / (1 + self._frequency)) + 1).astype(np.float32)
        weighed = counts @ sparse.diags(self._rarity)
        lengths = np.sqrt(np.asarray(weighed.multiply(weighed).sum(axis=1)).ravel())
        self._matrix = (sparse.diags(1 / np.maximum(lengths, 1e-9)) @ weighed).tocsr().astype(np.float32)

    def among_themselves(self) -> sparse.csr_matrix:
        """Return how alike each two sentences are; what only very common n-grams share counts as nothing."""
        telling = (self._frequency > 1) & (self._frequency <= MOST_SENTENCES)
        matrix = self._matrix[:, telling]
        return (matrix @ matrix.T).tocsr()

    def nearest(self, text: str, most: int = 5) -> list[Neighbour]:
        """Return the sentences that look most like ``text``, the likest first; none that share nothing."""
        columns = [self._vocabulary[gram] for gram in _grams(text) if gram in self._vocabulary]
        if not columns:
            return []
        new = len(_grams(text)) - len(columns)  # n-grams never seen are as rare as can be
        values = self._rarity[columns]
        length = float(np.sqrt((values**2).sum() + new * float(self._rarity.max()) ** 2))
        row = sparse.csr_matrix((values / length, ([0] * len(columns), columns)), shape=(1, self._matrix.shape[1]))
        scores = (self._matrix @ row.T).toarray().ravel()
        order = np.argsort(-scores, kind="stable")[:most]
        return [Neighbour(int(i), float(scores[i])) for i in order if scores[i] > 0]

    def groups(self, at_least: float) -> list[list[int]]:
        """Return the positions in groups of sentences that are ``at_least`` so alike, the largest group first."""
        alike = self.among_themselves() >= at_least
        count, group = sparse.csgraph.connected_components(alike, directed=False)
        members: list[list[int]] = [[] for _ in range(count)]
        for position, number in enumerate(group):
            members[number].append(position)
        return sorted(members, key=lambda positions: (-len(positions), positions[0]))


def pairs_above(matrix: sparse.csr_matrix, at_least: float) -> Iterator[tuple[int, int, float]]:
    """Yield (later, earlier, likeness) of each two different sentences that are ``at_least`` so alike."""
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    for where in np.flatnonzero((matrix.data >= at_least) & (rows > matrix.indices)):
        yield int(rows[where]), int(matrix.indices[where]), float(matrix.data[where])


def best_of(matrix: sparse.csr_matrix, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return, for each row, the greatest value among the ``wanted`` entries and its column (0 and -1: none)."""
    values = np.where(wanted, matrix.data, 0.0)
    best = np.zeros(matrix.shape[0], dtype=np.float32)
    column = np.full(matrix.shape[0], -1)
    filled = np.flatnonzero(np.diff(matrix.indptr))
    best[filled] = np.maximum.reduceat(values, matrix.indptr[filled])
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    hits = np.flatnonzero((values == best[rows]) & (values > 0))
    column[rows[hits]] = matrix.indices[hits]
    return best, column
