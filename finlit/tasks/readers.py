"""How an answer to one question is read. Nothing is guessed: a rough figure is ``Unclear``.

Values are JSON: amounts are decimal text in yuan, choices and free words keep what the customer said.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from finlit import money
from finlit.nlu.quantities import Quantity, find
from finlit.text import fingerprint, normalise

Value = Any  # JSON: text, or {"code": …, "words": …} for a choice
Option = Mapping[str, str]  # {"code": …, "title": …}: a choice that only exists for this customer

_MONEY = ("amount", "number")
_MOST = Decimal(100_000_000)
_ZERO = re.compile(
    r"(?:一分|一分钱|一毛|一毛钱|一块)?(?:也|都)?(?:没有|没|无|零|0|没钱|没有钱|没有收入|没收入|还不起|还不了|还不上|拿不出|拿不出来|给不了)(?:钱|元|块|收入|还|的|了|任何)*"
)
_WORDS = re.compile(r"[\u4e00-\u9fffa-z]")


@dataclass(frozen=True)
class Unclear:
    """Something was said, but it has no single reading, or lies ``beyond`` the limits; ``words`` are the customer's."""

    words: str
    beyond: bool = False


class Reader(ABC):
    """Reads the answer to one question."""

    takes_words = False  # any sentence may be the answer
    takes_figure = False  # a number is the answer, so choices below the question bear none

    @abstractmethod
    def answered(self, text: str, options: Sequence[Option] = ()) -> Value | Unclear | None:
        """Return what ``text`` says as an answer to the question; None when it says nothing of the kind."""

    def plain(self, text: str) -> Value | None:
        """Return what the sentence says without a doubt, whatever was asked; None for any other."""
        return None

    def tapped(self, code: str, options: Sequence[Option] = ()) -> Value | None:
        """Return the value behind a button; None when this question has no such button."""
        return None

    def limits(self) -> tuple[str, str]:
        """Return the least and the most that may be answered, as customers read it; for readers of figures."""
        return "", ""

    @abstractmethod
    def show(self, value: Value, titles: Mapping[str, str]) -> str:
        """Return ``value`` as the customer reads it; ``titles`` are the buttons' by code."""


def sums(text: str) -> list[Quantity]:
    """Return the amounts and bare figures of ``text``, rough ones included."""
    return [each for each in find(text) if each.kind in (*_MONEY, "ambiguous")]


@dataclass(frozen=True)
class Amount(Reader):
    """An amount in yuan, whole fen, up to a hundred million; ``zero`` says that nothing at all is an answer."""

    zero: bool = False
    takes_figure = True

    def answered(self, text: str, options: Sequence[Option] = ()) -> Value | Unclear | None:
        """Return decimal text; two different amounts or a rough one are unclear."""
        if self.zero and _ZERO.fullmatch(fingerprint(text)):
            return "0"
        found = sums(text)
        if not found:
            return None
        if len({each.value for each in found}) > 1 or found[0].kind == "ambiguous":
            return Unclear("、".join(each.text for each in found))
        return self.value_of(found[0])

    def value_of(self, quantity: Quantity) -> Value | Unclear:
        """Return the decimal text of one found quantity, or why it can't be one."""
        if quantity.kind == "ambiguous":
            return Unclear(quantity.text)
        amount = Decimal(quantity.value)
        least = Decimal(0) if self.zero else money.ONE_FEN
        if not least <= amount <= _MOST:
            return Unclear(quantity.text, beyond=True)
        return f"{amount:f}" if amount == money.fen(amount) else Unclear(quantity.text)

    def limits(self) -> tuple[str, str]:
        return money.show(Decimal(0) if self.zero else money.ONE_FEN), money.show(_MOST)

    def show(self, value: Value, titles: Mapping[str, str]) -> str:
        return money.show(Decimal(value))


@dataclass(frozen=True)
class Choice(Reader):
    """One of several answers, each known by the words for it; with ``other``, any sentence that matches it too.

    The customer's own words are kept beside the code: {"code": "lost_job", "words": "厂子关了"}.
    """

    signs: Mapping[str, str]  # code -> regular expression on the fingerprint
    other: str | None = None
    _compiled: dict[str, re.Pattern[str]] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._compiled.update({code: re.compile(sign) for code, sign in self.signs.items()})

    @property
    def takes_words(self) -> bool:  # type: ignore[override]
        return self.other is not None

    def answered(self, text: str, options: Sequence[Option] = ()) -> Value | Unclear | None:
        """Return the first choice whose words occur, else ``other`` when the sentence may be one."""
        plain = fingerprint(text)
        code = next((code for code, sign in self._compiled.items() if sign.search(plain)), None)
        if code is None and self.other is not None and re.search(self.other, plain):
            code = "other"
        return None if code is None else {"code": code, "words": text.strip()}

    def plain(self, text: str) -> Value | None:
        """Return the choice whose words occur, never ``other``."""
        value = self.answered(text)
        return value if isinstance(value, dict) and value["code"] != "other" else None

    def tapped(self, code: str, options: Sequence[Option] = ()) -> Value | None:
        """Return the choice of a button."""
        return {"code": code, "words": ""} if code in self.signs or code == "other" and self.other else None

    def show(self, value: Value, titles: Mapping[str, str]) -> str:
        """Return the customer's own words, else the button's title."""
        return value["words"] or titles.get(value["code"], value["code"])


@dataclass(frozen=True)
class Words(Reader):
    """The customer's own words: at least ``least`` letters or characters, at most ``most``."""

    least: int = 2
    most: int = 500
    takes_words = True

    def answered(self, text: str, options: Sequence[Option] = ()) -> Value | Unclear | None:
        """Return the words as they are, without the space around them."""
        said = text.strip()
        return said[: self.most] if len(_WORDS.findall(normalise(said))) >= self.least else None

    def show(self, value: Value, titles: Mapping[str, str]) -> str:
        return str(value)


_ORDINALS = {"第一": 0, "第二": 1, "第三": 2, "第四": 3, "第五": 4, "第1": 0, "第2": 1, "第3": 2, "第4": 3, "第5": 4}
_ALL = re.compile(r"^(?:我)?(?:全部|所有|都|全都|几笔都|每笔|两笔)")
ALL = "all"


@dataclass(frozen=True)
class OneOf(Reader):
    """One of the options that the action offered (the customer's loans), by title or ordinal, or all of them."""

    def answered(self, text: str, options: Sequence[Option] = ()) -> Value | Unclear | None:
        """Return the option that is named; two named ones are unclear."""
        plain = fingerprint(text)
        if _ALL.match(plain):
            return {"code": ALL, "words": ""}
        named = [option for option in options if fingerprint(option["title"]) in plain]
        places = [place for word, place in _ORDINALS.items() if word in plain and place < len(options)]
        found = {option["code"]: option for option in [*named, *(options[place] for place in places)]}
        if len(found) > 1:
            return Unclear("、".join(option["title"] for option in found.values()))
        return next(({"code": code, "words": option["title"]} for code, option in found.items()), None)

    def tapped(self, code: str, options: Sequence[Option] = ()) -> Value | None:
        """Return the option of a button."""
        title = next((option["title"] for option in options if option["code"] == code), None)
        if code == ALL:
            return {"code": ALL, "words": ""}
        return None if title is None else {"code": code, "words": title}

    def show(self, value: Value, titles: Mapping[str, str]) -> str:
        return value["words"] or titles.get(value["code"], value["code"])
