"""jieba with the project's own dictionary, private to each user of it.

jieba's module-level functions share one global dictionary per process, so words of one
model leak into another; a ``jieba.Tokenizer`` of our own does not.
"""

from __future__ import annotations

import hashlib
import logging
from functools import lru_cache
from pathlib import Path

import jieba

jieba.setLogLevel(logging.WARNING)


def dictionary_files(folder: Path) -> list[Path]:
    """Return the dictionaries in ``folder``, sorted, so that their order is the same everywhere."""
    return sorted(Path(folder).glob("*.txt"))


def dictionary_fingerprint(folder: Path) -> str:
    """Return a hash of all dictionaries: training depends on it."""
    digest = hashlib.sha256()
    for path in dictionary_files(folder):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


@lru_cache(maxsize=4)
def _segmenter(fingerprint: str, words: tuple[str, ...]) -> jieba.Tokenizer:
    segmenter = jieba.Tokenizer()
    segmenter.initialize()
    for line in words:
        parts = line.split()
        segmenter.add_word(parts[0], int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else None)
    return segmenter


def read_words(folder: Path) -> tuple[str, ...]:
    """Return the dictionary lines (``word [frequency] [tag]``) without comments and blanks."""
    lines: list[str] = []
    for path in dictionary_files(folder):
        for line in path.read_text(encoding="utf-8").splitlines():
            line = line.split("#")[0].strip()
            if line:
                lines.append(line)
    return tuple(lines)


def segmenter_for(words: tuple[str, ...]) -> jieba.Tokenizer:
    """Return a private tokenizer that knows ``words``; the same words give the same object."""
    return _segmenter(hashlib.sha256("\n".join(words).encode()).hexdigest(), words)
