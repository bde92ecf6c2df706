"""Signs of self-harm, said plainly, veiled or in a borrowed spelling.

Two witnesses: the editors' patterns (``data/crisis.yml``), and the question model's probability of
``crisis``: with a word of ``evidence`` to support it a little is enough, without one it takes more. Idioms
(跳楼价, 气死我了) are taken out first, and a negation right before a sign silences that sign.
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
    negations: re.Pattern[str]
    evidence: re.Pattern[str]

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> CrisisSigns:
        """Compile; raises re.error for a broken pattern (the content check names its line)."""
        return cls(
            re.compile("|".join(f"(?:{pattern})" for pattern in document["signs"])),
            re.compile("|".join(f"(?:{pattern})" for pattern in document["idioms"])),
            re.compile(f"(?:{'|'.join(map(str, document['negations']))})$"),
            re.compile("|".join(map(str, document["evidence"]))),
        )

    @classmethod
    def load(cls, path: Path) -> CrisisSigns:
        return cls.from_document(yaml.safe_load(Path(path).read_text(encoding="utf-8")))

    def found_in(self, text: str) -> str | None:
        """Return the words that sound like self-harm, None when there are none."""
        plain = self.idioms.sub(_GAP, fingerprint(text))
        return next((match.group() for match in self.signs.finditer(plain) if not self._denied(plain, match)), None)

    def is_plain(self, text: str) -> bool:
        """Say whether ``text`` holds neither an idiom nor a denied sign, so that the model may judge it alone."""
        plain = fingerprint(text)
        return not self.idioms.search(plain) and not self.signs.search(plain)

    def supports(self, text: str) -> str | None:
        """Return what the model may judge: the text without idioms and denied signs, None when no evidence is left."""
        plain = self.idioms.sub(_GAP, fingerprint(text))
        denied = [match for match in self.signs.finditer(plain) if self._denied(plain, match)]
        for match in reversed(denied):
            plain = plain[: match.start()] + _GAP + plain[match.end() :]
        return plain.replace(_GAP, " ") if self.evidence.search(plain) else None

    def _denied(self, plain: str, match: re.Match[str]) -> bool:
        return self.negations.search(plain[: match.start()]) is not None
