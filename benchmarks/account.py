"""How long an account answer takes with a million customers in PostgreSQL, beside a bare SELECT.

``make bench-account`` (under scripts/with-postgres): fills an empty database, starts the assistant as
``finlit run`` does, and asks as verified customers over HTTP. Each kind of measurement takes its turn
in each round, so that all see the same machine. Writes docs/benchmarks/account.json and account.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import psycopg2
import requests
from sqlalchemy import func, select

from finlit import settings
from finlit.accounts import binding, queries
from finlit.channels import sessions as web_sessions
from finlit.db import engine, generate, schema, tables
from finlit.serving import supervisor
from finlit.settings import PROJECT_ROOT, Settings

OUT = PROJECT_ROOT / "docs" / "benchmarks"
GOAL_MS = 20
QUESTION = "我现在欠多少"
GENERAL = "罚息怎么算"
KINDS = {
    "bare_select": "一条 SELECT：按客户编号取贷款（psycopg2，连接已开）",
    "account_read": "读全部账户数据并算清逾期、罚息（不经 Rasa）",
    "general_turn": f"整轮对话：一般问题「{GENERAL}」（网页渠道，HTTP）",
    "account_turn": f"整轮对话：已核验客户问「{QUESTION}」（网页渠道，HTTP）",
}


def _fill(url: str, customers: int) -> int:
    """Return how many customers there are; an empty database is filled first."""
    target = engine.engine_for(url)
    schema.migrate(target)
    with target.connect() as connection:
        found = int(connection.execute(select(func.count()).select_from(tables.Customer)).scalar_one())
    if found:
        return found
    print(f"· 正在放入 {customers:,} 位虚构客户…", flush=True)
    today = settings.load().now().date()
    generate.generate(target, customers, today, lambda done: print(f"  {done.table} {done.rows:,} 行", flush=True))
    return customers


def _verified(current: Settings, customers: int, count: int) -> dict[str, str]:
    """Return conversations that are bound to customers spread over the whole table."""
    bound = {}
    with engine.sessions(current.database_url).begin() as session:
        for place in range(count):
            conversation = web_sessions.new_conversation()
            customer = generate.customer_id(1 + place * (customers // count))
            binding.bind(session, conversation, "web", customer, "code", current.now())
            bound[conversation] = customer
    return bound


class _Chat:
    """One customer's browser."""

    def __init__(self, current: Settings, conversation: str) -> None:
        token = web_sessions.token_for(conversation, current.session_secret, current.now())
        self._url = f"http://127.0.0.1:{current.port}/webhooks/web/message"
        self._http = requests.Session()
        self._http.cookies.set(web_sessions.COOKIES[web_sessions.PAGE], token)

    def ask(self, text: str) -> str:
        """Return everything that the answer holds, as text; raises when there is none."""
        body = {"text": text, "id": secrets.token_hex(8)}
        response = self._http.post(self._url, json=body, timeout=10)
        response.raise_for_status()
        return json.dumps(response.json()["turns"][-1], ensure_ascii=False)


def _read(url: str, customer: str) -> None:
    today = settings.load().now().date()
    with engine.sessions(url)() as session:
        for account in queries.accounts(session, customer):
            account.stands(today)


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    found = work()
    return (time.perf_counter() - started) * 1000, found


def _measure(current: Settings, bound: dict[str, str]) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {kind: [] for kind in KINDS}
    bare = psycopg2.connect(current.database_url)
    cursor = bare.cursor()

    def one_select(customer: str) -> int:
        cursor.execute("SELECT * FROM loans WHERE customer_id = %s", (customer,))
        return len(cursor.fetchall())

    warm_up = len(bound) // 10
    for place, (conversation, customer) in enumerate(bound.items()):
        chat = _Chat(current, conversation)
        chat.ask("你好")  # a conversation's first turn begins the session
        took = {
            "bare_select": _timed(lambda: one_select(customer)),  # noqa: B023 - called at once
            "account_read": _timed(lambda: _read(current.database_url, customer)),  # noqa: B023
            "general_turn": _timed(lambda: chat.ask(GENERAL)),  # noqa: B023
            "account_turn": _timed(lambda: chat.ask(QUESTION)),  # noqa: B023
        }
        answer = took["account_turn"][1]
        if "数据截至" not in answer:
            raise SystemExit(f"不是账户答案：{answer[:300]}")
        if place >= warm_up:
            for kind, (milliseconds, _) in took.items():
                times[kind].append(milliseconds)
    bare.close()
    return times


