"""One follower of the WeChat account: signed and encrypted deliveries, three at most, five seconds each.

The platform confirms no reply, and an answer may come with its own delivery, with the next one, or by messages of
its own. So what arrives is claimed by what it says: each answer by its question, whenever and however it came.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any

import aiohttp

from benchmarks.load.questions import ACCOUNT, Question
from benchmarks.load.results import CROSSED, DOUBLED, LOST, TROUBLE, Results
from finlit.channels.wechat_simulator import DELIVERIES, Platform

CHANNEL = "微信"
HANGS_UP_AFTER = aiohttp.ClientTimeout(total=5)
LATE_WITHIN = 60.0  # seconds for an answer by customer-service message
# What the assistant says when it can't answer now (data/tasks/wechat.yml, data/faq/general.yml).
REFUSALS = ("消息有点多，请稍等", "抱歉，我这边暂时读不到之前的对话", "抱歉，我这边出了点问题")


class Pushes:
    """Customer-service messages, handed to whoever they are for; the double calls ``take`` from threads of its own."""

    def __init__(self, results: Results) -> None:
        self._loop = asyncio.get_running_loop()
        self._users: dict[str, WeChatUser] = {}
        self._results = results

    def enter(self, user: WeChatUser) -> None:
        """Let messages to ``user`` reach it from now on."""
        self._users[user.name] = user

    def take(self, sent: dict[str, Any]) -> None:
        """Hand over one message."""
        menu = sent.get("msgmenu") or {}
        text = sent["text"]["content"] if "text" in sent else str(menu.get("head_content", ""))
        self._loop.call_soon_threadsafe(self._give, str(sent["touser"]), text)

    def _give(self, openid: str, text: str) -> None:
        self._results.pushed += 1
        self._users[openid].hear(text)


@dataclass
class Asked:
    """A question and what became of it."""

    question: Question
    due: float
    answer: asyncio.Future[str]

    @property
    def is_open(self) -> bool:
        return not self.answer.done()


class WeChatUser:
    """The follower ``openid``."""

    def __init__(
        self, http: aiohttp.ClientSession, address: str, openid: str, platform: Platform, pushes: Pushes, results: Results
    ) -> None:  # fmt: skip
        self._http = http
        self._url = address + "/webhooks/wechat/webhook"
        self.name = openid
        self._platform = platform
        self.results = results
        self._asked: list[Asked] = []
        self._unclaimed = ""
        pushes.enter(self)

    async def say(self, question: Question, due: float) -> str:
        """Deliver the question until it is taken; return the answer, passive or late, empty when it doesn't come."""
        self.results.sent += 1
        asked = Asked(question, due, asyncio.get_running_loop().create_future())
        self._asked.append(asked)
        said = await self._deliver(self._platform.fields_of(self.name, question.text))
        if said is None:
            self.results.given_up += 1
        elif said:
            self.hear(said)
        done, _ = await asyncio.wait({asked.answer}, timeout=LATE_WITHIN)
        return asked.answer.result() if done else ""

    def hear(self, text: str) -> None:
        """Give each answer in ``text`` to its question; what belongs to none is kept for the end."""
        said = self._unclaimed + text  # an answer may come in parts
        waiting = [asked for asked in self._asked if asked.is_open]
        if waiting and not waiting[0].question.wanted:  # a rehearsal: whatever comes is the answer
            return waiting[0].answer.set_result(text)
        told = [asked for asked in waiting if asked.question.is_told_in(said)]
        known = {asked.question.text for asked in waiting}
        again = {
            each.question for each in self._asked if each.question.text not in known and each.question.is_told_in(text)
        }
        for question in again:
            self._came_again(question)
        for asked in told[:1] if len({each.question.text for each in told}) == 1 else told:
            asked.answer.set_result(text)
            self.results.answered(CHANNEL, asked.question.kind, asked.due, time.monotonic() - asked.due)
        if told or again:
            self._unclaimed = ""
        elif waiting and text.startswith(REFUSALS):
            self.results.refused += 1
            waiting[0].answer.set_result(text)
        else:
            self._unclaimed = said
        return None

    def _came_again(self, question: Question) -> None:
        if question.kind == ACCOUNT:
            self.results.repeated += 1  # must arrive: rather twice than not at all
        else:
            self.results.fault(DOUBLED, f"{self.name}「{question.text}」")

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
        """Wait for what is still to come; then say what never came, and what came and belongs to nobody."""
        waiting = {asked.answer for asked in self._asked if asked.is_open}
        if waiting:
            await asyncio.wait(waiting, timeout=LATE_WITHIN)
        for asked in self._asked:
            if asked.is_open:
                self.results.fault(LOST, f"{self.name} {asked.question.text}")
        if self._unclaimed:
            self.results.fault(CROSSED, f"{self.name} 收到「{self._unclaimed[:80]}」")
