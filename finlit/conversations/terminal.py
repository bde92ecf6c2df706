"""What a terminal shows: a failed conversation like a chat, and the summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from finlit.conversations.checks import decision_word
from finlit.conversations.coverage import KINDS, Coverage
from finlit.conversations.model import WAIT, Played, Result, Seen

MANY_TURNS = 4
SHOWN_UNTOUCHED = 12
ME, BOT = "我", "明白账"


def thought(seen: Seen) -> str:
    """Return what the model thought, on one line; empty when it can't be seen."""
    if not seen.intent:
        return ""
    likeliest = "、".join(f"{name} {share:.0%}" for name, share in seen.ranking[:3])
    return f"判断：{decision_word(seen.decision.get('kind'))}；当成了 {seen.intent}{f'（最像：{likeliest}）' if likeliest else ''}"


def _turn_lines(played: Played) -> Iterator[str]:
    mark = "✗" if played.failures else " "
    turn, seen = played.turn, played.seen
    if turn.kind == WAIT:
        yield f"{mark} ── {turn.text}过去了 ──  （第 {turn.where.line} 行）"
    else:
        sent = seen.sent if len(seen.sent) <= 120 else f"{seen.sent[:100]}…（共 {len(seen.sent)} 个字）"
        yield f"{mark} {ME}：{sent}  （第 {turn.where.line} 行）"
    for reply in seen.bubbles:
        first, *rest = reply["text"].split("\n")
        yield f"    {BOT}：{first}"
        yield from (f"      {line}" for line in rest)
        if reply["buttons"]:
            yield "      " + " ".join(f"[{button['title']}]" for button in reply["buttons"])
    for failure in played.failures:
        yield f"    ✗ 第 {failure.where.line} 行  应该：{failure.wanted}"
        yield f"      {' ' * len(str(failure.where.line))}     实际：{failure.actual}"
    if played.failures and thought(seen):
        yield f"    · {thought(seen)}"


def chat(result: Result) -> str:
    """Return a failed conversation as a chat with the wrong lines marked."""
    lines = [f"✗ {result.conversation.title}  {result.conversation.where}"]
    for played in result.played:
        lines += _turn_lines(played)
    if result.trouble:
        lines += ["    ✗ 演不下去了：", *(f"      {line}" for line in result.trouble.rstrip().splitlines())]
    return "\n".join(lines)


def summary(results: Sequence[Result], seconds: float) -> str:
    """Return how many conversations passed, how many differ, and how long they are."""
    played = [result for result in results if result.skipped is None]
    failed = sum(not result.passed for result in played)
    paths = {result.path for result in played}
    long = sum(result.conversation.messages >= MANY_TURNS for result in played)
    turns = sum(result.conversation.messages for result in played)
    lines = [
        f"{'✗' if failed else '✓'} {len(played)} 段对话，{failed} 段没通过，用了 {seconds:.1f} 秒。",
        f"  （意图、答案）序列各不相同的有 {len(paths)} 种；四轮以上的有 {long} 段；客户一共说了 {turns} 句。",
    ]
    skipped = Counter(word for result in results for each in result.played for word in each.skipped)
    skipped.update(result.skipped for result in results if result.skipped)
    if skipped:
        lines.append(
            "  在服务器上查不了、跳过的：" + "、".join(f"{word} {count} 处" for word, count in skipped.items()) + "。"
        )
    return "\n".join(lines)


def coverage_lines(coverage: Coverage, everything: bool) -> str:
    """Return the coverage of each kind, with the untouched names when ``everything`` was played."""
    shares = (f"{kind} {touched}/{known}" for kind in KINDS for touched, known in [coverage.share(kind)])
    lines = ["  碰到的：" + "，".join(shares) + "。"]
    for kind in KINDS if everything else ():
        names = sorted(coverage.untouched[kind])
        if names:
            more = f" …共 {len(names)} 个" if len(names) > SHOWN_UNTOUCHED else ""
            lines.append(f"  没碰到的{kind}：{'、'.join(names[:SHOWN_UNTOUCHED])}{more}")
    return "\n".join(lines)
