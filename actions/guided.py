"""What the actions of all guided tasks share; a task adds what it looks up and what it does in the end.

The conversation itself (asking, correcting, leaving, coming back) is ``finlit.tasks``; here its
steps become named responses.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from inspect import isabstract
from typing import Any, ClassVar

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.exc import SQLAlchemyError

from finlit import answers, settings
from finlit.tasks.hearing import CHANGE
from finlit.tasks.progress import DONE, Entry, Move, Step, entries, put, step, without
from finlit.tasks.readers import Option, Unclear, Value
from finlit.tasks.task import Task

logger = logging.getLogger(__name__)

SLOT = "guided_tasks"
OPENINGS = ("started", "resumed", "restarted", "skipped")
UNSAID = "…"  # stands where an answer is still missing


@dataclass(frozen=True)
class Reply:
    """A named response with its fields. ``stage`` is where a task stays that can't begin yet; None drops it."""

    response: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    stage: str | None = None


@dataclass(frozen=True)
class Talk:
    """What an action may know of the conversation: never who the customer says they are."""

    sender: str
    channel: str
    text: str
    now: datetime
    database_url: str
    label: str
    tracker: Tracker
    randomness: random.Random
    looked_up: dict[str, Any] = field(default_factory=dict)  # in this turn, by what it is

    @classmethod
    def of(cls, tracker: Tracker) -> Talk:
        current = settings.load()
        message = tracker.latest_message
        label = str((message.get("decision") or {}).get("label") or "")
        channel = str(tracker.get_latest_input_channel() or "")
        text = str(message.get("text") or "")
        return cls(
            tracker.sender_id, channel, text, current.now(), current.database_url, label, tracker, current.randomness()
        )


