"""Signs of self-harm, said plainly, veiled or in a borrowed spelling.

Two witnesses: the editors' patterns (``data/crisis.yml``) and the question model's probability
of ``crisis``. Either is enough. Idioms (跳楼价, 气死我了) are taken out first, and a negation
right before a sign silences that sign only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from finlit.text import fingerprint

_GAP = "\u3000"  # stands where an idiom was: nothing matches across it


@dataclass(frozen=True)
class CrisisSigns:
    """Compiled patterns over the fingerprint of a sentence."""

    signs: re.Pattern[str]
    idioms: re.Pattern[str]
    negations: tuple[str, ...]

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> CrisisSigns:
        """Compile; raises re.error for a broken pattern (the content check names its line)."""
        return cls(
            re.compile("|".join(f"(?:{pattern})" for pattern in document["signs"])),
            re.compile("|".join(f"(?:{pattern})" for pattern in document["idioms"])),
            tuple(sorted(map(str, document["negations"]), key=len, reverse=True)),
        )

    @classmethod
    def load(cls, path: Path) -> CrisisSigns:
        return cls.from_document(yaml.safe_load(Path(path).read_text(encoding="utf-8")))

    def found_in(self, text: str) -> str | None:
        """Return the words that sound like self-harm, None when there are none."""
        plain = self.idioms.sub(_GAP, fingerprint(text))
        for match in self.signs.finditer(plain):
            before = plain[: match.start()]
            if not before.endswith(self.negations):
                return match.group()
        return None
