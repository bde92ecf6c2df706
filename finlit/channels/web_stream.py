"""Server-sent events: what is new in a conversation reaches every open page of it.

News comes from the database, so it doesn't matter which process answered: one query for all open
streams of this process, twice a second. A process that answered itself also wakes its own streams at once.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from finlit.channels.web_inbox import STILL, Pulse

logger = logging.getLogger(__name__)

LOOK_EVERY = 0.5  # seconds
HEARTBEAT = 15.0  # seconds; proxies and Sanic close what is silent for a minute
LOOK_ANYWAY = 4  # heartbeats without news: a binding may have lapsed
LONGEST = 300.0  # seconds; then the page comes again, with its token checked anew
PER_CONVERSATION = 6
PER_PROCESS = 2000

Pulses = Callable[[list[str]], Awaitable[dict[str, Pulse]]]
News = Callable[[int], Awaitable[tuple[dict[str, Any], Pulse]]]


def event(name: str, data: Any) -> str:
    """Return one server-sent event; JSON has no line breaks of its own."""
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


class TooManyStreams(Exception):
    """The conversation, the address or this process has as many open streams as it may have."""


@dataclass
class _Change:
    """What the streams of a conversation wait for."""

    event: asyncio.Event = field(default_factory=asyncio.Event)
    is_beginning: bool = False  # of a turn: nothing is to be read yet


class Streams:
    """The open streams of this process and the one task that looks for their news."""

    def __init__(self, pulses: Pulses) -> None:
        self._pulses = pulses
        self._open: Counter[str] = Counter()
        self._from: Counter[str] = Counter()  # how many of them each address has
        self._last: dict[str, Pulse | None] = {}
        self._changed: dict[str, _Change] = {}
        self._watcher: asyncio.Task[None] | None = None
        self._closing = False

    def close(self) -> None:
        """End all streams, so that the server can stop."""
        self._closing = True
        for changed in self._changed.values():
            changed.event.set()
        if self._watcher:
            self._watcher.cancel()

    def wake(self, conversation: str) -> None:
        """Let the streams of ``conversation`` look now: something happened that no look has seen yet."""
        if conversation in self._open:
            self._last[conversation] = None  # not known: whatever was seen is not the latest
        self._let_look(conversation)

    def begin(self, conversation: str) -> None:
        """Let the streams of ``conversation`` say that the assistant is at it."""
        self._let_look(conversation, is_beginning=True)

    def _let_look(self, conversation: str, is_beginning: bool = False) -> None:
        changed = self._changed.pop(conversation, None)
        if changed:
            changed.is_beginning = is_beginning
            changed.event.set()

    def enter(self, conversation: str, address: str, per_address: int) -> None:
        """Count a stream in; raises TooManyStreams. ``leave`` must follow."""
        is_full = self._open.total() >= PER_PROCESS or self._from[address] >= per_address
        if self._closing or is_full or self._open[conversation] >= PER_CONVERSATION:
            raise TooManyStreams
        self._open[conversation] += 1
        self._from[address] += 1
        if self._watcher is None or self._watcher.done():
            self._watcher = asyncio.get_running_loop().create_task(self._watch())

    def leave(self, conversation: str, address: str) -> None:
        """Count a stream out."""
        self._from[address] -= 1
        if self._from[address] <= 0:
            del self._from[address]
        self._open[conversation] -= 1
        if self._open[conversation] <= 0:
            del self._open[conversation]
            self._last.pop(conversation, None)
            self._changed.pop(conversation, None)

    async def events(self, conversation: str, after: int, news: News) -> AsyncIterator[str]:
        """Yield events until the stream is old; ``news(after)`` returns what a page doesn't have yet, and its pulse."""
        clock = asyncio.get_running_loop().time
        ends = clock() + LONGEST
        shown: dict[str, Any] | None = None
        yield "retry: 2000\n\n"
        while not self._closing and clock() < ends:
            changed = self._changed.setdefault(conversation, _Change())
            found, seen = await news(after)
            after = found["next"]
            frame = {key: value for key, value in found.items() if key != "turns"}
            if found["turns"] or frame != shown:
                shown = frame
                yield event("news", found)
            silent = 0
            while not self._closing and silent < LOOK_ANYWAY:
                try:
                    await asyncio.wait_for(changed.event.wait(), HEARTBEAT)
                except asyncio.TimeoutError:
                    silent += 1
                    yield ": still here\n\n"
                    continue
                if self._last.get(conversation, STILL) != seen:
                    break
                # A turn begins, or the watch came late with what is shown already. An end in this moment isn't
                # missed: it makes ``_last`` unknown.
                if changed.is_beginning and not shown["busy"]:
                    shown = {**shown, "busy": True}
                    yield event("news", {**shown, "turns": []})
                changed = self._changed.setdefault(conversation, _Change())

    async def _watch(self) -> None:
        while self._open and not self._closing:
            try:
                pulses = await self._pulses(list(self._open))
            except Exception as error:  # noqa: BLE001 - a database that is away comes back; streams wait
                logger.warning("the news of open pages could not be looked up: %s", type(error).__name__)
                pulses = {}
            for conversation, pulse in pulses.items():
                if self._last.get(conversation, STILL) != pulse:
                    self._last[conversation] = pulse
                    self._let_look(conversation)
            await asyncio.sleep(LOOK_EVERY)
