"""``finlit validate``: check the content; each problem names file, line and what to do."""

from __future__ import annotations

import argparse
import gc
import json
import time
from pathlib import Path
from typing import Any

from finlit import settings
from finlit.content import checks, question_checks, topics
from finlit.content.problems import Problem
from finlit.conversations import names, reading
from finlit.settings import Settings

SHOWN = 3  # warnings of each kind, unless all are asked for


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--json", action="store_true", help="打印 JSON")
    parser.add_argument("--ci", action="store_true", help="写成 ::error file=…,line=…，CI 会标在改动的那一行")
    parser.add_argument("--all", action="store_true", help=f"列出全部提醒，不只每种前 {SHOWN} 条")
    parser.add_argument("--uniformity", action="store_true", help="另列出每个意图的句数和雷同程度")


def _print_uniformity() -> None:
    content = topics.read(settings.load().data_dir)
    rows = [(label, len(found), question_checks.uniformity(found)) for label, found in content.by_label().items()]
    print("意图\t句数\t雷同程度（0 各不相同，1 完全一样）")
    for label, count, value in sorted(rows, key=lambda row: -row[2]):
        print(f"{label}\t{count}\t{value:.2f}")


def _as_row(problem: Problem) -> dict[str, str | int]:
    return {
        "check": problem.check,
        "severity": problem.severity,
        "file": problem.where.file,
        "line": problem.where.line,
        "message": problem.message,
    }


def _annotation(problem: Problem) -> str:
    """Return the line that GitHub and GitLab runners put on the right row of a change."""
    message = problem.message.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return f"::{problem.severity} file={problem.where.file},line={problem.where.line},title={problem.check}::{message}"


def _shown(found: list[Problem], everything: bool) -> tuple[list[Problem], dict[str, int]]:
    """Return what is listed, all errors first, and how many warnings of each kind there are where some are left out."""
    kinds: dict[str, list[Problem]] = {}
    for problem in found:
        if problem.severity != "error":
            kinds.setdefault(problem.check, []).append(problem)
    errors = [problem for problem in found if problem.severity == "error"]
    listed = [problem for kind in kinds.values() for problem in (kind if everything else kind[:SHOWN])]
    cut = {check: len(kind) for check, kind in kinds.items() if len(kind) > SHOWN and not everything}
    return errors + listed, cut


def _found(current: Settings) -> list[Problem]:
    trees: dict[Path, Any] = {}
    found = checks.problems(current, trees)
    found += reading.read(reading.conversation_files(current), names.load(current, trees), current)[1]
    gc.freeze()  # nothing to be looked through again at the end of the process
    return found


def execute(args: argparse.Namespace) -> int:
    """Run the command; exit code 1 when there are errors."""
    started = time.perf_counter()
    gc.disable()  # a short life full of small parts: looking for cycles among them takes a tenth of it
    current = settings.load()
    found = _found(current)
    errors = sum(problem.severity == "error" for problem in found)
    if args.json:
        print(json.dumps([_as_row(problem) for problem in found], ensure_ascii=False))
        return 1 if errors else 0
    listed, cut = _shown(found, args.all)
    for problem in listed:
        print(_annotation(problem) if args.ci else problem)
    for check, count in cut.items():
        print(f"· {check}：{count} 个提醒，上面是前 {SHOWN} 个，全部请用 finlit validate --all。")
    if args.uniformity:
        _print_uniformity()
    seconds = time.perf_counter() - started
    print(f"{'✗' if errors else '✓'} {errors} 个错误，{len(found) - errors} 个提醒，用了 {seconds:.1f} 秒。")
    return 1 if errors else 0
