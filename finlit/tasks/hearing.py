"""What a message means for the task in hand, or that it is about something else.

The order matters. Whatever outranks everything (crisis) never comes here. A control (「算了」) comes
before an answer, a question in between before free words: 「等等，罚息怎么算？」 is not a reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from finlit.nlu import not_known
from finlit.tasks.phrases import Phrases
from finlit.tasks.progress import CONFIRMING, DONE, OPEN, WAITING, Entry, Move
from finlit.tasks.readers import Unclear, Value
from finlit.tasks.task import Readings, Task
from finlit.text import fingerprint

STATUS = "/status"  # a narrower intent: how far is my request, asked of any task at any time
CHANGE = "change:"  # value behind the button that changes one answer
# What these intents mean inside a task is said here, so they are no question about something else.
WITHIN_A_TASK = frozenset({"inform", "affirm", "deny", "clarify", "restart", "nlu_fallback"})
# Told at a question for free words, these are requests and not the answer.
COMMANDS = frozenset({"human_handoff", "help", "bot_challenge", "greet", "goodbye", "abuse", "account_verify",
                      "account_status", "account_bill", "rights_complaint", "hardship_apply", "quiz_start"})  # fmt: skip
PLEASANTRIES = frozenset({"greet", "goodbye", "thank"})
COMMAND = 8  # characters: 「我要找人工」, but not 「客服态度很差，挂我电话」
SHORT = 14  # characters: a question put in between
SURE = 0.6


@dataclass(frozen=True)
class Heard:
    """A message as it was understood: intent, narrower label and decision from the classifier, ``choice`` from a button."""

    text: str
    today: date
    intent: str = "nlu_fallback"
    decision: str = "refused"
    confidence: float = 0.0
    choice: str | None = None
    label: str = ""
    from_context: bool = False  # the sentence alone did not say so

    def is_about(self, intents: frozenset[str]) -> bool:
        return self.decision == "answered" and self.intent in intents

    @property
    def is_another_topic(self) -> bool:
        return self.decision == "answered" and self.intent not in WITHIN_A_TASK


def hear(task: Task, entry: Entry, heard: Heard, phrases: Phrases, is_open: bool) -> Move | None:
    """Return the move that ``heard`` is in ``task``; None when it is about something else.

    ``is_open`` says whether the last thing said to the customer was this task's.
    """
    control = _control(heard, phrases, free=entry.asked is not None and task.question(entry.asked).reader.takes_words)
    if control == "resume":
        return None if entry.stage == DONE else Move("resume")
    if not is_open or (control is None and heard.label.endswith(STATUS) and heard.confidence >= SURE):
        return None
    if entry.stage == WAITING:
        return Move("leave") if control == "leave" else None
    if entry.stage == DONE:
        return _after_the_result(task, entry, heard, phrases)
    if entry.stage not in OPEN:
        return None
    if control in ("leave", "restart", "explain"):
        return Move(control)
    if entry.offers and control in ("agree", "object"):
        return Move("resume" if control == "agree" else "leave")
    if entry.stage == CONFIRMING:
        return _at_the_summary(task, entry, heard, phrases, control)
    return _at_a_question(task, entry, heard, phrases, control)


def _control(heard: Heard, phrases: Phrases, free: bool) -> str | None:
    """Return the control that the message is; where any words may be the answer, by the editors' list only."""
    if heard.choice is not None:
        return heard.choice if heard.choice in phrases.controls else None
    found = phrases.control(heard.text)
    known = not not_known.is_all_that_is_said(heard.text)  # 「不清楚」 asks for no explanation
    if found is None and not free and known and heard.decision == "answered" and len(fingerprint(heard.text)) <= SHORT:
        return {"clarify": "explain", "restart": "restart", "affirm": "agree"}.get(heard.intent)
    return found


def _correction(task: Task, entry: Entry, heard: Heard, phrases: Phrases, before_all: bool) -> Move | None:
    """Return the move that changes an earlier answer: 「不对，是30天」「金额改成八百」「改一下金额」."""
    if heard.choice is not None:
        name = heard.choice.removeprefix(CHANGE) if heard.choice.startswith(CHANGE) else None
        return Move("change", question=name) if name is not None else None
    said = phrases.correction(heard.text)
    if said is None and not phrases.changes(heard.text):
        return None
    text = heard.text if said is None else said
    name = task.named(text)
    if name is not None:
        return _to_one(task, entry, name, text, heard.today, phrases, opened=said is not None)
    plain = task.corrected(text, heard.today)
    if plain.values:
        return Move("answer", plain.values, corrected=True)
    if said is None or not fingerprint(said):
        return None
    return _to_the_latest(task, entry, said, before_all)


def _to_one(task: Task, entry: Entry, name: str, text: str, today: date, phrases: Phrases, opened: bool) -> Move | None:
    """Change the answer that the customer names, to the value they give or by asking again."""
    reader = task.question(name).reader
    if reader.takes_words:
        words = phrases.new_words(text)
        value = reader.plain(text) if words is None else reader.answered(words, entry.options)
        if value is not None:
            return Move("answer", {name: value}, corrected=True)
        return Move("change", question=name) if opened or name in entry.values else None
    given = task.read(text, name, today, entry.options)
    if name in given.unclear:
        return _asked_again(name, given.unclear[name])
    if name in given.values:
        return Move("answer", given.values, corrected=True)
    return Move("change", question=name) if opened or name in entry.values else None


