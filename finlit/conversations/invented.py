"""Invented data in the place of personal data: the conversation plays the same and names nobody."""

from __future__ import annotations

import re
from collections.abc import Iterable

from finlit.privacy import CODE_MASK, mask

# What the store holds in the place of a number, and what stands for it in a test: well formed, nobody's.
_MASKED = (
    (re.compile(r"1[3-9]\d\*{4}\d{4}"), "139000009{:02d}"),
    (re.compile(r"[1-9]\d{5}\*{8}"), "110101199001010{:02d}X"),
    (re.compile(r"\d{4}\*{4}\d{4}"), "62220000000000{:02d}"),
    (re.compile(r"\*{3}@[A-Za-z0-9.-]+"), "kehu{:02d}@example.com"),
    (re.compile(re.escape(CODE_MASK)), "1234{:02d}"),
)
_CALLED = re.compile(r"((?:我叫|姓名是?|名字叫?|本人)[：: ]?)[\u4e00-\u9fff]{2,3}(?=$|[，,。.！!？? 、])")
SOMEBODY = "王小明"


class Inventor:
    """Replaces personal data; the same number gets the same invented one throughout a conversation."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names = sorted(filter(None, names), key=len, reverse=True)
        self._known: dict[str, str] = {}

    def replace(self, text: str) -> str:
        """Return ``text`` without anybody's numbers, addresses, or the ``names`` of the customers."""
        text = mask(text)
        for name in self._names:
            text = text.replace(name, SOMEBODY)
        text = _CALLED.sub(rf"\g<1>{SOMEBODY}", text)
        for pattern, form in _MASKED:
            for masked in dict.fromkeys(match[0] for match in pattern.finditer(text)):
                text = text.replace(masked, self._instead_of(masked, form))
        return text

    def _instead_of(self, masked: str, form: str) -> str:
        return self._known.setdefault(masked, form.format(len(self._known) + 1))
