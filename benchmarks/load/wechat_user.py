"""One follower of the WeChat account: signed and encrypted deliveries, three at most, five seconds each."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from typing import Any

import aiohttp

from benchmarks.load.questions import Question
from benchmarks.load.results import CROSSED, DOUBLED, LOST, TROUBLE, Results
from finlit.channels.wechat_simulator import DELIVERIES, Platform

CHANNEL = "微信"
HANGS_UP_AFTER = aiohttp.ClientTimeout(total=5)
LATE_WITHIN = 60.0  # seconds for an answer by customer-service message


class Pushes:
    """Customer-service messages by receiver; the double calls ``take`` from threads of its own."""

    def __init__(self, results: Results) -> None:
        self._loop = asyncio.get_running_loop()
        self._waiting: defaultdict[str, asyncio.Queue[str]] = defaultdict(asyncio.Queue)
        self._results = results

    def take(self, sent: dict[str, Any]) -> None:
        """Keep one message."""
        menu = sent.get("msgmenu") or {}
        text = sent["text"]["content"] if "text" in sent else str(menu.get("head_content", ""))
        self._loop.call_soon_threadsafe(self._keep, str(sent["touser"]), text)

    def _keep(self, openid: str, text: str) -> None:
        self._results.pushed += 1
        self._waiting[openid].put_nowait(text)

    async def next_for(self, openid: str) -> str:
        """Return the next message to ``openid``; raises asyncio.TimeoutError."""
        return await asyncio.wait_for(self._waiting[openid].get(), LATE_WITHIN)

    def left(self, openid: str) -> int:
        """Return how many messages nobody waited for."""
        return self._waiting[openid].qsize()


class WeChatUser:
    """The follower ``openid``."""

    def __init__(
        self, http: aiohttp.ClientSession, address: str, openid: str, platform: Platform, pushes: Pushes, results: Results
    ) -> None:  # fmt: skip
        self._http = http
        self._url = address + "/webhooks/wechat/webhook"
        self.name = openid
        self._platform = platform
        self._pushes = pushes
        self.results = results

    async def say(self, question: Question, due: float) -> str:
        """Deliver the question until it is taken; return the answer, passive or late."""
        self.results.sent += 1
        fields = self._platform.fields_of(self.name, question.text)
        said = await self._deliver(fields)
        try:
            if said == "":
                said = await self._pushes.next_for(self.name)
        except asyncio.TimeoutError:
            said = None
        if said is None:
            self.results.fault(LOST, f"{self.name} {question.text}")
        elif question.is_answered_by(said):
            self.results.answered(CHANNEL, question.kind, due, time.monotonic() - due)
        elif question.wanted:
            self.results.fault(CROSSED, f"{self.name}「{question.text}」→「{question.departs(said)}」")
        return said or ""

    async def _deliver(self, fields: dict[str, str]) -> str | None:
        for _ in range(DELIVERIES):
            query, body = self._platform.signed(fields)
            try:
                async with self._http.post(
                    self._url, params=query, data=body, headers={"Content-Type": "text/xml"}, timeout=HANGS_UP_AFTER
                ) as answer:
                    if answer.status == 200:
                        return self._platform.opened(await answer.read())
                    self.results.fault(TROUBLE, f"{self.name} {answer.status}")
            except (aiohttp.ClientError, asyncio.TimeoutError):
                self.results.again += 1
        return None

    async def leave(self) -> None:
        """Look whether anything came that belongs to no question."""
        if self._pushes.left(self.name):
            self.results.fault(DOUBLED, f"{self.name} 多了 {self._pushes.left(self.name)} 条客服消息")
