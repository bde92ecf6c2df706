"""The report for content editors: every conversation drawn like a chat, the wrong ones first and open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from finlit.conversations import terminal
from finlit.conversations.coverage import KINDS, Coverage
from finlit.conversations.model import WAIT, Played, Result

CHANNEL_NAMES = {"web": "网页", "wechat": "微信"}
_STYLE = """
body{font:15px/1.6 system-ui,"Noto Sans CJK SC",sans-serif;max-width:860px;margin:2em auto;padding:0 1em;color:#1b1f24}
summary{cursor:pointer;padding:.4em 0;font-weight:600}.place{font-weight:400;color:#57606a;font-size:13px}
details.failed>summary{color:#b42318}.chat{background:#f3f4f6;border-radius:12px;padding:1em;margin:.3em 0 1.4em}
.line{display:flex;margin:.5em 0}.line.me{justify-content:flex-end}
.bubble{max-width:78%;padding:.5em .8em;border-radius:12px;white-space:pre-wrap;overflow-wrap:anywhere;background:#fff}
.me .bubble{background:#cdeccf}.wrong .bubble{outline:3px solid #d92d20}.time{text-align:center;color:#57606a;margin:.6em 0}
.button{display:inline-block;border:1px solid #1f6feb;color:#1f6feb;border-radius:999px;padding:0 .7em;margin:.3em .3em 0 0;font-size:13px}
.part{font-size:13px;color:#424a53;border-top:1px solid #d0d7de;margin-top:.4em;padding-top:.3em}
.verdict{border-left:4px solid #d92d20;background:#fef3f2;padding:.5em .8em;margin:.3em 0;white-space:pre-wrap;overflow-wrap:anywhere}
.thought{color:#57606a;font-size:13px}table{border-collapse:collapse}td,th{border:1px solid #d0d7de;padding:.2em .5em;text-align:left}
"""


def _table(table: Mapping[str, Any]) -> str:
    head = "".join(f"<th>{escape(str(cell))}</th>" for cell in table.get("columns") or ())
    rows = "".join(
        f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in row)}</tr>" for row in table.get("rows") or ()
    )
    return f"<table><caption>{escape(str(table.get('caption') or ''))}</caption><tr>{head}</tr>{rows}</table>"


def _parts(custom: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a reply carries besides text and buttons."""
    if custom.get("table"):
        yield _table(custom["table"])
    if custom.get("chart"):
        yield f"图：{escape(str(custom['chart'].get('title') or ''))}"
    for detail in custom.get("details") or ():
        yield f"明细「{escape(str(detail.get('title') or ''))}」：{escape('；'.join(map(str, detail.get('lines') or ())))}"
    if custom.get("sources"):
        yield f"出处：{escape('；'.join(str(source.get('cite')) for source in custom['sources']))}"


def _reply(reply: Mapping[str, Any]) -> str:
    buttons = "".join(f'<span class="button">{escape(button["title"])}</span>' for button in reply["buttons"])
    parts = "".join(f'<div class="part">{part}</div>' for part in _parts(reply["custom"]))
    return (
        f'<div class="line bot"><div class="bubble">{escape(reply["text"])}{f"<div>{buttons}</div>" if buttons else ""}'
        f"{parts}</div></div>"
    )


def _turn(played: Played) -> Iterator[str]:
    wrong = " wrong" if played.failures else ""
    if played.turn.kind == WAIT:
        yield f'<div class="time{wrong}">{escape(played.turn.text)}过去了</div>'
    else:
        sent = (
            played.seen.sent
            if len(played.seen.sent) <= 300
            else f"{played.seen.sent[:280]}…（共 {len(played.seen.sent)} 个字）"
        )
        yield f'<div class="line me{wrong}"><div class="bubble">{escape(sent) or "（空）"}</div></div>'
    yield from map(_reply, played.seen.bubbles)
    for failure in played.failures:
        yield (
            f'<div class="verdict"><b>第 {failure.where.line} 行不对</b>\n应该：{escape(failure.wanted)}\n'
            f"实际：{escape(failure.actual)}</div>"
        )
    if played.failures and terminal.thought(played.seen):
        yield f'<div class="thought">{escape(terminal.thought(played.seen))}</div>'


def _conversation(result: Result) -> str:
    conversation = result.conversation
    given = [f"{conversation.now:%Y-%m-%d %H:%M}", CHANNEL_NAMES[conversation.channel]]
    given += [f"客户 {conversation.customer}"] if conversation.customer else []
    lines = [line for played in result.played for line in _turn(played)]
    if result.trouble:
        lines.append(f'<div class="verdict"><b>演不下去了</b>\n{escape(result.trouble)}</div>')
    if result.skipped:
        lines.append(f'<div class="thought">在服务器上演不了：{escape(result.skipped)}</div>')
    mark = "✓" if result.passed else "✗"
    kind = "" if result.passed else ' class="failed" open'
    return (
        f"<details{kind}><summary>{mark} {escape(conversation.title)} "
        f'<span class="place">{escape(str(conversation.where))} · {escape(" · ".join(given))}</span></summary>'
        f'<div class="chat">{"".join(lines)}</div></details>'
    )


def write(path: Path, results: Sequence[Result], coverage: Coverage, seconds: float) -> Path:
    """Write the page, complete in itself, and return its path."""
    failed = [result for result in results if not result.passed]
    good = [result for result in results if result.passed]
    untouched = "".join(
        f"<h3>没碰到的{kind}</h3><p>{escape('、'.join(sorted(coverage.untouched[kind])))}</p>"
        for kind in KINDS
        if coverage.untouched[kind]
    )
    summary = escape(f"{terminal.summary(results, seconds)}\n{terminal.coverage_lines(coverage, False)}")
    page = (
        f'<!doctype html><html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>对话测试报告</title><style>{_STYLE}</style><h1>对话测试报告</h1><pre>{summary}</pre>"
        f"{f'<h2>没通过的 {len(failed)} 段</h2>' if failed else ''}{''.join(map(_conversation, failed))}"
        f"<h2>通过的 {len(good)} 段</h2>{''.join(map(_conversation, good))}{untouched}</html>"
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8", errors="replace")
    return path
