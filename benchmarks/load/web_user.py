"""One visitor of the web page: a session, an open stream, messages with names of their own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import time
from typing import Any

import aiohttp
import jwt

from benchmarks.load.questions import Question
from benchmarks.load.results import CROSSED, DOUBLED, LOST, TROUBLE, Results

CHANNEL = "网页"
GIVE_UP_AFTER = 40.0  # seconds, as the page does
API = "/webhooks/web/"


def text_of(turns: list[dict[str, Any]]) -> str:
    """Return what the assistant says in ``turns``."""
    return "\n\n".join(turn["text"] for turn in turns if turn["from"] == "assistant")


class WebUser:
    """``customer`` is taken over from the lender's site by a token that ``host_secret`` signs."""

    def __init__(
        self, http: aiohttp.ClientSession, address: str, name: str, results: Results, customer: str = "", host_secret: str = ""
    ) -> None:  # fmt: skip
        self._http = http
        self._api = address + API
        self.name = name
        self.results = results
        self._customer = customer
        self._host_secret = host_secret
        self._headers: dict[str, str] = {}
        self._next = 0
        self._shown: dict[int, dict[str, Any]] = {}  # what the stream brought
        self._asked: list[tuple[str, Question]] = []
        self._posted: dict[str, float] = {}
        self._listening: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Begin a session and follow its stream."""
        if self._customer:
            status, _, cookie = await self._post("identify", {"token": self._token()})
        else:
            async with self._http.get(self._api + "history") as answer:
                status, cookie = answer.status, answer.headers.get("Set-Cookie", "")
        if status != 200:
            raise RuntimeError(f"no session: {status}")
        self._headers = {"Cookie": cookie.split(";")[0]}
        self._listening = asyncio.create_task(self._listen())

    def _token(self) -> str:
        now = int(time.time())
        claims = {"sub": self._customer, "aud": "mingbaizhang", "jti": secrets.token_hex(8), "iat": now, "exp": now + 60}  # fmt: skip
        return jwt.encode(claims, self._host_secret, algorithm="HS256")

    async def _post(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any], str]:
        async with self._http.post(self._api + path, json=body, headers=self._headers) as answer:
            return answer.status, await answer.json(), answer.headers.get("Set-Cookie", "")

    async def say(self, question: Question, due: float) -> str:
        """Ask, as the page does until an answer is there; return it. ``due`` is when it was to be sent."""
        name = secrets.token_hex(16)
        self._asked.append((name, question))
        self._posted[name] = due
        self.results.sent += 1
        while time.monotonic() - due < GIVE_UP_AFTER:
            before = self._next
            try:
                body = {"id": name, "text": question.text, "after": before}
                status, found, _ = await self._post("message", body)
            except (aiohttp.ClientError, asyncio.TimeoutError) as error:
                self.results.fault(TROUBLE, f"{self.name} {type(error).__name__}")
                status, found = 0, {}
            if status == 200:
                self._next = max(self._next, found["next"])
                return self._judge(name, question, found["turns"], due)
            if status in (429, 503):
                self.results.refused += 1
            elif status not in (0, 202):
                self.results.fault(TROUBLE, f"{self.name} {status} {found}")
            self.results.again += 1
            await asyncio.sleep(found.get("wait", 1.0))
        self.results.fault(LOST, f"{self.name} {question.text}")
        return ""

    def _judge(self, name: str, question: Question, turns: list[dict[str, Any]], due: float) -> str:
        at = next((place for place, turn in enumerate(turns) if turn.get("id") == name), len(turns))
        said = text_of(turns[at + 1 :])
        if question.is_answered_by(said):
            self.results.answered(CHANNEL, question.kind, due, time.monotonic() - due)
        elif question.wanted:
            self.results.fault(
                CROSSED if said else LOST, f"{self.name}「{question.text}」→「{question.departs(said)}」"
            )
        return said

    async def _listen(self) -> None:
        after = 0
        while True:
            try:
                async with self._http.get(
                    self._api + "stream", params={"after": str(after)}, headers=self._headers,
                    timeout=aiohttp.ClientTimeout(total=None, sock_read=40),
                ) as answer:  # fmt: skip
                    if answer.status != 200:
                        raise aiohttp.ClientError(f"stream {answer.status}")
                    async for line in answer.content:
                        if line.startswith(b"data: "):
                            news = json.loads(line[6:])
                            self._see(news["turns"])
                            after = news["next"]
            except (aiohttp.ClientError, asyncio.TimeoutError):
                self.results.streams_lost += 1
                await asyncio.sleep(1)

    def _see(self, turns: list[dict[str, Any]]) -> None:
        now = time.monotonic()
        for turn in turns:
            if turn["n"] in self._shown:
                self.results.fault(DOUBLED, f"{self.name} 推送里第 {turn['n']} 轮两次")
            before = self._shown.get(turn["n"] - 1, {})
            if turn["from"] == "assistant" and before.get("id") in self._posted:
                self.results.shown.append(now - self._posted[before["id"]])
            self._shown[turn["n"]] = turn

    async def leave(self) -> None:
        """Look at the whole conversation once more, then close the page."""
        async with self._http.get(self._api + "history", headers=self._headers) as answer:
            turns = (await answer.json())["turns"]
        said = [turn for turn in turns if turn["from"] == "customer"]
        wanted = [name for name, _ in self._asked]
        if [turn["id"] for turn in said] != wanted:
            missing = set(wanted) - {turn["id"] for turn in said}
            self.results.fault(
                LOST if missing else DOUBLED, f"{self.name} 对话里是 {len(said)} 句，问了 {len(wanted)} 句"
            )
        starts = [place for place, turn in enumerate(turns) if turn["from"] == "customer"] + [len(turns)]
        for (_, question), start, end in zip(self._asked, starts, starts[1:]):
            if question.wanted and not question.is_answered_by(text_of(turns[start + 1 : end])):
                self.results.fault(CROSSED, f"{self.name} 对话里「{question.text}」后面是别的")
        if sorted(self._shown) != list(range(1, len(turns) + 1)):
            self.results.fault(LOST, f"{self.name} 推送缺了轮次：{len(self._shown)}/{len(turns)}")
        if self._listening:
            self._listening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._listening
