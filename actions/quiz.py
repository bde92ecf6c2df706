"""The quiz: ``action_quiz_start`` asks a round of questions, explains each, ends with what to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from actions.guided import GuidedAction, Reply, Talk, Texts
from finlit import quiz, settings
from finlit.answers import WECHAT
from finlit.content import facts
from finlit.quiz import Bank, Item
from finlit.tasks.progress import Entry, Move, Step
from finlit.tasks.quiz import PASSED, QUIZ_START, RIGHT, WRONG, Round, settled
from finlit.tasks.readers import Option

JUDGED = (RIGHT, WRONG, PASSED)
MOST_TO_READ = 3  # buttons


class ActionQuizStart(GuidedAction):
    """Draws questions that this conversation hasn't seen; an answer is never changed afterwards."""

    task = QUIZ_START

    def settle(self, talk: Talk, move: Move, done: Step) -> Step:
        """Go to the next question, or begin a round."""
        bank = _bank(talk)
        topic = bank.topic_in(talk.text)
        other = move.kind == "resume" and topic not in (None, Round.of(done.entry.kept).topic)  # 「那考考我防骗」
        return settled(done, bank, other or move.kind in ("start", "restart"), topic, talk.randomness)

    def options(self, talk: Talk, entry: Entry) -> Sequence[Option]:
        """Return the choices of the open question; in WeChat they are numbered, so they bear no letter."""
        state, bank = Round.of(entry.kept), _bank(talk)
        choices = {} if state.is_over else state.open_item(bank).choices
        lettered = talk.channel != WECHAT
        return [
            {"code": letter, "title": f"{letter}. {words}" if lettered else words} for letter, words in choices.items()
        ]

    def fields(self, talk: Talk, texts: Texts) -> Mapping[str, str]:
        """Return how many questions a round has."""
        return {"total": str(quiz.ROUND)}

    def said_first(self, talk: Talk, done: Step, texts: Texts) -> Mapping[str, Any]:
        """Judge the answer before going on; say which question is asked."""
        bank, state = _bank(talk), Round.of(done.entry.kept)
        fields = dict(super().said_first(talk, done, texts))
        if done.note in JUDGED:
            item, _ = state.last(bank)
            fields |= {"before": texts.shared(str(done.note)), "right": item.choices[item.answer], "why": _why(item)}
        if not state.is_over:
            fields |= {"number": str(state.number), "question": state.open_item(bank).ask, "total": str(len(state.ids))}
        return fields

    def finish(self, talk: Talk, entry: Entry, texts: Texts) -> Reply:
        """Say how many were right, what was missed, and where to read about it."""
        bank, state = _bank(talk), Round.of(entry.kept)
        missed, total = state.missed(bank), len(state.ids)
        band = "all" if not missed else "most" if 2 * len(missed) < total else "few"
        topics = "、".join(dict.fromkeys(bank.topics[item.topic].title for item in missed))
        reading = [name for name in dict.fromkeys(item.read for item in missed) if texts.question_of(name)]
        buttons = [{"title": texts.question_of(name), "payload": f"/{name}"} for name in reading[:MOST_TO_READ]]
        fields = {"correct": str(total - len(missed)), "total": str(total), "topics": topics, "choices": buttons}
        return Reply(f"{self.prefix}_result_{band}", fields)


def _bank(talk: Talk) -> Bank:
    """Return the questions whose facts are in force today."""
    data = settings.load().data_dir
    return quiz.load(data / "quiz.yml").in_force(facts.load(data / "facts.yml"), talk.now.date())


def _why(item: Item) -> str:
    return item.why + "".join(f"[{source}]" for source in item.sources)