class Texts:
    """The short texts of one task from the domain: titles of questions and of buttons."""

    def __init__(self, domain: Mapping[str, Any], task: Task) -> None:
        self._responses = domain.get("responses") or {}
        self._task = task

    def shared(self, name: str) -> str:
        """Return the task's own response ``utter_<task>_<name>`` where it has one, else that of all tasks."""
        own = f"utter_{self._task.name}_{name}"
        return own if own in self._responses else f"utter_task_{name}"

    def question_of(self, intent: str) -> str:
        """Return the plain words that name an intent, as in 「您是想问 …？」; empty when it has none."""
        return str((self._responses.get(f"utter_{intent}") or [{}])[0].get("metadata", {}).get("question") or "")

    def line(self, response: str) -> str:
        """Return the text of ``response``; raises KeyError when it is missing."""
        return str(self._responses[response][0]["text"]).strip()

    def own(self, name: str) -> str:
        """Return the text of ``utter_<task>_<name>``."""
        return self.line(f"utter_{self._task.name}_{name}")

    def unfolding(self, name: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the part of ``details`` that ``utter_<task>_detail_<name>`` is: its first line is the title."""
        title, *lines = (line.text for line in answers.parse_lines(answers.fill(self.own(f"detail_{name}"), values)))
        return {"title": title, "lines": lines}

    def item(self, question: str) -> str:
        """Return what the question is about, in one or two words."""
        return self.own(f"item_{question}")

    def buttons(self, question: str) -> list[dict[str, str]]:
        """Return the buttons below the question."""
        return list(self._responses[f"utter_{self._task.name}_ask_{question}"][0].get("buttons") or ())

    def titles(self, question: str) -> dict[str, str]:
        """Return the titles of the question's buttons by their code."""
        payloads = ((str(button["title"]), str(button.get("payload", ""))) for button in self.buttons(question))
        return {json.loads(payload.removeprefix("/inform"))["choice"]: title for title, payload in payloads
                if payload.startswith("/inform{")}  # fmt: skip

    def shown(self, values: Mapping[str, Value]) -> dict[str, str]:
        """Return the values as customers read them, in one line each; a skipped one as the word for nothing."""
        shown = {}
        for question in self._task.questions:
            if question.name in values:
                value = values[question.name]
                nothing = value is None
                text = (
                    self.line("utter_task_nothing")
                    if nothing
                    else question.reader.show(value, self.titles(question.name))
                )
                shown[question.name] = " ".join(text.split())
        return shown

    def summary(self, values: Mapping[str, Value]) -> str:
        """Return one line for each answer."""
        return "\n".join(f"· {self.item(name)}：{text}" for name, text in self.shown(values).items())


class GuidedAction(Action, ABC):
    """One guided task. Subclasses say ``task`` and ``finish``, and what has to be looked up before."""

    task: ClassVar[Task]

    def name(self) -> str:
        return f"action_{self.task.name}"

    @property
    def prefix(self) -> str:
        return f"utter_{self.task.name}"

    @abstractmethod
    def finish(self, talk: Talk, entry: Entry, texts: Texts) -> Reply:
        """Do what was asked for (and confirmed, for a task that confirms) and return what to say.

        What it writes it commits once; SQLAlchemyError leaves the task where it was.
        """

    def admit(self, talk: Talk, texts: Texts) -> Reply | None:
        """Return why the task can't begin or go on now; None when it can."""
        return None

    def aside(self, talk: Talk, texts: Texts) -> Reply | None:
        """Return the answer to a narrower question of the same intent (how far is it?), which leaves the task alone."""
        return None

    def fields(self, talk: Talk, texts: Texts) -> Mapping[str, str]:
        """Return values for the task's texts that don't come from the customer."""
        return {}

    def known(self, talk: Talk) -> Mapping[str, Value]:
        """Return values that need not be asked."""
        return {}

    def options(self, talk: Talk, entry: Entry) -> Sequence[Option]:
        """Return the choices of the open question that only exist for this customer."""
        return ()

    def settle(self, talk: Talk, move: Move, done: Step) -> Step:
        """Return what really follows from ``move``, for a task whose questions depend on more than its answers."""
        return done

    def said_first(self, talk: Talk, done: Step, texts: Texts) -> Mapping[str, Any]:
        """Return the fields of what is said before the reply itself: ``before`` names the response."""
        if not done.note or (done.do == "finish" and done.note in OPENINGS):
            return {}  # a result that comes at once needs no opening
        least, most = self.task.question(done.entry.asked).reader.limits() if done.entry.asked else ("", "")
        before = self.prefix if done.note == "started" else texts.shared(done.note)
        return {"before": before, "least": least, "most": most}

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Take one message: ask, confirm, finish or leave."""
        stack = entries(tracker.get_slot(SLOT))
        talk, texts = Talk.of(tracker), Texts(domain, self.task)
        try:
            reply, stack = await asyncio.to_thread(self._turn, talk, texts, stack)
        except SQLAlchemyError:
            logger.exception("%s could not use the database", self.name())
            reply = Reply("utter_service_down")
        dispatcher.utter_message(response=reply.response, **reply.fields)
        return [SlotSet(SLOT, [entry.as_json() for entry in stack])]

    def _turn(self, talk: Talk, texts: Texts, stack: list[Entry]) -> tuple[Reply, list[Entry]]:
        """Return what to say and the new stack."""
        heard = (talk.tracker.latest_message.get("decision") or {}).get("task") or {}
        aside = self.aside(talk, texts) if heard.get("name") != self.task.name else None
        if aside is not None:
            return aside, stack
        entry, move = self._move(talk, heard, next((each for each in stack if each.task == self.task.name), None))
        if move.kind in ("start", "resume", "restart", "confirm"):
            refused = self.admit(talk, texts)
            if refused is not None:
                rest = without(stack, self.task.name)
                kept = (
                    replace(entry, stage=refused.stage, values={**entry.values, **move.values})
                    if refused.stage
                    else None
                )
                return refused, rest if kept is None else put(rest, kept)
            if move.kind != "confirm":
                known = {name: value for name, value in self.known(talk).items() if name not in entry.values}
                move = replace(move, values={**known, **move.values})
        done = self.settle(talk, move, step(self.task, entry, move))
        options = list(self.options(talk, done.entry)) if done.entry.asked else ()
        done = replace(done, entry=replace(done.entry, options=options))
        return self._reply(talk, texts, done), put(stack, done.entry)

    def _move(self, talk: Talk, heard: Mapping[str, Any], entry: Entry | None) -> tuple[Entry, Move]:
        """Return what the message means: as it was heard for this task, else as its beginning."""
        if entry is not None and heard.get("name") == self.task.name:
            return entry, Move.from_json(heard["move"])
        given = self.task.read(talk.text, None, talk.now.date())
        if entry is not None and entry.stage == DONE and self.task.lingers and given.values:
            return entry, Move("answer", given.values)
        if entry is not None and entry.stage != DONE:
            return entry, Move("resume", given.values)
        name, unclear = next(iter(given.unclear.items()), (None, Unclear("")))
        start = Move("start", given.values, question=name, words=unclear.words, beyond=unclear.beyond)
        start = replace(start, unknown=sorted(given.unknown))
        return Entry(self.task.name, kept=entry.kept if entry else {}), start

    def _reply(self, talk: Talk, texts: Texts, done: Step) -> Reply:
        entry, asked = done.entry, done.entry.asked
        if done.do == "finish":
            result = self.finish(talk, entry, texts)
            return replace(result, fields={**self.said_first(talk, done, texts), **result.fields})
        unsaid = {question.name: UNSAID for question in self.task.questions}
        fields: dict[str, Any] = {**unsaid, **texts.shown(entry.values), **self.fields(talk, texts)}
        fields |= {"title": texts.own("title"), "words": done.words}
        fields |= self.said_first(talk, done, texts)
        if done.do in ("left", "gave_up"):
            return Reply(texts.shared(done.do), fields)
        if done.do == "which":
            return Reply("utter_task_which", {**fields, "choices": self._changes(entry, texts)})
        if asked is None:
            name = f"{self.prefix}_confirm" if done.do == "confirm" else "utter_task_explain_confirm"
            return Reply(name, {**fields, "lines": texts.summary(entry.values)})
        choices = [_button(option["title"], option["code"]) for option in entry.options]
        if done.do == "explain":  # the same buttons as below the question itself
            choices += texts.buttons(asked)
        verb = {"ask": "ask", "explain": "explain", "not_known": "no"}[done.do]
        return Reply(f"{self.prefix}_{verb}_{asked}", {**fields, "choices": choices})

    def _changes(self, entry: Entry, texts: Texts) -> list[dict[str, str]]:
        names = [question.name for question in self.task.questions if question.name in entry.values]
        return [_button(texts.item(name), CHANGE + name) for name in names]


def action_of(task: str) -> GuidedAction:
    """Return the action of the task with this name; raises StopIteration."""

    def kinds(parent: Any) -> Iterator[Any]:
        for kind in parent.__subclasses__():
            yield kind
            yield from kinds(kind)

    return next(kind() for kind in kinds(GuidedAction) if not isabstract(kind) and kind.task.name == task)


def _button(title: str, code: str) -> dict[str, str]:
    return {"title": title, "payload": "/inform" + json.dumps({"choice": code}, ensure_ascii=False)}
