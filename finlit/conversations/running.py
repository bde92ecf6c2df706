"""Playing many conversations at once, in processes that share one loaded model."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from finlit.conversations import playing
from finlit.conversations.model import Conversation, Result
from finlit.conversations.world import Worlds

if TYPE_CHECKING:
    from finlit.dialogue.in_process import Assistant

PROCESSES = 2

_assistant: Assistant | None = None
_worlds: Worlds | None = None


def prepare() -> None:
    """Load the model into this process, once; raises NoModel."""
    global _assistant
    if _assistant is None:
        from finlit.dialogue.in_process import Assistant

        _assistant = Assistant()


def _play(conversation: Conversation) -> Result:
    global _worlds
    prepare()
    assert _assistant is not None
    _worlds = _worlds or Worlds()
    heard = logging.root.manager.disable
    logging.disable(logging.ERROR)  # refusals that a conversation provokes are logged; here they are expected
    try:
        return asyncio.run(playing.play(conversation, _assistant, _worlds))
    finally:
        logging.disable(heard)


def _close() -> None:
    global _worlds
    if _worlds is not None:
        _worlds.close()
        _worlds = None


def _play_some(conversations: Sequence[Conversation]) -> list[Result]:
    """Play a share of the conversations and leave no database behind."""
    try:
        return [_play(conversation) for conversation in conversations]
    finally:
        _close()


def play_all(
    conversations: Sequence[Conversation],
    processes: int = PROCESSES,
    report: Callable[[Result], None] = lambda result: None,
) -> list[Result]:
    """Return the results in the order of ``conversations``; needs ``prepare``; ``report`` hears of each as it ends.

    Processes are forked on Linux, so that they share the loaded model; elsewhere each loads its own.
    """
    if processes < 2 or len(conversations) < 2 * processes:
        results = []
        for conversation in conversations:
            results.append(_play(conversation))
            report(results[-1])
        _close()
        return results
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    found: dict[int, Result] = {}
    # Small shares, the longest first, so that no process is left with all the work at the end.
    order = sorted(range(len(conversations)), key=lambda index: -conversations[index].messages)
    shares = [order[start : start + 8] for start in range(0, len(order), 8)]
    with context.Pool(processes) as pool:
        played = pool.imap(_play_some, ([conversations[index] for index in share] for share in shares))
        for index, result in _flat(shares, played):
            found[index] = result
            report(result)
    return [found[index] for index in range(len(conversations))]


def _flat(shares: Sequence[Sequence[int]], played: Iterator[list[Result]]) -> Iterator[tuple[int, Result]]:
    for share, results in zip(shares, played):
        yield from zip(share, results)
