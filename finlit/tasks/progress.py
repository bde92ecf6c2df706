"""Where a customer is in their tasks, and what follows from one message.

The whole state is one JSON list in one slot: the task in hand first, those put aside after it.
Only ``step`` changes it, so every task leaves, comes back, corrects and gives up in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from finlit.tasks.readers import Option, Value
from finlit.tasks.task import Task

ASKING, CONFIRMING, WAITING, PAUSED, DONE = "asking", "confirming", "waiting", "paused", "done"
OPEN = (ASKING, CONFIRMING)
MOST_BAD_ANSWERS = 3
MOST_OFFERS = 2  # after this many unanswered offers in a row the task keeps quiet until asked for


@dataclass(frozen=True)
class Entry:
    """One task of one conversation.

    ``values`` keep the order in which they were given; a skipped question has None. ``waiting``
    means that something else has to happen first (proof of identity). ``kept`` is what a task
    remembers beside its answers, from one run to the next (the questions that a quiz has asked).
    """

    task: str
    stage: str = ASKING
    asked: str | None = None
    values: Mapping[str, Value] = field(default_factory=dict)
    options: Sequence[Option] = ()
    bad: int = 0
    offers: int = 0
    kept: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {
            "task": self.task,
            "stage": self.stage,
            "asked": self.asked,
            "values": [[name, value] for name, value in self.values.items()],
            "options": [dict(option) for option in self.options],
            "bad": self.bad,
            "offers": self.offers,
            "kept": dict(self.kept),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Entry:
        """Return the entry; raises KeyError or TypeError for what ``as_json`` did not make."""
        return cls(**{**stored, "values": dict(stored["values"])})


def entries(stored: Any) -> list[Entry]:
    """Return the entries of the slot, the task in hand first."""
    return [Entry.from_json(each) for each in stored or ()]


def put(stack: Sequence[Entry], entry: Entry) -> list[Entry]:
    """Return the stack with ``entry`` in hand, or at the end when it is paused or done."""
    rest = [each for each in stack if each.task != entry.task]
    return [entry, *rest] if entry.stage in (*OPEN, WAITING) else [*rest, entry]


def without(stack: Sequence[Entry], task: str) -> list[Entry]:
    """Return the stack without ``task``."""
    return [each for each in stack if each.task != task]


@dataclass(frozen=True)
class Move:
    """What a message means for an open task; JSON, because the server hears and the action acts.

    ``kind``: start, resume, answer, unclear, unreadable, skip, explain, change, object, confirm,
    again (the result once more), restart, leave. ``question`` is the one that ``change`` names, ``words`` what was unclear or, with
    ``beyond``, out of range; ``unknown`` are the questions that the customer can't answer.
    """

    kind: str
    values: Mapping[str, Value] = field(default_factory=dict)
    question: str | None = None
    words: str | None = None
    corrected: bool = False
    beyond: bool = False
    unknown: Sequence[str] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "values": dict(self.values),
            "question": self.question,
            "words": self.words,
            "corrected": self.corrected,
            "beyond": self.beyond,
            "unknown": list(self.unknown),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Move:
        return cls(**stored)


@dataclass(frozen=True)
class Step:
    """The new entry, and what has to be done: ``ask``, ``explain``, ``not_known``, ``confirm``, ``which``
    (what shall be changed?), ``finish``, ``left``, ``gave_up``. ``note`` is said first: ``unreadable``,
    ``unclear``, ``beyond``, ``changed``, ``started``, ``restarted``, ``resumed``, ``skipped``.
    """

    entry: Entry
    do: str
    note: str | None = None
    words: str = ""


def step(task: Task, entry: Entry, move: Move) -> Step:
    """Return what follows from ``move``; pure."""
    handler = _HANDLERS[move.kind]
    return handler(task, replace(entry, offers=0), move)


def _onward(task: Task, entry: Entry, note: str | None = None, words: str = "") -> Step:
    """Go to the next question, the summary or the end."""
    asked = task.next_question(entry.values)
    if asked is not None:
        return Step(replace(entry, stage=ASKING, asked=asked), "ask", note, words)
    if task.confirms:
        return Step(replace(entry, stage=CONFIRMING, asked=None), "confirm", note, words)
    return Step(replace(entry, stage=DONE, asked=None), "finish", note, words)


def _answered(task: Task, entry: Entry, move: Move) -> Step:
    kept = {name: value for name, value in entry.values.items() if name not in move.values}
    changed = any(entry.values.get(name) is not None for name in move.values) or move.corrected
    entry = replace(entry, values={**kept, **move.values}, bad=0)
    return _not_known(task, entry, move, _onward(task, entry, "changed" if changed else None))


def _not_known(task: Task, entry: Entry, move: Move, done: Step) -> Step:
    """Help at once with what the customer says they don't know, instead of asking for it."""
    values = {name: value for name, value in entry.values.items() if name not in move.unknown}
    if values != entry.values:
        done = _onward(task, replace(entry, values=values), done.note)
    return replace(done, do="not_known") if done.do == "ask" and done.entry.asked in move.unknown else done


