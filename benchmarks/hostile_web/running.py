"""A whole run: servers, people, attacks, and what is looked at in the end."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

from benchmarks.hostile_web.attacks import ADDRESSES
from benchmarks.hostile_web.findings import PERSONAL, Findings
from benchmarks.hostile_web.person import Person
from benchmarks.hostile_web.wire import HalfRequests
from benchmarks.servers import Servers
from finlit.channels.careful_http import WHOLE_REQUEST_WITHIN

WORKERS = 12
HELD_AFTER = 2 * WHOLE_REQUEST_WITHIN  # seconds; an idle connection may take 22.5, and the machine may be busy
ATTACKS_ON_ONE = 250  # how much one conversation has to suffer


def plan(each: int, seed: int, addresses: Sequence[str] = tuple(ADDRESSES)) -> list[str]:
    """Return the address of each attack: every one of ``addresses`` ``each`` times, mixed."""
    attacked = [address for address in addresses for _ in range(each)]
    Random(seed).shuffle(attacked)
    return attacked


async def attack(port: int, each: int, seed: int, findings: Findings, longest: float) -> None:
    """Send ``each`` attacks to every address, fewer after ``longest`` seconds; what they find goes to ``findings``."""
    ends = time.monotonic() + longest
    attacked = plan(each, seed)
    halves = HalfRequests(port, HELD_AFTER)
    count = max(WORKERS, len(attacked) // ATTACKS_ON_ONE)
    people = [Person(port, number, seed, findings, halves) for number in range(count)]

    async def work(number: int) -> None:
        mine = people[number::WORKERS]
        for turn, address in enumerate(attacked[number::WORKERS]):
            if findings.is_hopeless or time.monotonic() > ends:
                return
            await mine[turn % len(mine)].suffer(address)

    await asyncio.gather(*(work(number) for number in range(WORKERS)))
    held = await halves.never_ended()
    findings.half = halves.left
    findings.faults += [f"一个不再发东西的连接，{HELD_AFTER:.0f} 秒服务器还没有断开；发的是 {part!r}" for part in held]
    for person in people:
        await person.check_whole()


def run(each: int, seed: int, longest: float, within: float | None = None) -> tuple[Findings, float]:
    """Return what ``each`` attacks on every address found, and the seconds that they took.

    No attack begins after ``longest`` seconds; a run that is not over ``within`` seconds is a fault.
    """
    findings = Findings()
    with tempfile.TemporaryDirectory(prefix="hostile-web-") as folder, Servers(Path(folder)) as servers:
        started = time.monotonic()
        try:
            asyncio.run(asyncio.wait_for(attack(servers.port, each, seed, findings, longest), within))
        except asyncio.TimeoutError:
            findings.faults.append(f"{within:.0f} 秒还没有结束")
        seconds = time.monotonic() - started
        if not servers.is_ready():
            findings.faults.append("最后不能照常回答")
        log = servers.log_text()
    if "意外停止" in log:
        findings.faults.append("服务器进程停过")
    if PERSONAL.search(log):
        findings.faults.append("日志里有没打码的个人信息")
    if "Traceback" in log:
        at = log.index("Traceback")
        findings.faults.append(
            f"日志里有未料到的错误（共 {log.count('Traceback')} 处）：{log[max(0, at - 300) : at + 1200]}"
        )
    return findings, seconds
