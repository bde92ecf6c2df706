"""What a guided task is: its questions in order, and how one sentence answers several of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from finlit.tasks.readers import Amount, Option, Reader, Unclear, Value, sums
from finlit.text import normalise

_CUE_REACH = 12  # characters before an amount in which the word that names it is looked for


@dataclass(frozen=True)
class Question:
    """One thing to ask. ``cues`` (a regular expression) are the words with which customers name it.

    ``by_the_way``: a plain answer counts wherever it is said (「我失业了，想申请延期」 gives the reason).
    """

    name: str
    reader: Reader
    cues: str
    optional: bool = False
    by_the_way: bool = False


@dataclass(frozen=True)
class Readings:
    """What one message gives by question name: values, what was unclear, and what the customer doesn't know."""

    values: Mapping[str, Value] = field(default_factory=dict)
    unclear: Mapping[str, Unclear] = field(default_factory=dict)
    unknown: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Task:
    """A guided task: its action is ``action_<name>``, its texts ``utter_<name>_…``, its start the intent ``intent``.

    ``confirms``: a summary is confirmed before the action writes anything. ``lingers``: after the
    result a figure may still be changed (「不对，是30天」), as with a calculator. ``final``: an answer
    stands once it is given, as in a quiz that has told the right one.
    """

    name: str
    intent: str
    questions: tuple[Question, ...]
    confirms: bool = True
    lingers: bool = False
    final: bool = False

    def question(self, name: str) -> Question:
        """Return the question; raises KeyError."""
        found = next((each for each in self.questions if each.name == name), None)
        if found is None:
            raise KeyError(f"{self.name} has no question {name}")
        return found

    def next_question(self, values: Mapping[str, Any]) -> str | None:
        """Return the first question without an answer (a skipped one has the value None), None when all have one."""
        return next((each.name for each in self.questions if each.name not in values), None)

    def read(self, text: str, asked: str | None, today: date, options: Sequence[Option] = ()) -> Readings:
        """Return what ``text`` gives: the answer to ``asked``, and whatever else it plainly says.

        A task whose figures hang together (days from two dates) reads them in its own way.
        """
        values: dict[str, Value] = {}
        unclear: dict[str, Unclear] = {}
        self._read_amounts(text, values, unclear)
        if asked is not None and asked not in values:
            read = self._read_asked(text, asked, options, bool(values))
            if isinstance(read, Unclear):
                unclear.setdefault(asked, read)
            elif read is not None:
                values[asked] = read
        for each in self.questions:
            if each.by_the_way and each.name != asked and each.name not in values:
                value = each.reader.plain(text)
                if value is not None:  # the sentence is about something else: its words are not the answer's
                    values[each.name] = {**value, "words": ""} if isinstance(value, dict) else value
        return Readings(values, unclear)

    def _read_asked(self, text: str, asked: str, options: Sequence[Option], others: bool) -> Value | Unclear | None:
        reader = self.question(asked).reader
        if others and isinstance(reader, Amount):
            return None  # the amount was named as another question's
        return reader.answered(text, options)

    def _read_amounts(self, text: str, values: dict[str, Value], unclear: dict[str, Unclear]) -> None:
        """Give each amount to the question whose cue stands nearest before it."""
        plain = normalise(text)
        begin = 0
        for quantity in sums(text):
            before = plain[max(begin, quantity.start - _CUE_REACH) : quantity.start]
            begin = quantity.end
            name = self._cued(before)
            if name is None or name in values:
                continue
            reader = self.question(name).reader
            value = reader.value_of(quantity) if isinstance(reader, Amount) else None
            if isinstance(value, Unclear):
                unclear[name] = value
            elif value is not None:
                values[name] = value

    def _cued(self, before: str) -> str | None:
        places = {
            each.name: max((match.end() for match in re.finditer(each.cues, before)), default=-1)
            for each in self.questions
            if isinstance(each.reader, Amount)
        }
        best = max(places, key=lambda name: places[name], default=None)
        return best if best is not None and places[best] >= 0 else None

    def corrected(self, text: str, today: date) -> Readings:
        """Return what ``text``, said after 「不对，」, plainly gives; nothing when only its place can tell."""
        return Readings()

    def named(self, text: str) -> str | None:
        """Return the question that ``text`` names by one of its cues; None when it names none or several."""
        plain = normalise(text)
        found = [each.name for each in self.questions if re.search(each.cues, plain)]
        return found[0] if len(found) == 1 else None
