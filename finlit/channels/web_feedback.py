"""Thumbs up or down for an answer, with an optional word; personal data in it is masked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from finlit import settings
from finlit.channels.web_history import Turn
from finlit.db import engine, tables
from finlit.dialogue.screening import clean
from finlit.privacy import mask

LONGEST_WORD = 200  # characters
RATINGS = {"up": 1, "down": -1}


class NotAnAnswer(ValueError):
    """The rated turn isn't an answer of this conversation, or the rating is none."""


def word_of(body: dict[str, Any]) -> str:
    """Return what a customer wrote beside a rating, empty for nothing."""
    word = body.get("word")
    return word if isinstance(word, str) else ""


def store(conversation: str, turns: Sequence[Turn], body: dict[str, Any], now: datetime) -> None:
    """Keep the rating ``{"n": turn, "rating": "up" | "down", "word": "…"}``; a second one replaces the first.

    Raises NotAnAnswer when it can't be meant for one of ``turns``.
    """
    number, rating, word = body.get("n"), RATINGS.get(str(body.get("rating"))), body.get("word") or ""
    if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= len(turns):
        raise NotAnAnswer
    turn = turns[number - 1]
    if rating is None or not isinstance(word, str) or turn["from"] != "assistant":
        raise NotAnAnswer
    with engine.sessions(settings.load().database_url).begin() as session:
        session.merge(
            tables.AnswerFeedback(
                conversation=conversation,
                turn=number,
                answer=str(turn["custom"].get("answer", ""))[:64],
                rating=rating,
                word=mask(clean(word, LONGEST_WORD)[:LONGEST_WORD].strip()),
                given_at=now,
            )
        )