def _summary(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {
        "p50_ms": round(statistics.median(ordered), 2),
        "p95_ms": round(ordered[int(len(ordered) * 0.95)], 2),
        "least_ms": round(ordered[0], 2),
        "count": len(ordered),
    }


def _page(result: dict[str, Any]) -> str:
    lines = [f"| {KINDS[kind]} | {found['p50_ms']} | {found['p95_ms']} |" for kind, found in result["kinds"].items()]
    reached = result["kinds"]["account_turn"]["p50_ms"] <= GOAL_MS
    return "\n".join(
        [
            "# 账户答案要多久",
            "",
            f"PostgreSQL 里 {result['customers']:,} 位虚构客户（约 {result['rows']:,} 行），{result['rounds']} 位已核验的客户，"
            f"每人问一轮，四种测量轮流进行。{result['machine']['cpu_count']} 核，量时负载 {result['load_average']}，"
            f"Python {result['machine']['python']}，{result['measured_on']}。`make bench-account` 可以重来。",
            "",
            "| 量的是什么 | 中位数，毫秒 | 95% 分位，毫秒 |",
            "| --- | --- | --- |",
            *lines,
            "",
            f"目标：账户答案的中位数 {GOAL_MS} 毫秒，{'达到' if reached else '没有达到'}"
            f"（{result['kinds']['account_turn']['p50_ms']} 毫秒）。"
            f"其中读库和计算只占 {result['kinds']['account_read']['p50_ms']} 毫秒，"
            f"和一般问题相比多出来的是读库、计算、审计和更长的答案。",
            "",
        ]
    )


def main() -> None:
    """Run the benchmark and write its two files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=220)
    args = parser.parse_args()
    server = os.environ.get("FINLIT_TEST_POSTGRES")
    if server is None:
        sys.exit("没有 PostgreSQL：请用 make bench-account。")
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(
            FINLIT_ENV="test", DATABASE_URL=server, TRACKER_DATABASE=f"sqlite:///{folder}/talk.db",
            FINLIT_SESSION_SECRET=secrets.token_hex(32),
            FINLIT_MESSAGES_PER_MINUTE="100000", FINLIT_ADDRESS_REQUESTS_PER_MINUTE="1000000",
        )  # fmt: skip
        settings.load.cache_clear()  # type: ignore[attr-defined]
        current = settings.load()
        customers = _fill(server, args.customers)
        bound = _verified(current, customers, args.rounds)
        assistant = supervisor.Assistant(current)
        try:
            assistant.start()
            assistant.wait_until_ready()
            times = _measure(current, bound)
        finally:
            assistant.stop()
    with engine.engine_for(server).connect() as connection:
        rows = sum(
            int(connection.execute(select(func.count()).select_from(table)).scalar_one()) for table in generate.FILLED
        )
    result = {
        "measured_on": f"{time.strftime('%Y-%m-%d')}",
        "machine": {"cpu_count": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version()},
        "load_average": round(os.getloadavg()[1], 1),
        "customers": customers,
        "rows": rows,
        "rounds": args.rounds,
        "goal_ms": GOAL_MS,
        "kinds": {kind: _summary(values) for kind, values in times.items()},
    }
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "account.json").write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    (OUT / "account.md").write_text(_page(result), encoding="utf-8")
    print(json.dumps(result, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
