"""One conversation that suffers the attacks and wants its sensible questions answered all the same."""

from __future__ import annotations

import asyncio
import json
import time
from random import Random

from benchmarks.hostile_web.attacks import ADDRESSES, API, Attacker, as_json, request
from benchmarks.hostile_web.findings import Findings
from benchmarks.hostile_web.wire import HalfRequests, Reply, exchange

QUESTION_EVERY = 25  # attacks


class Person:
    """Person ``number`` of a run; ``findings`` and ``halves`` are the run's own."""

    def __init__(self, port: int, number: int, seed: int, findings: Findings, halves: HalfRequests) -> None:
        self._port = port
        self.number = number
        self._chance = Random(seed * 100_003 + number)
        self._attacker = Attacker(self._chance)
        self._findings = findings
        self._halves = halves
        self._cookie = ""
        self._asked: list[tuple[str, str]] = []  # name and cookie

    async def suffer(self, address: str) -> None:
        """Send one attack on ``address``, now and then followed by a sensible question."""
        if not self._cookie:
            await self._send("history", request("GET", API + "history", "", None))
        attack = self._attacker.attack(address, self._cookie)
        self._findings.kinds[attack.kind] += 1
        if attack.is_half:
            await self._send_half(address, attack.pieces[0])
        else:
            await self._send(address, *attack.pieces)
        if self._chance.randrange(QUESTION_EVERY) == 0:
            await self._ask()

    async def _send(self, address: str, *pieces: bytes) -> Reply | None:
        started = time.monotonic()
        try:
            reply = await exchange(self._port, pieces)
        except asyncio.TimeoutError:
            self._findings.no_answer(address, b"".join(pieces))
            return None
        self._findings.judge(address, b"".join(pieces), reply, self.number, time.monotonic() - started)
        if reply.cookie.startswith("finlit_session=") and self._moves_on(address):
            self._cookie = reply.cookie
        return reply

    def _moves_on(self, address: str) -> bool:
        """Say whether a new conversation is taken up: mostly not, or none would grow."""
        return not self._cookie or address not in ("restart", "history") or self._chance.randrange(8) == 0

    async def _send_half(self, address: str, part: bytes) -> None:
        try:
            reply = await self._halves.send(part)
        except (OSError, asyncio.TimeoutError):
            self._findings.no_answer(address, part)
            return
        if reply is None:
            self._findings.statuses[address][0] += 1  # judged at the end, when it must be closed
        else:
            self._findings.judge(address, part, reply, self.number)

    async def _ask(self) -> None:
        """Ask a real question; sometimes it is sent twice at once, as an impatient page does."""
        name, cookie = f"sensible-{self.number}-{len(self._asked)}", self._cookie
        body = as_json({"id": name, "text": f"暗号{self.number}号，怎么还款"})
        content = request("POST", ADDRESSES["message"][1], cookie, body, "Content-Type: application/json")
        times = self._chance.choice([1, 1, 2])
        replies = await asyncio.gather(*(self._send("message", content) for _ in range(times)))
        if any(reply is not None and reply.status == 200 for reply in replies):
            self._findings.questions += 1
            self._asked.append((name, cookie))
        elif any(reply is not None and reply.status == 429 for reply in replies):
            self._findings.slowed += 1
        elif any(reply is not None and reply.status == 401 for reply in replies):
            self._cookie = ""

    async def check_whole(self) -> None:
        """Look whether each question stands in its conversation once, with an answer behind it."""
        for cookie in dict.fromkeys(cookie for _, cookie in self._asked):
            reply = await self._send("history", request("GET", API + "history", cookie, None))
            turns = json.loads(reply.body)["turns"] if reply is not None and reply.status == 200 else []
            if turns and turns[0]["n"] > 1:
                continue  # longer than what a page gets at once
            names = [name for name, where in self._asked if where == cookie]
            for name in names:
                self._check(name, turns)

    def _check(self, name: str, turns: list[dict[str, object]]) -> None:
        at = [place for place, turn in enumerate(turns) if turn.get("id") == name]
        if len(at) != 1:
            self._findings.faults.append(f"{name} 在历史里有 {len(at)} 次")
        elif at[0] + 1 >= len(turns) or turns[at[0] + 1]["from"] != "assistant":
            self._findings.faults.append(f"{name} 没有回答")
        else:
            self._findings.checked += 1
