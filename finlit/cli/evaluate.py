"""``finlit evaluate``: measure the understanding on a file of labelled questions."""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finlit.cli.errors import CommandError
from finlit.cli.quiet import silence

if TYPE_CHECKING:
    from finlit.evaluation.scores import Outcome

HEADER = ["text", "intent"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("file", metavar="FILE.tsv", help="首行为 text<TAB>intent 的文件")
    parser.add_argument("--json", action="store_true", help="只打印一个 JSON 对象")
    parser.add_argument("--report", metavar="DIR", help="在这个文件夹写一份 HTML 报告")
    parser.add_argument("--rows", metavar="FILE", help="每句的结果写到这个文件，供 finlit compare 比较")


def read_rows(path: Path) -> list[tuple[str, str]]:
    """Return (text, intent) rows; raises CommandError that names file and line."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise CommandError(f"打不开 {path}：{error.strerror}。") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{path} 不是 UTF-8 编码，请另存为 UTF-8。") from error
    if not lines or lines[0].split("\t")[:2] != HEADER:
        raise CommandError(f"{path} 第 1 行应是 text<TAB>intent（中间是制表符）。")
    rows = []
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip():
            continue
        cells = line.split("\t")
        if len(cells) < 2 or not cells[0].strip() or not cells[1].strip():
            raise CommandError(f"{path} 第 {number} 行应有两列：问句<TAB>意图。")
        rows.append((cells[0], cells[1].strip().split("/")[0]))
    if not rows:
        raise CommandError(f"{path} 里没有问句。")
    return rows


async def measure(assistant: Any, rows: Sequence[tuple[str, str]]) -> list[Outcome]:
    """Return what the model makes of each row, and how long it took."""
    from finlit.evaluation.scores import Outcome

    for text, _ in rows[:20]:
        await assistant.parse(text)  # warm caches: latency is that of a running server
    results = []
    for text, intent in rows:
        started = time.perf_counter()
        data = await assistant.parse(text)
        seconds = time.perf_counter() - started
        decision = data.get("decision") or {}
        ranking = [(entry["name"], entry["confidence"]) for entry in data.get("intent_ranking") or ()]
        kind = decision.get("kind", "refused")
        kind = "refused" if kind == "trouble" else kind
        results.append(
            Outcome(
                text,
                intent,
                ranking,
                kind,
                [label.split("/")[0] for label in decision.get("candidates") or ()],
                seconds,
            )
        )
    return results


def execute(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    rows = read_rows(Path(args.file))
    silence()
    from finlit.dialogue.in_process import Assistant, NoModel
    from finlit.evaluation.scores import by_intent, summarise

    try:
        assistant = Assistant()
    except NoModel as error:
        raise CommandError(str(error)) from error
    measured = asyncio.run(measure(assistant, rows))
    summary = summarise(measured)
    if args.rows:
        from finlit.evaluation.compare import write_rows

        write_rows(Path(args.rows), measured)
    if args.report:
        from finlit.evaluation.report import write_report

        page = write_report(Path(args.report), Path(args.file).name, measured, summary, by_intent(measured))
        if not args.json:
            print(f"报告：{page}")
    print(json.dumps(summary, ensure_ascii=False, indent=None if args.json else 2))
    return 0
