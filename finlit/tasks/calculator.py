"""What the calculators share: figures that hang together are read from the whole sentence (``finlit.figures``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from finlit import figures, money
from finlit.figures import DAYS, MONTHS, Figures
from finlit.rates import Rate
from finlit.tasks.readers import Option, Reader, Unclear, Value
from finlit.tasks.task import Readings, Task


@dataclass(frozen=True)
class Figure(Reader):
    """One figure of a calculator. Its value is the text that ``figures.parse`` reads.

    Days that were counted from something else keep it: {"code": "60", "months": "2"} or
    {"code": "15", "due": "2026-11-10", "paid": "2026-11-25"}.
    """

    kind: str
    takes_figure = True

    def answered(self, text: str, options: Sequence[Option] = ()) -> Value | Unclear | None:
        """Return the figure, a bare one too; dates need a day to be seen from and are read by the task."""
        found = _readings(figures.read(text, self.kind, date.min, (self.kind,)))
        return found.values.get(self.kind) or found.unclear.get(self.kind)

    def limits(self) -> tuple[str, str]:
        return figures.limits(self.kind)

    def show(self, value: Value, titles: Mapping[str, str]) -> str:
        return show(self.kind, parsed(self.kind, value))


@dataclass(frozen=True)
class Calculator(Task):
    """A task whose questions are figures, named as their kinds; nothing is confirmed, everything may be changed later."""

    confirms: bool = False
    lingers: bool = True

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(each.reader.kind for each in self.questions if isinstance(each.reader, Figure))

    def read(self, text: str, asked: str | None, today: date, options: Sequence[Option] = ()) -> Readings:
        """Return every figure of ``text``; a bare one answers ``asked``."""
        return _readings(figures.read(text, asked if asked in self.kinds else None, today, self.kinds))

    def corrected(self, text: str, today: date) -> Readings:
        """Return the figures that say by themselves what they are: 「不对，是30天」."""
        return self.read(text, None, today)


def parsed(kind: str, value: Value) -> Any:
    """Return the figure (Decimal yuan, whole days or months, ``Rate``) that an answer of ``kind`` holds."""
    return figures.parse(kind, value["code"] if isinstance(value, dict) else value)


def show(kind: str, figure: Decimal | int | Rate) -> str:
    """Return a figure as customers read it."""
    if isinstance(figure, Rate):
        return figure.show()
    if isinstance(figure, Decimal):
        return money.show(figure)
    return f"{figure} {'天' if kind == DAYS else '期'}" if kind in (DAYS, MONTHS) else str(figure)


def _readings(found: Figures) -> Readings:
    values: dict[str, Value] = {kind: str(value) for kind, value in found.values.items()}
    if found.from_months is not None:
        values[DAYS] = {"code": values[DAYS], "months": str(found.from_months)}
    elif found.between is not None:
        due, paid = found.between
        values[DAYS] = {"code": values[DAYS], "due": due.isoformat(), "paid": paid.isoformat()}
    unclear = {kind: Unclear(words) for kind, words in found.unclear.items()}
    beyond = {kind: Unclear(words, beyond=True) for kind, words in found.beyond.items()}
    return Readings(values, {**unclear, **beyond}, found.unknown)