def _started(task: Task, entry: Entry, move: Move) -> Step:
    entry = replace(entry, values=move.values)
    if move.question is not None:  # the first words held a figure that can't be used
        return Step(
            replace(entry, asked=move.question), "ask", "beyond" if move.beyond else "unclear", move.words or ""
        )
    return _not_known(task, entry, move, _onward(task, entry, "started"))


def _bad(task: Task, entry: Entry, note: str, words: str = "", do: str | None = None) -> Step:
    """Count a bad answer and ask once more, or give up politely and keep what was said."""
    entry = replace(entry, bad=entry.bad + 1)
    if entry.bad >= MOST_BAD_ANSWERS:
        return Step(replace(entry, stage=PAUSED, bad=0), "gave_up")
    return Step(entry, do or ("confirm" if entry.stage == CONFIRMING else "ask"), note, words)


def _skipped(task: Task, entry: Entry, move: Move) -> Step:
    if entry.asked is None:
        return _bad(task, entry, "unreadable")
    if not task.question(entry.asked).optional:
        return _bad(task, entry, "", do="not_known")
    return _onward(task, replace(entry, values={**entry.values, entry.asked: None}, bad=0), "skipped")


def _unclear(task: Task, entry: Entry, move: Move) -> Step:
    asked = move.question or entry.asked
    kept = {name: value for name, value in {**entry.values, **move.values}.items() if name != asked}
    note = "beyond" if move.beyond else "unclear"
    return _bad(task, replace(entry, values=kept, asked=asked, stage=ASKING), note, move.words or "")


def _changed(task: Task, entry: Entry, move: Move) -> Step:
    kept = {name: value for name, value in entry.values.items() if name != move.question}
    return Step(replace(entry, values=kept, stage=ASKING, asked=move.question, bad=0), "ask")


def _resumed(task: Task, entry: Entry, move: Move) -> Step:
    entry = replace(entry, values={**entry.values, **move.values}, bad=0)
    if entry.asked is not None and entry.asked not in entry.values:  # perhaps one that is only asked when unclear
        return Step(replace(entry, stage=ASKING), "ask", "resumed")
    return _onward(task, entry, "resumed")


def _restarted(task: Task, entry: Entry, move: Move) -> Step:
    return _onward(task, Entry(task.name, values=move.values, kept=entry.kept), "restarted")


_HANDLERS = {
    "start": _started,
    "resume": _resumed,
    "answer": _answered,
    "unclear": _unclear,
    "unreadable": lambda task, entry, move: _bad(task, entry, "unreadable"),
    "skip": _skipped,
    "explain": lambda task, entry, move: Step(entry, "explain"),
    "change": _changed,
    "object": lambda task, entry, move: Step(entry, "which"),
    "confirm": lambda task, entry, move: Step(replace(entry, stage=DONE, asked=None), "finish"),
    "again": lambda task, entry, move: _onward(task, entry),
    "restart": _restarted,
    "leave": lambda task, entry, move: Step(replace(entry, stage=PAUSED), "left"),
}
