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


class _Marks(dict[int, str]):
    """For ``str.translate``: a character becomes its digit, ``-`` when it may stand between two, else ``.``."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        joins = char in _SEPARATORS or unicodedata.category(char) in ("Cf", "Mn", "Me")  # zero width, combining
        digit = _CHINESE.get(char)
        if digit is None and char.isdigit():  # ① and the like are digits too
            digit = str(unicodedata.digit(char))
        return self.setdefault(code, digit or ("-" if joins else "."))


_MARKS = _Marks()
_RUN = re.compile(rf"[0-9](?:-{{0,{MOST_SEPARATORS}}}[0-9])*")


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
    marks = text.translate(_MARKS)
    for match in _RUN.finditer(marks):
        places = tuple(place for place in range(match.start(), match.end()) if marks[place] != "-")
        yield Run("".join(marks[place] for place in places), places)


_PHONE = re.compile(r"(?:(?:00)?86)?(1[3-9]\d{9})")


def phone_at(run: Run, start: int) -> tuple[int, str] | None:
    """Return the end and the eleven digits of the mobile number that begins at ``start``; a country code belongs to it."""
    match = _PHONE.match(run.digits, start)
    return (match.end(), match[1]) if match and run.is_whole(start, match.end()) else None


def find_phone(run: Run) -> tuple[int, int, str] | None:
    """Return start, end and the eleven digits of the first mobile number."""
    for start in range(len(run.digits) - 10):
        if found := phone_at(run, start):
            return start, *found
    return None