def _to_the_latest(task: Task, entry: Entry, said: str, before_all: bool) -> Move | None:
    """Change the latest answer that could have this value; the open question itself comes last.

    Free words could always be the value: only the very latest answer may be replaced by them.
    """
    answered = [name for name, value in list(entry.values.items())[::-1] if value is not None]
    for name in [*answered, *([entry.asked] if entry.asked and not before_all else [])]:
        reader = task.question(name).reader
        any_words = reader.takes_words and (name != answered[0] or bool(entry.offers)) if answered else False
        read = reader.plain(said) if any_words else reader.answered(said, entry.options)
        if isinstance(read, Unclear):
            return _asked_again(name, read)
        if read is not None:
            return Move("answer", {name: read}, corrected=name in entry.values)
    return None


def _at_the_summary(task: Task, entry: Entry, heard: Heard, phrases: Phrases, control: str | None) -> Move | None:
    correction = _correction(task, entry, heard, phrases, before_all=True)
    if correction is not None:
        return correction
    if control == "agree":
        return Move("confirm")
    if control == "object" or heard.is_about(frozenset({"deny"})):
        return Move("object")
    chatter = heard.intent == "out_of_scope" and not phrases.asks(heard.text)
    if phrases.interrupts(heard.text) or heard.is_another_topic and not chatter:
        return None
    given = task.read(heard.text, None, heard.today)
    return Move("answer", given.values, corrected=True) if given.values else Move("unreadable")


def _after_the_result(task: Task, entry: Entry, heard: Heard, phrases: Phrases) -> Move | None:
    if not task.lingers:
        return None
    correction = _correction(task, entry, heard, phrases, before_all=True)
    if correction is not None:
        return correction
    given = task.read(heard.text, None, heard.today)
    ours = not heard.is_another_topic or heard.is_about(frozenset({task.intent}))
    if ours and (given.values or given.unknown):
        return Move("answer", given.values, corrected=bool(given.values), unknown=sorted(given.unknown))
    if ours and given.unclear:
        name, unclear = next(iter(given.unclear.items()))
        return _asked_again(name, unclear)
    return Move("again") if heard.is_about(frozenset({task.intent})) and phrases.looks_back(heard.text) else None


def _at_a_question(task: Task, entry: Entry, heard: Heard, phrases: Phrases, control: str | None) -> Move | None:
    asked = str(entry.asked)
    question = task.question(asked)
    if heard.choice is not None and control is None:
        value = question.reader.tapped(heard.choice, entry.options)
        return _correction(task, entry, heard, phrases, False) if value is None else Move("answer", {asked: value})
    if control == "skip":
        return Move("skip")
    correction = None if task.final else _correction(task, entry, heard, phrases, before_all=False)
    if correction is not None:
        return correction
    if phrases.interrupts(heard.text):
        return None
    given = task.read(heard.text, asked, heard.today, entry.options)
    if question.reader.takes_words:
        if control in ("agree", "object"):
            return Move("resume" if control == "agree" else "unreadable")
        return _free_words(task, heard, phrases, given, asked)
    if not given.values and (not_known.is_all_that_is_said(heard.text) or asked in given.unknown):
        return Move("skip")
    if heard.is_another_topic and heard.intent != task.intent and phrases.asks(heard.text):
        return None
    if given.unclear:
        name = asked if asked in given.unclear else next(iter(given.unclear))
        return _asked_again(name, given.unclear[name], given.values)
    if given.values:
        return Move("answer", given.values, unknown=sorted(given.unknown))
    if heard.is_about(frozenset({task.intent})) or control == "agree":
        return Move("resume")
    # Not our subject and no question either: an answer that missed.
    guessed = heard.intent in PLEASANTRIES and heard.confidence < SURE
    chatter = (heard.intent == "out_of_scope" or guessed) and not phrases.asks(heard.text)
    return None if heard.is_another_topic and not chatter else Move("unreadable")


def _asked_again(name: str, unclear: Unclear, values: Mapping[str, Value] | None = None) -> Move:
    return Move("unclear", values or {}, question=name, words=unclear.words, beyond=unclear.beyond)


def _free_words(task: Task, heard: Heard, phrases: Phrases, given: Readings, asked: str) -> Move | None:
    """Take the sentence as the answer unless it is plainly a question or a request."""
    if not_known.is_all_that_is_said(heard.text):
        return Move("skip")
    if _picks(given, asked) and not phrases.asks(heard.text):
        return Move("answer", given.values)
    short = len(fingerprint(heard.text)) <= SHORT
    if short and heard.is_about(frozenset({task.intent})) and not heard.from_context:
        return Move("resume")
    another = heard.is_another_topic and heard.intent != task.intent and heard.confidence >= SURE
    commands = heard.intent in COMMANDS and not heard.from_context and len(fingerprint(heard.text)) <= COMMAND
    if another and (commands or short and phrases.asks(heard.text)):
        return None
    return Move("answer", given.values) if given.values else Move("unreadable")


def _picks(given: Readings, asked: str) -> bool:
    value: Value = given.values.get(asked)
    return isinstance(value, Mapping) and value.get("code") != "other"
