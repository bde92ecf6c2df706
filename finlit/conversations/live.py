"""Playing conversations against a running server, over its web and WeChat channels, as customers would.

A server keeps its own clock, database and thoughts. What needs them is skipped by name and counted;
from a turn on in which time passes, or in which a code is needed, that conversation is not played.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from finlit.conversations import checks, playing
from finlit.conversations.live_web import Browser, Unreachable
from finlit.conversations.live_wechat import Follower, Wire
from finlit.conversations.model import AS_DATA, WAIT, WECHAT, Conversation, Played, Result, Seen, Turn
from finlit.conversations.reading import DEFAULT_NOW

AT_ONCE = 4

CLOCK, CODE, CUSTOMER, MOMENT = "时钟（从这一步起没有演）", "验证码（从这一步起没有演）", "已核验的客户", "指定的时间"
NO_WECHAT = "微信渠道（本机没有 WECHAT_ 设置）"


class Client(Protocol):
    """Somebody who talks to the server: ``shows`` is how much an answer shows, ``numbers`` how choices are made."""

    shows: int
    numbers: bool

    def send(self, kind: str, text: str) -> list[dict[str, object]]:
        """Send what a turn of ``kind`` sends and return the replies; raises Unreachable."""
        ...


class Server:
    """The server at ``url``; ``wire`` leads to its WeChat channel, None when this machine has no keys for it."""

    def __init__(self, url: str, wire: Wire | None) -> None:
        self._url = url
        self._wire = wire

    def check(self) -> None:
        """Raise Unreachable when there is nobody."""
        Browser(self._url)

    def cannot(self, conversation: Conversation) -> str | None:
        """Return why ``conversation`` can't be played at all, None when it can."""
        if conversation.customer:
            return CUSTOMER
        if conversation.now != DEFAULT_NOW:
            return MOMENT
        return NO_WECHAT if conversation.channel == WECHAT and self._wire is None else None

    def client(self, channel: str) -> Client:
        """Return a new customer on ``channel``; raises Unreachable."""
        if channel != WECHAT:
            return Browser(self._url)
        assert self._wire is not None
        return Follower(self._wire)


def _needs(turn: Turn) -> str | None:
    """Return what of the server ``turn`` needs that nobody outside can give."""
    if turn.kind == WAIT:
        return CLOCK
    return CODE if playing.RIGHT_CODE in turn.text or playing.WRONG_CODE in turn.text else None


def play(conversation: Conversation, server: Server) -> Result:
    """Play ``conversation`` as a new customer."""
    if reason := server.cannot(conversation):
        return Result(conversation, (), 0.0, skipped=reason)
    started = time.perf_counter()
    played: list[Played] = []
    trouble = None
    try:
        client = server.client(conversation.channel)
        before: Seen | None = None
        beyond: str | None = None
        for turn in conversation.turns:
            beyond = beyond or _needs(turn)
            if beyond:
                played.append(Played(turn, Seen("", (), "", shows=AS_DATA), skipped=(beyond,)))
                continue
            text, misses = playing.typed(turn, before, client.numbers)
            before = Seen(text, tuple(client.send(turn.kind, text)), "", shows=client.shows)
            played.append(_checked(turn, before, misses))
    except Unreachable as error:
        trouble = str(error)
    return Result(conversation, tuple(played), time.perf_counter() - started, trouble)


def _checked(turn: Turn, seen: Seen, misses: Sequence[playing.Failure]) -> Played:
    can = [check for check in turn.checks if checks.possible(check, seen)]
    found = [failure for check in can for failure in checks.failures(check, seen)]
    return Played(turn, seen, (*misses, *found), tuple(check.word for check in turn.checks if check not in can))


def play_all(
    conversations: Sequence[Conversation], server: Server, report: Callable[[Result], None] = lambda result: None
) -> list[Result]:
    """Return the results in the order of ``conversations``; raises Unreachable when there is no server at all."""
    server.check()
    results = []
    with ThreadPoolExecutor(AT_ONCE) as threads:
        for result in threads.map(lambda conversation: play(conversation, server), conversations):
            results.append(result)
            report(result)
    return results
