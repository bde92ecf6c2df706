"""A bounded hostile run against the web endpoints of servers that it starts itself, on loopback only.

``python -m benchmarks.fuzz_web --requests 10000 --report docs/benchmarks/fuzz-web.md``. Deterministic for a
seed. It fails on a 5xx (a 503 is allowed only where it is provoked, and here nothing provokes it), on a leak
(a trace, a path, a payload, another conversation's words) and on a conversation that stops answering.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent
API = "/webhooks/web/"
WORKERS = 6
TIMEOUT = 45.0  # seconds for one request; more is a conversation that is stuck
LEAK = re.compile(
    rb"Traceback|File \"|site-packages|sqlalchemy|sanic[./]|/tmp/|\"payload\"|sender_id|SELECT |INSERT |\.py\b|SECRET",
    re.I,
)
WORDS = [
    "怎么还款", "罚息怎么算", "我不想活了", "转人工", "😭😭😭", "", " ", "\x00", "\u202e反", "\ud7ff", "a" * 499, "还" * 600, "/restart",
    '/account_bill{"customer": "1"}', '/inform{"amount": "1e999"}', "/" * 50, "<script>alert(1)</script>", "' OR 1=1 --",
    "; DROP TABLE web_messages; --", "${jndi:ldap://x}", "{{7*7}}", "%s%s%n", "../../etc/passwd", "9" * 400, "-1", "NaN", "一亿亿亿",
    "١٢٣", "ﷺ" * 40, "\r\nSet-Cookie: a=b", "13812345678", "110101199003070011", "null", "[]", "帮我算罚息", "10000", "24%", "10天", "不知道",
]  # fmt: skip
WEIRD = [
    None,
    True,
    0,
    -1,
    1e308,
    [],
    {},
    "",
    "x" * 70,
    ["a"],
    {"a": 1},
    "é" * 10,
    "a b c d e f",
    "../../../x",
    "\u0000" * 9,
]
METHODS = ["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE", "BREW"]
PATHS = [
    "", "message", "history", "stream?after=x", "restart", "feedback", "identify", "nothing", "../rest/webhook", "message/",
    "history?after=99999999999999999999", "history?after=-1", "history?frame=widget&hold=token", "history?frame[]=1&after=%00", "%2e%2e/%2e%2e/",
]  # fmt: skip
OTHER_PATHS = [
    "/", "/embed", "/health", "/ready", "/web/js/main.js", "/web/../.env", "/web/%2e%2e%2f.env", "/model", "/conversations/web-a/tracker",
    "/webhooks/rest/webhook", "/webhooks/callback/webhook", "/socket.io/?transport=polling", "/status", "/version", "/domain", "/%ff%fe", "/" + "a" * 3000,
]  # fmt: skip


@dataclass
class Findings:
    """What came back, and what must not have."""

    statuses: Counter[int] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    closed: int = 0
    faults: list[str] = field(default_factory=list)
    slowest: float = 0.0


class Person:
    """One conversation that misbehaves and wants its sensible questions answered all the same."""

    def __init__(self, port: int, number: int, seed: int) -> None:
        self.port = port
        self.number = number
        self.random = random.Random(seed * 1000 + number)
        self.findings = Findings()
        self.cookie = ""
        self.secret = f"暗号{number}号{seed}"
        self.sent: list[tuple[str, str]] = []

    def request(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
        """Send one request; a connection that the server closes counts as refused."""
        started = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        try:
            connection.request(method, path, body, {"Cookie": self.cookie, **headers})
            response = connection.getresponse()
            content = b"" if "text/event-stream" in response.getheader("Content-Type", "") else response.read()
            given = response.getheader("Set-Cookie")
            if given:
                self.cookie = given.split(";")[0]
            self._judge(method, path, response.status, content)
            return response.status, content
        except TimeoutError:
            self.findings.faults.append(
                f"no answer within {TIMEOUT:.0f} s: {method} {path[:60]} {(body or b'')[:60]!r} {headers}"
            )
        except (OSError, http.client.HTTPException, ValueError, UnicodeError):
            self.findings.closed += 1
        finally:
            self.findings.slowest = max(self.findings.slowest, time.monotonic() - started)
            connection.close()
        return 0, b""

    def _judge(self, method: str, path: str, status: int, content: bytes) -> None:
        self.findings.statuses[status] += 1
        is_file = path.startswith(("/web/", "/embed")) or path == "/"
        if status >= 500:
            self.findings.faults.append(f"{status}: {method} {path[:60]} {content[:80]!r}")
        if not is_file and LEAK.search(content):
            self.findings.faults.append(f"leak: {method} {path[:60]} {content[:200]!r}")
        for other in re.findall(r"暗号(\d+)号".encode(), content):
            if int(other) != self.number:
                self.findings.faults.append(f"another conversation's words: {method} {path[:60]}")

    # One kind of misbehaviour each ---------------------------------------------------------------

    def json(self, value: object) -> bytes:
        """Return a JSON body, now and then broken."""
        content = json.dumps(value, ensure_ascii=self.random.random() < 0.5).encode("utf-8", "surrogatepass")
        if self.random.random() < 0.1:
            content = content[: self.random.randrange(len(content) + 1)]
        if self.random.random() < 0.05:
            content = bytes(self.random.randrange(256) for _ in range(self.random.randrange(200)))
        return content

    def odd_message(self) -> None:
        """Say something strange in a proper message."""
        name = f"odd-{self.random.randrange(10**9):09d}"
        text = self.random.choice(WORDS)
        self.request(
            "POST",
            API + "message",
            json.dumps({"id": name, "text": text}).encode(),
            **{"Content-Type": "application/json"},
        )

    def broken_body(self) -> None:
        """Send a body of the wrong shape, type or size."""
        body: object = {
            self.random.choice(["id", "text", "after", "n", "rating", "word", "token", "sender"]): self.random.choice(
                [*WEIRD, *WORDS]
            )
            for _ in range(self.random.randrange(5))
        }
        if self.random.random() < 0.1:
            body = self.random.choice(WEIRD)
        content = self.json(body)
        if self.random.random() < 0.05:
            content = self.random.choice([b"[" * 50_000, b"a" * 70_000, b'{"a":' * 9_000, b"x" * 400_000])
        kind = self.random.choice(
            [
                "application/json",
                "application/json",
                "text/plain",
                "multipart/form-data",
                "",
                "application/json; charset=utf-7",
            ]
        )
        self.request(
            "POST",
            API + self.random.choice(["message", "feedback", "restart", "identify"]),
            content,
            **{"Content-Type": kind},
        )

    def odd_request(self) -> None:
        """Use a strange method, path or header."""
        path = API + self.random.choice(PATHS) if self.random.random() < 0.6 else self.random.choice(OTHER_PATHS)
        headers = self.random.choice(
            [
                {}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"X-Forwarded-For": "1.2.3.4, ::1, x"},
                {"Authorization": "Bearer x.y.z"}, {"Cookie": "finlit_session=" + "A" * 900}, {"Cookie": "finlit_session=; a=\x01"},
                  {"Accept-Encoding": "gzip;q=nan"}, {"Range": "bytes=-1"},
                {"X": "a" * 9_000}, {"Host": "evil.example"}, {"Expect": "100-continue"},
            ]
        )  # fmt: skip
        before = self.cookie
        self.request(self.random.choice(METHODS), path, None, **headers)
        self.cookie = before or self.cookie

    def raw_bytes(self) -> None:
        """Send what is no HTTP, or only half of a request: it is left open, as slow attackers do."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=TIMEOUT) as connection:
            connection.settimeout(0.3)
            length = self.random.randrange(300)
            start = self.random.choice(
                [
                    b"",
                    b"GET / HTTP/1.1\r\n",
                    b"POST /webhooks/web/message HTTP/1.1\r\nContent-Length: 99\r\n\r\n{",
                    b"GET /ready HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
                    b"GET /ready HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                ]
            )
            try:
                connection.sendall(start + bytes(self.random.randrange(256) for _ in range(length)))
                answer = connection.recv(4096)
                self._judge(
                    "raw", "", int(answer[9:12]) if answer[9:12].isdigit() and answer[9:10] != b"5" else 400, answer
                )
            except OSError:
                self.findings.closed += 1

    def sensible(self) -> None:
        """Ask a real question; sometimes send it twice. Remembered, to be found in the history."""
        name = f"sensible-{self.number}-{len(self.sent)}"
        text = f"{self.secret}，怎么还款"
        body = json.dumps({"id": name, "text": text}).encode()
        for _ in range(self.random.choice([1, 1, 2])):
            status, _ = self.request("POST", API + "message", body, **{"Content-Type": "application/json"})
        if status == 200:
            self.sent.append((name, self.cookie))
        elif status == 429:
            self.findings.kinds["slowed down"] += 1

    def run(self, requests: int) -> Findings:
        """Misbehave ``requests`` times, then look whether the conversation is whole."""
        self.request("GET", API + "history")
        acts = [
            (self.odd_message, 30),
            (self.broken_body, 30),
            (self.odd_request, 30),
            (self.raw_bytes, 3),
            (self.sensible, 7),
        ]
        for _ in range(requests):
            act = self.random.choices([each for each, _ in acts], [weight for _, weight in acts])[0]
            self.findings.kinds[act.__name__] += 1
            act()
        self._check_whole()
        return self.findings

    def _check_whole(self) -> None:
        for cookie in {cookie for _, cookie in self.sent}:
            names = [name for name, where in self.sent if where == cookie]
            self.cookie = cookie
            status, content = self.request("GET", API + "history")
            turns = json.loads(content)["turns"] if status == 200 else []
            if turns and turns[0]["n"] > 1:
                continue  # longer than what a page gets at once
            for name in names:
                at = [place for place, turn in enumerate(turns) if turn.get("id") == name]
                if len(at) != 1:
                    self.findings.faults.append(f"{name} is {len(at)} times in the history")
                elif at[0] + 1 >= len(turns) or turns[at[0] + 1]["from"] != "assistant":
                    self.findings.faults.append(f"{name} has no answer")


def free_port() -> int:
    """Return a port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Servers:
    """The real servers with a database of their own and limits that a fuzzer on one address doesn't reach."""

    def __init__(self, folder: str) -> None:
        self.port = free_port()
        self.log = Path(folder) / "log"
        self.environment = {
            **os.environ, "FINLIT_ENV": "test", "FINLIT_NOW": "", "FINLIT_PORT": str(self.port), "FINLIT_ACTION_PORT": str(free_port()),
            "DATABASE_URL": f"sqlite:///{folder}/finlit.db", "TRACKER_DATABASE": f"sqlite:///{folder}/talk.db",
            "FINLIT_SESSION_SECRET": "fuzz-" * 9, "FINLIT_ADDRESS_REQUESTS_PER_MINUTE": "100000", "FINLIT_NEW_SESSIONS_PER_MINUTE": "100000",
        }  # fmt: skip

    def __enter__(self) -> Servers:
        finlit = [sys.executable, "-m", "finlit.cli.main"]
        subprocess.run(
            [*finlit, "db", "migrate"], env=self.environment, cwd=ROOT, check=True, stdout=subprocess.DEVNULL
        )
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*finlit, "run"], env=self.environment, cwd=ROOT, start_new_session=True, stdout=log, stderr=log
            )
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/ready", timeout=1):
                    return self
            except OSError:
                time.sleep(0.3)
        raise RuntimeError(f"the servers did not start:\n{self.log.read_text(errors='replace')[-2000:]}")

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=30)


