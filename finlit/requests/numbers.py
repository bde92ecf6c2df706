"""Case numbers: ``HX-20261124-7K3Q9M``. They can be read out on the phone, and not be guessed.

Knowing a number is no right to see the case: ``finlit.requests.status`` asks whose it is.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from datetime import date

from finlit.text import normalise

PREFIXES = {"hardship": "HX", "complaint": "TS", "handoff": "RG"}  # by kind, see finlit.db.tables.requests
LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no 0 O 1 I L U: they are mistaken for each other or for V
RANDOM_LENGTH = 6
_NUMBER = re.compile(
    rf"(?<![a-z])({'|'.join(PREFIXES.values())})[\s\-—_]*(\d{{8}})[\s\-—_]*([{LETTERS}]{{{RANDOM_LENGTH}}})(?![a-z0-9])",
    re.IGNORECASE,
)


def new_number(kind: str, day: date, choose: Callable[[str], str] = secrets.choice) -> str:
    """Return a number for a case of ``kind`` opened on ``day``; ``choose`` picks one of the letters."""
    return f"{PREFIXES[kind]}-{day:%Y%m%d}-{''.join(choose(LETTERS) for _ in range(RANDOM_LENGTH))}"


def find(text: str) -> str | None:
    """Return the first case number in ``text`` as we write it, whatever its width, case and dashes."""
    match = _NUMBER.search(normalise(text))
    return "-".join(match.groups()).upper() if match else None


def without(text: str) -> str:
    """Return ``text`` in its normal form without case numbers: their letters are drawn at random and mean nothing."""
    return _NUMBER.sub("", normalise(text))


def kind_of(number: str) -> str:
    """Return the kind of a number as ``find`` returns it; raises KeyError for anything else."""
    return {prefix: kind for kind, prefix in PREFIXES.items()}[number[:2]]
