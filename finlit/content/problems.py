"""What a content check has to say: severity, place, what is wrong and what to do."""

from __future__ import annotations

from dataclasses import dataclass

from finlit.content.topics import Place


@dataclass(frozen=True)
class Problem:
    """One finding. ``error`` blocks publishing, ``warning`` does not."""

    severity: str
    where: Place
    message: str
    check: str = ""

    def __str__(self) -> str:
        mark = "✗" if self.severity == "error" else "!"
        return f"{mark} {self.where}  {self.message}"


def error(where: Place, message: str) -> Problem:
    """Return a finding that blocks publishing."""
    return Problem("error", where, message)


def warning(where: Place, message: str) -> Problem:
    """Return a finding that does not block publishing."""
    return Problem("warning", where, message)
