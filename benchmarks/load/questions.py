"""Questions whose answers can be told apart, so that somebody else's answer is noticed."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from finlit.answers import CHOICES_HEADING

KNOWLEDGE, CALCULATION, ACCOUNT = "知识", "计算", "账户"
# None of them could be a follow-up to an account's figure or a calculation: their answers don't depend on what was said.
KNOWLEDGE_QUESTIONS = (
    "怎么还款", "征信报告怎么查", "可以提前还款吗", "还不上了怎么办",
    "最低还款是什么意思", "催收能给我家人打电话吗", "征信上的逾期记录多久消除",
)  # fmt: skip
ACCOUNT_QUESTION = "我现在欠多少"


_AS_OF = re.compile(r"数据截至[^。\n]*")  # the time of day: the one thing that may differ


@dataclass(frozen=True)
class Question:
    """``wanted`` stands in the right answer and in no other one; for what the assistant knows it is the whole answer."""

    kind: str
    text: str
    wanted: str

    def is_answered_by(self, said: str) -> bool:
        """Say whether ``said`` is the answer to this question."""
        return self.wanted in said if self.kind == CALCULATION else _own(said) == _own(self.wanted)

    def is_told_in(self, said: str) -> bool:
        """Say whether ``said``, which may hold more than one answer or come without its choices, holds the right one."""
        if self.kind == CALCULATION:
            return self.wanted in said
        return bool(self.wanted) and _bare(_own(self.wanted).partition(CHOICES_HEADING)[0]) in _bare(said)

    def departs(self, said: str) -> str:
        """Return the part of ``said`` where it departs from the right answer, for the report."""
        at = len(os.path.commonprefix([said, self.wanted])) if self.kind != CALCULATION else 0
        return f"…{said[max(0, at - 10) : at + 60]}".replace("\n", " ")


def _own(answer: str) -> str:
    """Return the answer's own paragraph: what is offered behind it depends on what was offered before."""
    return _AS_OF.sub("", answer.split("\n\n")[0])


def _bare(text: str) -> str:
    """Return ``text`` without what differs between one message and two: line ends, and the time of day."""
    return "".join(_AS_OF.sub("", text).split())


def calculation(number: int) -> Question:
    """Return a question about penalty interest that nobody else asks: 18 % a year, half as much again, 20 days of 360."""
    borrowed = 1000 + 20 * number  # yuan
    penalty = Decimal(borrowed) * Decimal("0.18") * Decimal("1.5") * 20 / 360
    return Question(CALCULATION, f"借了{borrowed}年化18逾期20天罚息多少", f"¥{penalty:,.2f}")


def plan(user: int, count: int, reference: dict[str, str], chance: Random) -> list[Question]:
    """Return ``count`` questions of one user; ``reference`` has the answers, the account's only for a verified one."""
    asked: list[Question] = []
    known = [text for text in KNOWLEDGE_QUESTIONS if text in reference]
    while len(asked) < count:
        fate = chance.random()
        if ACCOUNT_QUESTION in reference and fate < 0.4:
            question = Question(ACCOUNT, ACCOUNT_QUESTION, reference[ACCOUNT_QUESTION])
        elif fate < 0.7:
            text = chance.choice(known)
            question = Question(KNOWLEDGE, text, reference[text])
        else:
            question = calculation(user * count + len(asked))
        if not asked or asked[-1].text != question.text:
            asked.append(question)
    return asked
