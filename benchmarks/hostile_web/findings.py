"""What came back, what must not have, and the report of both."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from benchmarks.hostile_web.wire import PATIENCE, Reply

LEAK = re.compile(
    rb"Traceback|File \"|site-packages|sqlalchemy|sanic[./]|/tmp/|\"payload\"|sender_id|SELECT |INSERT |\.py\b|SECRET|web-[\w-]{32}",
    re.I,
)
PERSONAL = re.compile(r"13812345678|110101199003070011|13900000001")
FILES = ("page", "embed", "widget", "files")  # their own code may contain such words
MOST_LISTED = 40


@dataclass
class Findings:
    """Counts for each address and each kind of attack, and every fault as one line."""

    statuses: defaultdict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    kinds: Counter[str] = field(default_factory=Counter)
    slowest: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    faults: list[str] = field(default_factory=list)
    questions: int = 0
    checked: int = 0  # questions found in their conversation, answered, exactly once
    slowed: int = 0
    half: int = 0

    @property
    def is_hopeless(self) -> bool:
        """Say whether the server is so broken that going on tells nothing more."""
        return len(self.faults) >= MOST_LISTED

    def judge(self, address: str, sent: bytes, reply: Reply, person: int, seconds: float = 0.0) -> None:
        """Count ``reply`` to ``sent`` and note what must not be in it; ``person`` may see only their own words."""
        self.statuses[address][reply.status] += 1
        self.slowest[address] = max(self.slowest[address], seconds)
        if reply.status >= 500:
            self._fault(f"{reply.status}", address, sent, reply.body)
        if address not in FILES and (leak := LEAK.search(reply.body)):
            self._fault(f"泄漏 {leak[0]!r}", address, sent, reply.body)
        if reply.answers > 1:
            self._fault("一个请求得到两个回答", address, sent, reply.body)
        for other in re.findall(r"暗号(\d+)号".encode(), reply.body):
            if int(other) != person:
                self._fault("别人的话", address, sent, reply.body)

    def no_answer(self, address: str, sent: bytes) -> None:
        """Note that the server neither answered nor hung up."""
        self._fault(f"{PATIENCE:.0f} 秒没有回应", address, sent, b"")

    def _fault(self, what: str, address: str, sent: bytes, got: bytes) -> None:
        self.faults.append(f"{what}：{address} {sent[:160]!r} → {got[:120]!r}")


def _row(name: str, counts: Counter[int], slowest: float) -> str:
    groups: Counter[str] = Counter()
    for status, count in counts.items():
        groups["429" if status == 429 else f"{status // 100}xx" if status else "断开"] += count
    cells = [str(groups[each]) for each in ("2xx", "3xx", "4xx", "429", "5xx", "断开")]
    return f"| {name} | {sum(counts.values())} | {' | '.join(cells)} | {slowest:.2f} |"


def report(found: Findings, seconds: float, seed: int, load: float) -> str:
    """Return the report in Markdown."""
    fewest = min((sum(counts.values()) for counts in found.statuses.values()), default=0)
    total = sum(sum(counts.values()) for counts in found.statuses.values())
    rows = "\n".join(_row(name, found.statuses[name], found.slowest[name]) for name in found.statuses)
    kinds = "\n".join(f"| {kind} | {count} |" for kind, count in found.kinds.most_common())
    faults = "\n".join(f"- {fault}" for fault in found.faults[:MOST_LISTED]) or "什么也没有找到。"
    return f"""# 网页接口的敌意请求

`make fuzz-web`：一共 {total:,} 次，每个地址至少 {fewest:,} 次，种子 {seed}，只打本机自己启动的服务器（真模型、真动作、SQLite）。一共用了 {seconds:.0f} 秒，结束时机器负载 {load:.1f}（2 核，同时还有别的工作在跑）。

## 找到的

{faults}

查的是：5xx；回包里有栈、路径、SQL、按钮载荷、会话编号或别人的话；一个请求换来两个回答（夹带）；超过 {PATIENCE:.0f} 秒既不回答也不断开；发了一半或不成样子、此后不再发东西的连接服务器一直留着；正经问题在历史里不是恰好一次、或没有回答；最后不能照常回答；服务器进程停过；日志里有没打码的手机号、证件号或未料到的错误。

混在里面的正经问题 {found.questions} 个（另有 {found.slowed} 个因为太快被请稍等），在历史里核对了 {found.checked} 个，都恰好一次、有回答。发完没有马上断开、此后不管的连接 {found.half} 个，每个都看到服务器断开为止，没有断开的列在上面。

## 每个地址

| 地址 | 次数 | 2xx | 3xx | 4xx | 429 | 5xx | 断开 | 最慢（秒） |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
{rows}

「断开」是不成样子的请求，服务器没有回答就关了连接，或者等到时限才关。

## 每种手法

| 手法 | 次数 |
| --- | --- |
{kinds}
"""
