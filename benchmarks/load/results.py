"""What became of each message, and the report of all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any

LOST, DOUBLED, CROSSED, TROUBLE = "没有回答", "答了两遍", "不是这个问题的回答", "出错"
TARGET = 1.0  # seconds, for the slowest of twenty


@dataclass(frozen=True)
class Outcome:
    """One message: seconds from the moment when it was to be sent until its answer was there."""

    channel: str
    kind: str
    at: float
    seconds: float


@dataclass
class Results:
    """Everything that a run measured and found."""

    outcomes: list[Outcome] = field(default_factory=list)
    faults: list[tuple[str, str]] = field(default_factory=list)  # what, and an example
    shown: list[float] = field(default_factory=list)  # seconds until an open page had the answer by its stream
    sent: int = 0
    again: int = 0  # deliveries or posts beyond the first
    pushed: int = 0  # answers by customer-service message
    streams_lost: int = 0
    refused: int = 0  # the server said that it can't at this moment; a page tries again, a follower is asked to
    repeated: int = 0  # account figures that came twice, as they may: rather twice than not at all
    given_up: int = 0  # messages that the platform gave up after three deliveries; their answers came later

    def fault(self, what: str, example: str) -> None:
        """Note one fault."""
        self.faults.append((what, example))

    def answered(self, channel: str, kind: str, at: float, seconds: float) -> None:
        """Note one answer."""
        self.outcomes.append(Outcome(channel, kind, at, seconds))


def percentile(values: Sequence[float], part: float) -> float:
    """Return the value that ``part`` of ``values`` don't exceed (nearest rank); nan for none."""
    ordered = sorted(values)
    return ordered[max(0, ceil(len(ordered) * part) - 1)] if ordered else float("nan")


def summary(values: Sequence[float]) -> dict[str, float]:
    """Return count and percentiles, in milliseconds."""
    if not values:
        return {"count": 0, "p50": 0, "p95": 0, "p99": 0, "max": 0}
    found = {f"p{part}": round(1000 * percentile(values, part / 100)) for part in (50, 95, 99)}
    return {"count": len(values), **found, "max": round(1000 * max(values))}


def as_json(results: Results, conditions: dict[str, Any]) -> dict[str, Any]:
    """Return the figures."""
    groups: dict[str, list[float]] = {"全部": [one.seconds for one in results.outcomes]}
    for one in results.outcomes:
        groups.setdefault(one.channel, []).append(one.seconds)
        groups.setdefault(f"{one.channel}·{one.kind}", []).append(one.seconds)
    groups["网页推送（别的标签页看到）"] = results.shown
    return {
        "conditions": conditions,
        "sent": results.sent,
        "answered": len(results.outcomes),
        "faults": dict(Counter(what for what, _ in results.faults)),
        "again": results.again,
        "pushed": results.pushed,
        "streams_lost": results.streams_lost,
        "refused": results.refused,
        "repeated": results.repeated,
        "given_up": results.given_up,
        "milliseconds": {name: summary(groups[name]) for name in sorted(groups)},
    }


def _rows(milliseconds: dict[str, dict[str, float]]) -> Iterable[str]:
    for name, each in milliseconds.items():
        yield f"| {name} | {each['count']} | {each['p50']} | {each['p95']} | {each['p99']} | {each['max']} |"


def report(results: Results, figures: dict[str, Any]) -> str:
    """Return the report in Markdown."""
    conditions = figures["conditions"]
    p95 = figures["milliseconds"]["全部"]["p95"]
    faults = (
        "\n".join(f"- {what}：{count} 次" for what, count in figures["faults"].items())
        or "没有丢的，没有答两遍的，没有串的。"
    )
    examples = "\n".join(f"- {what}：{example}" for what, example in results.faults[:20])
    processors = "、".join(f"{name} {seconds:.0f} 秒" for name, seconds in conditions["cpu_seconds"].items())
    verdict = "达到" if p95 < 1000 * TARGET else "没有达到"
    return f"""# 压力：{conditions["web_users"]} 个网页用户和 {conditions["wechat_users"]} 个微信用户

`make load`：真的 `finlit run`（{conditions["processes"]} 个助手进程，动作也在里面，SQLite），每人每 {conditions["every_seconds"]:g} 秒一句，共 {conditions["seconds"]:g} 秒，{conditions["verified"]} 人核验过身份。微信是安全模式，真的签名和加密，5 秒断开再投递，迟到的回答发到本机的微信接口替身；网页开着推送，断了重连。发起请求的程序在同一台机器上（一个进程）。

**95% 的回答在 {p95} 毫秒以内，目标 {TARGET:g} 秒：{verdict}。** 量的时候 {conditions["cpus"]} 核，负载量前 {conditions["load_before"]:.1f}、量后 {conditions["load_after"]:.1f}（同一台机器上还有别的工作）；这段时间用掉的处理器时间：{processors}，墙上时间 {conditions["wall_seconds"]:.0f} 秒。

## 丢、重、串

发了 {figures["sent"]} 句，{figures["answered"]} 句得到该得的回答。{faults}

每句的回答都分得清：罚息的数每人每次不同，账户的数各人不同，知识问题和压力之前问到的一字不差。最后再读每段网页对话：每句恰好一次、按顺序、后面跟着它的回答；推送的轮次不缺不重。重发（投递或请求）{figures["again"]} 次，客服消息 {figures["pushed"]} 条，推送断开 {figures["streams_lost"]} 次。

服务器如实说「现在不行」{figures["refused"]} 次（网页的话留着重发，微信请客户再发）；平台投递三次没等到应答、回答后来才到的 {figures["given_up"]} 句；账户数字宁可发两遍的 {figures["repeated"]} 次。微信的回答按内容认领：迟到的、和下一句一起到的、分几条到的、按钮另发的，都算到它自己的问题上；认不出是谁的才算串。

{examples}

## 多久（毫秒，从该发出的那一刻到回答全部收到）

| | 句 | p50 | p95 | p99 | 最慢 |
| --- | --- | --- | --- | --- | --- |
{chr(10).join(_rows(figures["milliseconds"]))}

![多少回答在多久之内](load.png)
"""


def plot(results: Results, path: str) -> None:
    """Draw how many answers came within which time."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 3), dpi=90)
    for channel, label in (("网页", "web"), ("微信", "WeChat")):
        values = sorted(one.seconds for one in results.outcomes if one.channel == channel)
        axes.plot(values, [100 * (at + 1) / len(values) for at in range(len(values))], label=label)
    axes.axvline(TARGET, color="grey", linestyle=":")
    axes.axhline(95, color="grey", linestyle=":")
    axes.set(xscale="log", xlabel="seconds", ylabel="% answered", ylim=(0, 100))
    axes.legend()
    figure.tight_layout()
    figure.savefig(path)
