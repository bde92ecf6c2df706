"""Digits as people type them: half and full width, in Chinese, spaced or dashed, one view for all.

Masking and verification both read this view, so whatever one understands the other hides.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

_CHINESE = {
    char: str(value)
    for value, chars in enumerate(
        ("零〇○", "一幺壹弌", "二贰贰弍", "三叁叄弎", "四肆", "五伍", "六陆陸", "七柒", "八捌", "九玖")
    )
    for char in chars
}
# What people put between the digits of one number; a comma groups amounts, so it separates.
_SEPARATORS = " \t\u00a0\u3000-–—－_.·・~"
MOST_SEPARATORS = 3  # in a row, between two digits of one number


def digit_of(char: str) -> str | None:
    """Return the ASCII digit that ``char`` means, None when it means none."""
    if "0" <= char <= "9":
        return char
    if char in _CHINESE:
        return _CHINESE[char]
    value = unicodedata.decimal(char, None) if char > "\u007f" else None
    if value is None and char > "\u007f":
        value = unicodedata.digit(char, None)  # ① and the like
    return None if value is None else str(value)


def _joins(char: str) -> bool:
    return char in _SEPARATORS or unicodedata.category(char) in ("Cf", "Mn", "Me")  # zero width, combining


@dataclass(frozen=True)
class Run:
    """Digits that stand together; ``places`` are their positions in the text, one for each digit."""

    digits: str
    places: tuple[int, ...]

    @property
    def start(self) -> int:
        return self.places[0]

    @property
    def end(self) -> int:
        return self.places[-1] + 1

    def is_whole(self, start: int, end: int) -> bool:
        """Say whether the digits ``start:end`` begin and end at a border: the run's, or a separator."""
        begins = start == 0 or self.places[start] - self.places[start - 1] > 1
        ends = end == len(self.digits) or self.places[end] - self.places[end - 1] > 1
        return begins and ends

    def is_unbroken(self, start: int, end: int) -> bool:
        """Say whether nothing stands between the digits ``start:end``."""
        return self.places[end - 1] - self.places[start] == end - 1 - start


def runs(text: str) -> Iterator[Run]:
    """Yield the runs of digits of ``text``, from left to right; positions are those of ``text`` itself."""
    digits: list[str] = []
    places: list[int] = []
    gap = 0
    for place, char in enumerate(text):
        digit = digit_of(char)
        if digit is not None:
            digits.append(digit)
            places.append(place)
            gap = 0
        elif digits and gap < MOST_SEPARATORS and _joins(char):
            gap += 1
        elif digits:
            yield Run("".join(digits), tuple(places))
            digits, places, gap = [], [], 0
    if digits:
        yield Run("".join(digits), tuple(places))


_PHONE = re.compile(r"(?:(?:00)?86)?(1[3-9]\d{9})")


def find_phone(run: Run, at: int = 0) -> tuple[int, int, str] | None:
    """Return start, end and the eleven digits of the first mobile number from ``at``; a country code belongs to it."""
    for start in range(at, len(run.digits) - 10):
        match = _PHONE.match(run.digits, start)
        if match and run.is_whole(start, match.end()):
            return start, match.end(), match[1]
    return None