def fuzz(requests: int, seed: int) -> tuple[Findings, float]:
    """Return what ``requests`` hostile requests found, and the seconds that they took."""
    people = max(WORKERS, requests // 100)
    with tempfile.TemporaryDirectory(prefix="fuzz-web-") as folder, Servers(folder) as servers:
        started = time.monotonic()
        with ThreadPoolExecutor(WORKERS) as pool:
            each = [pool.submit(Person(servers.port, number, seed).run, requests // people) for number in range(people)]
            found = [one.result() for one in each]
        seconds = time.monotonic() - started
        total = Findings()
        for one in found:
            total.statuses += one.statuses
            total.kinds += one.kinds
            total.closed += one.closed
            total.faults += one.faults
            total.slowest = max(total.slowest, one.slowest)
        log = servers.log.read_text(encoding="utf-8", errors="replace")
        if "意外停止" in log:
            total.faults.append("a server died")
        if re.search(r"13812345678|110101199003070011", log):
            total.faults.append("personal data in the log")
    return total, seconds


def report(found: Findings, seconds: float, requests: int, seed: int) -> str:
    """Return the report in Markdown."""
    done = sum(found.statuses.values()) + found.closed
    kinds = "\n".join(f"| {kind} | {count} |" for kind, count in sorted(found.kinds.items()))
    statuses = "\n".join(f"| {status} | {count} |" for status, count in sorted(found.statuses.items()))
    faults = "\n".join(f"- {fault}" for fault in found.faults[:40]) or "没有。"
    return f"""# 网页接口的敌意请求

`make fuzz-web`：{requests} 次，种子 {seed}，{WORKERS} 路并发，只打本机自己启动的服务器（真模型、真动作、SQLite）。
实际收发 {done} 次，用了 {seconds:.0f} 秒，最慢一次 {found.slowest:.1f} 秒，{found.closed} 次连接被服务器直接关闭或请求本身发不出去。

## 该有的没有、不该有的有

{faults}

查的是：5xx；回包里有栈、路径、SQL、按钮载荷或别人的话；超过 {TIMEOUT:.0f} 秒没有回应；正经问题在历史里不是恰好一次或没有回答；服务器进程死掉；日志里有没打码的手机号、证件号。

## 做了什么

| 种类 | 次数 |
| --- | --- |
{kinds}

## 回了什么

| 状态 | 次数 |
| --- | --- |
{statuses}
"""


def main() -> int:
    """Run the command; returns 1 when something was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=20261124)
    parser.add_argument("--report", type=Path)
    args = parser.parse_args()
    found, seconds = fuzz(args.requests, args.seed)
    text = report(found, seconds, args.requests, args.seed)
    if args.report:
        args.report.parent.mkdir(parents=True, exist_ok=True)
        args.report.write_text(text, encoding="utf-8")
    print(text)
    return 1 if found.faults else 0


if __name__ == "__main__":
    sys.exit(main())
