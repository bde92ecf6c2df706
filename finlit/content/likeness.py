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
_BITS = 21  # of one character; three make one number
_BLOCK = 2048  # sentences compared at a time with all: a whole product would not fit the processor's caches


def gram_codes(plains: Sequence[str], sizes: tuple[int, ...], framed: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return the row and the number of every n-gram of ``plains`` (fingerprints), equal ones of a row included."""
    texts = [f"^{plain}$" for plain in plains] if framed else plains
    characters = np.frombuffer("".join(texts).encode("utf-32-le"), dtype=np.uint32).astype(np.int64)
    owner = np.repeat(np.arange(len(texts)), np.fromiter(map(len, texts), np.int64, len(texts)))
    rows, codes = [], []
    for size in sizes:
        count = max(0, len(characters) - size + 1)
        whole = owner[:count] == owner[size - 1 : size - 1 + count]
        code = np.zeros(count, dtype=np.int64)
        for place in range(size):
            code = (code << _BITS) | characters[place : place + count]
        rows.append(owner[:count][whole])
        codes.append(code[whole])
    return np.concatenate(rows), np.concatenate(codes)


def presence(rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> sparse.csr_matrix:
    """Return ones where a column occurs in a row, however often."""
    keys = np.unique(rows * shape[1] + columns)
    starts = np.searchsorted(keys, np.arange(shape[0] + 1) * shape[1])
    return sparse.csr_matrix((np.ones(len(keys), dtype=np.float32), keys % shape[1], starts), shape=shape)


@dataclass(frozen=True)
class Neighbour:
    """Another sentence (its position) and how alike it is, 0 to 1."""

    position: int
    likeness: float


class Likeness:
    """A set of sentences that can be compared with each other and with new ones; made from their fingerprints."""

    def __init__(self, plains: Sequence[str]) -> None:
        rows, codes = gram_codes(plains, SIZES, framed=True)
        self._vocabulary, columns = np.unique(codes, return_inverse=True)
        matrix = presence(rows, columns, (len(plains), max(1, len(self._vocabulary))))
        self._frequency = np.bincount(matrix.indices, minlength=matrix.shape[1])
        self._rarity = (np.log((1 + len(plains)) / (1 + self._frequency)) + 1).astype(np.float32)
        matrix.data = self._rarity[matrix.indices]
        owner = np.repeat(np.arange(len(plains)), np.diff(matrix.indptr))
        lengths = np.sqrt(np.bincount(owner, matrix.data.astype(np.float64) ** 2, minlength=len(plains)))
        matrix.data = (matrix.data / np.maximum(lengths, 1e-9)[owner]).astype(np.float32)
        self._matrix = matrix

    def among_themselves(self, at_least: float) -> sparse.csr_matrix:
        """Return how alike each two sentences are, where it is ``at_least`` so much.

        What only very common n-grams share counts as nothing.
        """
        telling = (self._frequency > 1) & (self._frequency <= MOST_SENTENCES)
        matrix = self._matrix[:, telling]
        across = matrix.T.tocsr()
        rows, columns, values = [], [], []
        for start in range(0, matrix.shape[0], _BLOCK):
            block = (matrix[start : start + _BLOCK] @ across).tocsr()
            kept = np.flatnonzero(block.data >= at_least)
            rows.append(start + np.searchsorted(block.indptr, kept, side="right") - 1)
            columns.append(block.indices[kept])
            values.append(block.data[kept])
        found = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
        return sparse.csr_matrix(found, shape=(matrix.shape[0], matrix.shape[0]))

    def nearest(self, text: str, most: int = 5) -> list[Neighbour]:
        """Return the sentences that look most like ``text``, the likest first; none that share nothing."""
        codes = np.unique(gram_codes([fingerprint(text)], SIZES, framed=True)[1])
        columns = np.flatnonzero(np.isin(self._vocabulary, codes, assume_unique=True))
        if not len(columns):
            return []
        new = len(codes) - len(columns)  # n-grams never seen are as rare as can be
        values = self._rarity[columns]
        length = float(np.sqrt((values**2).sum() + new * float(self._rarity.max()) ** 2))
        row = sparse.csr_matrix(
            (values / length, (np.zeros(len(columns), dtype=np.int64), columns)), shape=(1, self._matrix.shape[1])
        )
        scores = (self._matrix @ row.T).toarray().ravel()
        order = np.argsort(-scores, kind="stable")[:most]
        return [Neighbour(int(i), float(scores[i])) for i in order if scores[i] > 0]

    def groups(self, at_least: float) -> list[list[int]]:
        """Return the positions in groups of sentences that are ``at_least`` so alike, the largest group first."""
        alike = self.among_themselves(at_least)
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
