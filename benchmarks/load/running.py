"""A whole run: servers, reference answers, users on their schedule, figures."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from random import Random
from typing import Any

import aiohttp

from benchmarks.load.questions import ACCOUNT, ACCOUNT_QUESTION, KNOWLEDGE, KNOWLEDGE_QUESTIONS, Question, plan
from benchmarks.load.results import Results, as_json
from benchmarks.load.web_user import WebUser
from benchmarks.load.wechat_user import Pushes, WeChatUser
from benchmarks.servers import Servers, free_port
from finlit import wechat_settings
from finlit.accounts import binding
from finlit.channels.wechat_double import WeChatDouble
from finlit.channels.wechat_simulator import Platform
from finlit.db import demo, engine

VERIFIED_EVERY = 5  # one user of so many is verified
HOST_SECRET = "load-host-" * 4
TICKS = os.sysconf("SC_CLK_TCK")
User = WebUser | WeChatUser


def wechat_environment(api_base: str) -> dict[str, str]:
    """Return the settings of the WeChat account that exists only here."""
    return {
        "WECHAT_TOKEN": "LoadTokenLoadToken", "WECHAT_APP_ID": "wx0123456789abcdef", "WECHAT_APP_SECRET": "0123456789abcdef" * 2,
        "WECHAT_ENCODING_AES_KEY": "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "WECHAT_MODE": "safe",
        "WECHAT_ACCOUNT_TYPE": "service", "WECHAT_API_BASE": api_base,
    }  # fmt: skip


def cpu_seconds(parent: int) -> dict[str, float]:
    """Return the processor time of this process and of the servers below ``parent``, so far."""
    found = {"发起请求的程序": sum(os.times()[:2])}
    servers = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rsplit(") ", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            servers.append((int(fields[11]) + int(fields[12])) / TICKS)
    return {**found, **{f"第 {number} 个助手": seconds for number, seconds in enumerate(servers, start=1)}}


class Load:
    """Users of both channels on ``servers``."""

    def __init__(self, servers: Servers, double: WeChatDouble, seed: int) -> None:
        self._servers = servers
        self._seed = seed
        self._double = double
        config = wechat_settings.parse(wechat_environment(double.url), production=False)
        assert config is not None
        self._platform = Platform(config, "", lambda: datetime.now(timezone.utc))

    async def run(self, each: int, every: float, seconds: float) -> tuple[Results, dict[str, Any]]:
        """Let ``each`` users of both channels ask every ``every`` seconds, for ``seconds``."""
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=10)
        timeout = aiohttp.ClientTimeout(total=40)
        async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), timeout=timeout) as http:  # fmt: skip
            users, plans, results = await self._prepare(http, each, round(seconds / every))
            conditions = {"load_before": os.getloadavg()[0]}
            before, started = cpu_seconds(self._servers.process.pid), time.monotonic()
            chance = Random(self._seed)
            await asyncio.gather(
                *(
                    self._talk(user, asked, started + chance.random() * every, every)
                    for user, asked in zip(users, plans)
                )
            )
            after = cpu_seconds(self._servers.process.pid)
            conditions |= {
                "wall_seconds": time.monotonic() - started,
                "load_after": os.getloadavg()[0],
                "cpu_seconds": {name: round(after[name] - before[name], 1) for name in after},
                "processes": len(after) - 1,
                "cpus": len(os.sched_getaffinity(0)),
                "web_users": each, "wechat_users": each, "every_seconds": every, "seconds": seconds,
                "verified": 2 * len(range(0, each, VERIFIED_EVERY)), "date": f"{datetime.now():%Y-%m-%d %H:%M}",
            }  # fmt: skip
            await asyncio.sleep(1.5)  # what is pushed to pages or by customer-service message arrives
            await asyncio.gather(*(user.leave() for user in users))
        return results, as_json(results, conditions)

    @staticmethod
    async def _talk(user: User, asked: Sequence[Question], start: float, every: float) -> None:
        for number, question in enumerate(asked):
            due = start + number * every
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            await user.say(question, due)

    async def _prepare(
        self, http: aiohttp.ClientSession, each: int, count: int
    ) -> tuple[list[User], list[list[Question]], Results]:
        """Open everybody's session; ask one user of each channel and customer what the right answers are."""
        results, rehearsal = Results(), Results()
        pushes = Pushes(results)
        self._double.on_send(pushes.take)
        users: list[User] = []
        plans = []
        for channel, make in (("web", self._web), ("wechat", self._wechat)):
            general = await self._ask_all(
                make(http, f"o{channel}Reference", rehearsal, "", pushes), KNOWLEDGE_QUESTIONS
            )
            own: dict[str, dict[str, str]] = {}
            for number in range(each):
                customer = demo.CUSTOMERS[number // VERIFIED_EVERY % len(demo.CUSTOMERS)].id
                customer = "" if number % VERIFIED_EVERY else customer
                if customer and customer not in own:
                    who = make(http, f"o{channel}Reference_{customer}", rehearsal, customer, pushes)
                    own[customer] = await self._ask_all(who, [ACCOUNT_QUESTION])
                user = make(http, f"o{channel}User_{number}", results, customer, pushes)
                if isinstance(user, WebUser):
                    await user.open()
                chance = Random(self._seed * 1000 + len(users))
                plans.append(plan(len(users), count, {**general, **own.get(customer, {})}, chance))
                users.append(user)
        if rehearsal.faults:
            raise RuntimeError(f"the answers without load are not right: {rehearsal.faults[:5]}")
        results.pushed = 0
        return users, plans, results

    @staticmethod
    async def _ask_all(user: User, texts: Sequence[str]) -> dict[str, str]:
        if isinstance(user, WebUser):
            await user.open()
        kind = ACCOUNT if list(texts) == [ACCOUNT_QUESTION] else KNOWLEDGE
        found = {text: await user.say(Question(kind, text, ""), time.monotonic()) for text in texts}
        if not all(found.values()) or len(set(found.values())) < len(found):
            raise RuntimeError(f"answers that can't be told apart: {found}")
        return found

    def _web(self, http: aiohttp.ClientSession, name: str, results: Results, customer: str, _pushes: Pushes) -> User:
        return WebUser(http, self._servers.address, name, results, customer, HOST_SECRET)

    def _wechat(self, http: aiohttp.ClientSession, name: str, results: Results, customer: str, pushes: Pushes) -> User:
        if customer:  # verified before the run began: the code's way is not what is measured
            with engine.sessions(self._servers.environment["DATABASE_URL"]).begin() as session:
                now = datetime.now(timezone.utc)
                binding.bind(session, f"wechat-{name}", binding.WECHAT, customer, "code", now)
        return WeChatUser(http, self._servers.address, name, self._platform, pushes, results)


def run(each: int, every: float, seconds: float, seed: int) -> tuple[Results, dict[str, Any]]:
    """Return what a run found and its figures."""
    port = free_port()
    account = wechat_environment(f"http://127.0.0.1:{port}")
    settings = {**account, "FINLIT_HOST_TOKEN_SECRET": HOST_SECRET}
    with (
        tempfile.TemporaryDirectory(prefix="load-") as folder,
        WeChatDouble(account["WECHAT_APP_ID"], account["WECHAT_APP_SECRET"], port) as double,
        Servers(Path(folder), has_customers=True, **settings) as servers,
    ):
        return asyncio.run(Load(servers, double, seed).run(each, every, seconds))
