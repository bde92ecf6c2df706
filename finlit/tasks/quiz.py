"""The quiz: one question asked several times, each answer final and explained; a result at the end.

What the task keeps beside its values (``Entry.kept``): the ids of the round, the letters picked so
far (None: skipped), and every id that this conversation has seen, the oldest first.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from finlit.nlu.numerals import NUMERAL, NotANumeral, parse
from finlit.quiz import Bank, Item, draw
from finlit.tasks.progress import ASKING, Step
from finlit.tasks.readers import Option, Reader, Unclear, Value
from finlit.tasks.task import Question, Task
from finlit.text import fingerprint, normalise

ANSWER = "answer"
RIGHT, WRONG, PASSED = "right", "wrong", "passed"
STARTED, AGAIN, ALL_SEEN = "started", "again", "all_seen"

_LETTER = re.compile(r"(?<![a-z])([a-d])(?![a-z])")
_MOST_AROUND_A_LETTER = 10  # 「我觉得应该选 b 吧」; more is a sentence that only holds a letter
_NOT_THAT = re.compile(r"不是|不选|排除|除了|不可能")
_PLACE = re.compile(r"(?:选|第|答案?是?|应该是?|我?猜)*([1-4一二三四])(?:个|项|题|号|吧|呀|啊|对|的)*")
_PLACES = "1234", "一二三四"
_LATIN_WORD = re.compile(r"[a-z]{2,}")
_LETTERED = re.compile(r"^[A-D]\. ")
_FIGURE = re.compile(NUMERAL)
_LIKE = 0.5  # share of the shorter text's pairs of characters that the other one has to hold


@dataclass(frozen=True)
class Picked(Reader):
    """One of the choices shown: by letter, by place, or in its own words (「还清那天」)."""

    def answered(self, text: str, options: Sequence[Option] = ()) -> Value | Unclear | None:
        """Return the choice; two letters, or words that fit two choices, are unclear."""
        letters = self._letters(text, options)
        if len(letters) > 1:
            return Unclear("、".join(letters))
        found = letters or self._by_figure(text, options) or self._by_place(text, options)
        return self.tapped(found[0], options) if found else self._by_words(text, options)

    def tapped(self, code: str, options: Sequence[Option] = ()) -> Value | None:
        """Return the choice behind a button."""
        title = next((option["title"] for option in options if option["code"] == code), None)
        return None if title is None else {"code": code, "words": title}

    def show(self, value: Value, titles: Mapping[str, str]) -> str:
        return str(value["words"])

    @staticmethod
    def _letters(text: str, options: Sequence[Option]) -> list[str]:
        plain = normalise(text)
        found = list(dict.fromkeys(letter.upper() for letter in _LETTER.findall(plain)))
        around = len(fingerprint(text)) - len(found)
        if _NOT_THAT.search(plain) or _LATIN_WORD.search(plain) or around > _MOST_AROUND_A_LETTER:
            return []
        return [letter for letter in found if any(option["code"] == letter for option in options)]

    @staticmethod
    def _by_figure(text: str, options: Sequence[Option]) -> list[str]:
        """Return the only choice with these figures: 「两次」 and 「2 次」 are one, 「18」 and 「18%」 too."""
        said = _figures(text)
        same = [option["code"] for option in options if said and _holds(_figures(_words_of(option)), said)]
        return same if len(same) == 1 else []

    @staticmethod
    def _by_place(text: str, options: Sequence[Option]) -> list[str]:
        match = _PLACE.fullmatch(fingerprint(text))
        place = next((digits.index(match[1]) for digits in _PLACES if match[1] in digits), -1) if match else -1
        return [options[place]["code"]] if 0 <= place < len(options) else []

    def _by_words(self, text: str, options: Sequence[Option]) -> Value | Unclear | None:
        """Return the choice whose own words are said: those that no other choice has decide."""
        said, pairs = _pairs(text), {option["code"]: _pairs(_words_of(option)) for option in options}
        named = []
        for code, own in pairs.items():
            others = set[str]().union(*(each for other, each in pairs.items() if other != code))
            fewer = min(len(said), len(own))
            if said & (own - others) and len(said & own) >= _LIKE * fewer:
                named.append(code)
        if len(named) > 1:
            return Unclear(text.strip())
        return self.tapped(named[0], options) if named else None


def _words_of(option: Option) -> str:
    return _LETTERED.sub("", option["title"])


def _pairs(text: str) -> set[str]:
    plain = fingerprint(text)
    return {plain[at : at + 2] for at in range(len(plain) - 1)}


def _figures(text: str) -> list[tuple[Decimal, str]]:
    """Return each figure with the character behind it, in order."""
    plain = normalise(text).replace(" ", "")
    found = []
    for match in _FIGURE.finditer(plain):
        try:
            found.append((parse(match[0]), plain[match.end() : match.end() + 1].replace("块", "元")))
        except NotANumeral:
            continue
    return found


def _holds(shown: Sequence[tuple[Decimal, str]], said: Sequence[tuple[Decimal, str]]) -> bool:
    """Say whether ``shown`` has every figure of ``said``; a bare one matches whatever stands behind it."""
    return all(any(one == other and unit in ("", behind) for other, behind in shown) for one, unit in said)


QUIZ_START = Task(
    name="quiz_start",
    intent="quiz_start",
    questions=(Question(ANSWER, Picked(), cues="这题|题目|答案", optional=True),),
    confirms=False,
    final=True,
)


@dataclass(frozen=True)
class Round:
    """Where a customer is in a round of questions."""

    ids: tuple[str, ...] = ()
    picks: tuple[str | None, ...] = ()
    seen: tuple[str, ...] = ()
    topic: str | None = None

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Round:
        """Return the round that ``as_json`` wrote; an empty one for nothing."""
        ids, picks, seen = (tuple(kept.get(name) or ()) for name in ("ids", "picks", "seen"))
        return cls(ids, picks, seen, kept.get("topic"))

    def as_json(self) -> dict[str, Any]:
        return {"ids": list(self.ids), "picks": list(self.picks), "seen": list(self.seen), "topic": self.topic}

    @property
    def is_over(self) -> bool:
        return len(self.picks) >= len(self.ids)

    @property
    def number(self) -> int:
        """Return which question is open, from 1."""
        return min(len(self.picks) + 1, len(self.ids))

    def items(self, bank: Bank) -> list[Item]:
        """Return the questions of the round; KeyError when editors removed one meanwhile."""
        return [bank.items[each] for each in self.ids]

    def open_item(self, bank: Bank) -> Item:
        return bank.items[self.ids[self.number - 1]]

    def last(self, bank: Bank) -> tuple[Item, str | None]:
        """Return the question that was answered last, and the letter picked (None: skipped)."""
        return bank.items[self.ids[len(self.picks) - 1]], self.picks[-1]

    def missed(self, bank: Bank) -> list[Item]:
        """Return the questions without the right answer, skipped ones included."""
        return [item for item, pick in zip(self.items(bank), self.picks) if pick != item.answer]


def begun(before: Round, bank: Bank, topic: str | None, rng: random.Random) -> tuple[Round, str]:
    """Return a new round and what to say first: ``started``, ``again``, or ``all_seen`` (from the beginning).

    What ``before`` has shown counts as seen, what it only drew does not.
    """
    shown = before.ids[: len(before.picks) + 1]
    seen = tuple(dict.fromkeys([*(each for each in before.seen if each not in shown), *shown]))
    ids = tuple(draw(bank, seen, topic, rng))
    known = {item.id for item in bank.items.values() if topic in (None, item.topic)}
    if known <= set(seen):
        return Round(ids, (), tuple(each for each in seen if each not in known), topic), ALL_SEEN
    return Round(ids, (), seen, topic), AGAIN if seen else STARTED


def settled(done: Step, bank: Bank, starts: bool, topic: str | None, rng: random.Random) -> Step:
    """Return what really follows from ``done``: the next question instead of the end, or a new round.

    ``starts``: the customer began, or began anew. A round whose questions editors have removed
    meanwhile is drawn again.
    """
    entry = done.entry
    before = Round.of(entry.kept)
    lost = any(each not in bank.items for each in before.ids)
    if starts or lost or (before.is_over and done.do in ("ask", "explain", "finish")):
        after, note = begun(Round(seen=before.seen) if lost else before, bank, topic, rng)
        asking = replace(entry, stage=ASKING, asked=ANSWER, values={}, kept=after.as_json())
        return Step(asking, "explain") if done.do == "explain" else Step(asking, "ask", note)
    if done.do != "finish":
        return done
    pick = (entry.values.get(ANSWER) or {}).get("code")
    after = replace(before, picks=(*before.picks, pick))
    item, _ = after.last(bank)
    note = PASSED if pick is None else RIGHT if pick == item.answer else WRONG
    if after.is_over:
        return Step(replace(entry, values={}, kept=after.as_json()), "finish", note)
    asking = replace(entry, stage=ASKING, asked=ANSWER, values={}, kept=after.as_json())
    return Step(asking, "ask", note)
