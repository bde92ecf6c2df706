"""``finlit test-conversations``: play the conversation tests and say what is wrong, like a chat."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from finlit import settings
from finlit.cli.errors import CommandError
from finlit.cli.quiet import silence
from finlit.conversations import (
    coverage,
    html_report,
    junit,
    live,
    live_web,
    live_wechat,
    names,
    reading,
    running,
    terminal,
)
from finlit.conversations.model import Conversation, Result


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "files",
        nargs="*",
        metavar="文件",
        help=f"只演这些文件（默认 {reading.FOLDER}/test_*.yml 全部）；文件:行号 只演从这一行开始的那段",
    )
    parser.add_argument("-k", metavar="文字", dest="only", help="只演标题或文件名里有这段文字的对话")
    parser.add_argument("--live", metavar="网址", help="对着已启动的服务器演，例 http://localhost:5005")
    parser.add_argument("--jobs", type=int, default=running.PROCESSES, metavar="N", help="同时几个进程（默认 2）")
    parser.add_argument("--junit", metavar="FILE", help="把结果写成 JUnit XML")
    parser.add_argument("--report", metavar="FILE", help="把对话画成聊天的 HTML 报告（没通过的在最前）")
    parser.add_argument("--write-untouched", action="store_true", help=f"按这一次的结果重写 {coverage.FLOOR}")


def _place(word: str) -> tuple[Path, int | None]:
    """Return the file, and the line on which one conversation of it begins when 「文件:行号」 is given."""
    file, colon, line = word.rpartition(":")
    return (Path(file).resolve(), int(line)) if colon and line.isdigit() else (Path(word).resolve(), None)


def _conversations(args: argparse.Namespace, known: names.Names) -> list[Conversation]:
    current = settings.load()
    wanted = [_place(file) for file in args.files]
    paths = list(dict.fromkeys(path for path, _ in wanted)) or reading.conversation_files(current)
    found, problems = reading.read(paths, known, current)
    if problems:
        for problem in problems:
            print(problem, file=sys.stderr)
        raise CommandError(f"对话文件里有 {len(problems)} 处写得不对，改好再演。")
    if wanted:
        chosen = {(path, line) for path, line in wanted}
        found = [each for each in found for path in [(current.root / each.where.file).resolve()]
                 if (path, None) in chosen or (path, each.where.line) in chosen]  # fmt: skip
    if args.only:
        found = [each for each in found if args.only in each.title or args.only in each.where.file]
    if not found:
        raise CommandError("没有要演的对话。" + (f"标题和文件名里都没有「{args.only}」。" if args.only else ""))
    return found


def _wire(url: str, known: names.Names) -> live_wechat.Wire | None:
    current = settings.load()
    return live_wechat.Wire(current.wechat, url, current.now, known.answers) if current.wechat else None


def _played(
    args: argparse.Namespace, conversations: Sequence[Conversation], known: names.Names
) -> tuple[list[Result], float]:
    started = time.monotonic()
    if args.live:
        try:
            server = live.Server(args.live, _wire(args.live, known))
            return live.play_all(conversations, server, _show_failed), time.monotonic() - started
        except live_web.Unreachable as error:
            raise CommandError(str(error)) from error
    from finlit.dialogue.in_process import NoModel

    try:
        running.prepare()
    except NoModel as error:
        raise CommandError(str(error)) from error
    print(f"· 模型就绪，用了 {time.monotonic() - started:.1f} 秒；开始演 {len(conversations)} 段对话…", flush=True)
    started = time.monotonic()
    return running.play_all(conversations, args.jobs, _show_failed), time.monotonic() - started


def _show_failed(result: Result) -> None:
    if not result.passed:
        print(f"\n{terminal.chat(result)}\n", flush=True)


def execute(args: argparse.Namespace) -> int:
    """Run the command; exit code 1 when a conversation failed or something lost its conversation."""
    silence()
    known = names.load(settings.load())
    conversations = _conversations(args, known)
    results, seconds = _played(args, conversations, known)
    print(terminal.summary(results, seconds))
    measured = coverage.measure(results, known)
    everything = not (args.files or args.only or args.live)
    if not args.live:
        print(terminal.coverage_lines(measured, everything))
    if args.junit:
        junit.write(Path(args.junit), results, seconds)
    if args.report:
        print(f"  报告：{html_report.write(Path(args.report), results, measured, seconds)}")
    lost = everything and _held_against_floor(args, measured)
    return 1 if lost or not all(result.passed for result in results) else 0


def _held_against_floor(args: argparse.Namespace, measured: coverage.Coverage) -> bool:
    """Say whether something has no conversation and is not on the committed list."""
    root = settings.load().root
    if args.write_untouched:
        print(f"  已重写 {coverage.write(measured, root).relative_to(root)}")
        return False
    for kind, names_left in coverage.stale(measured, root).items():
        print(f"! {coverage.FLOOR} 里这些{kind}已经有对话碰到（或不存在了），请删掉：{'、'.join(names_left)}")
    lost = coverage.dropped(measured, root)
    for kind, names_lost in lost.items():
        print(f"✗ 没有对话碰到这些{kind}：{'、'.join(names_lost)}。请补一段对话，或写进 {coverage.FLOOR} 并说明理由。")
    return bool(lost)
