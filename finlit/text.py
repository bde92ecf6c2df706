"""One normal form of what customers type, used by understanding, checks and taps alike.

The rule to remember: ``normalise`` is for models (keeps punctuation as borders),
``fingerprint`` is for comparing two sentences (nothing but letters and digits is left).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import opencc

_WECHAT_EMOTE = re.compile(r"\[[\u4e00-\u9fffA-Za-z]{1,6}\]|/[\u4e00-\u9fff]{2}(?=[^\u4e00-\u9fff]|$)")
_SPACES = re.compile(r"\s+")
_CJK_GAP = re.compile(r"(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])")
_REPEATED = re.compile(r"([^\d])\1{3,}")  # 啊啊啊啊啊; never figures: 9999 is an amount
_NOT_WORD = re.compile(r"[\W_]+")
_SIGNS = re.compile(r"^[\W_]*$")


@lru_cache(maxsize=1)
def _to_simplified() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


@lru_cache(maxsize=8192)  # characters come again and again
def _is_invisible(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn") and char not in "\n\t "


def normalise(text: str) -> str:
    """Return ``text`` in half width, simplified, lower case, without control characters.

    Never raises: lone surrogates, zero-width and control characters are dropped.
    Runs of four or more equal characters shrink to three.
    """
    text = "".join(char for char in text if not _is_invisible(char))
    text = unicodedata.normalize("NFKC", text)
    text = _to_simplified().convert(text).lower()
    text = _WECHAT_EMOTE.sub(" ", text)
    text = _SPACES.sub(" ", text).strip()
    return _REPEATED.sub(r"\1\1\1", text)


def compact(text: str) -> str:
    """Return the normal form without the spaces that people put between Chinese words."""
    return _CJK_GAP.sub("", normalise(text))


def fingerprint(text: str) -> str:
    """Return letters, digits and Chinese characters only: equal for sentences that differ in dress."""
    return _NOT_WORD.sub("", normalise(text))


def is_only_signs(text: str) -> bool:
    """Say whether ``text`` holds no letter, digit or Chinese character (emoji, dots, dashes)."""
    return bool(_SIGNS.match(normalise(text)))
