"""A chat that is being recorded: each turn is played in a world of its own and kept as a test turn."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from finlit.content.topics import Place
from finlit.conversations import playing
from finlit.conversations.checks import show
from finlit.conversations.model import SAY, TAP, WAIT, Check, Conversation, Seen, Turn
from finlit.conversations.world import World, Worlds

if TYPE_CHECKING:
    from finlit.dialogue.in_process import Assistant

HERE = Place("", 0)


class Recording:
    """Plays what is typed; ``conversation`` is everything so far, with what the assistant did as expectations."""

    def __init__(self, assistant: Assistant, world: World, customer: str | None, channel: str, now: datetime) -> None:
        self._assistant = assistant
        self._world = world
        self._last: Seen | None = None
        self.conversation = Conversation("", HERE, (), customer, now, channel)
        playing.verify(self.conversation, world)

    def say(self, text: str) -> Seen:
        """Say ``text``, or tap the button with this title when one was offered."""
        offered = self._last.buttons if self._last else ()
        return self._play(Turn(TAP if text in offered else SAY, text, HERE))

    def wait(self, turn: Turn) -> Seen:
        """Let time pass: a turn of kind ``WAIT`` with its ``wait``."""
        return self._play(turn)

    def _play(self, turn: Turn) -> Seen:
        played = asyncio.run(playing.turn(turn, self.conversation, self._assistant, self._world, self._last))
        checks = tuple(expectations(played.seen, self._last)) if turn.kind != WAIT else ()
        turns = (*self.conversation.turns, replace(turn, checks=checks))
        self.conversation = replace(self.conversation, turns=turns)
        if turn.kind != WAIT:
            self._last = played.seen
        return played.seen


def expectations(seen: Seen, before: Seen | None) -> Iterator[Check]:
    """Yield what is worth keeping of a turn: intent, answers, slots that changed. Words are for a person to add."""
    if seen.intent:
        yield Check("意图", seen.intent, HERE)
    if seen.answers and all(seen.answers):
        yield Check("答案", list(seen.answers), HERE)
    if not seen.replies:
        yield Check("没有回复", True, HERE)
    was = before.slots if before else {}
    changed = {name: show(value) for name, value in seen.slots.items() if show(value) != show(was.get(name))}
    if changed:
        yield Check("槽", changed, HERE)


@contextmanager
def recording(assistant: Assistant, customer: str | None, channel: str, now: datetime) -> Iterator[Recording]:
    """Yield a recording in a world of its own, which is gone afterwards."""
    worlds = Worlds()
    try:
        with worlds.world(now) as world:
            yield Recording(assistant, world, customer, channel, now)
    finally:
        worlds.close()
