"""``finlit record``: chat in the terminal and save the chat as a conversation test."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from finlit import settings
from finlit.cli.errors import CommandError
from finlit.cli.quiet import silence
from finlit.conversations import names, nodes, reading, recording, writing
from finlit.conversations.model import WAIT, Conversation, Seen, Turn

HELP = "打字就是客户在说；打按钮的标题就是点它；「!过 16 分钟」让时间过去；「!存 标题」保存；Ctrl-D 不保存，退出。"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("file", metavar="文件", help=f"存到哪个文件，例 {reading.FOLDER}/test_fees.yml（没有就新建）")
    parser.add_argument("--channel", choices=["web", "wechat"], default="web", help="按哪个渠道的样子回答")
    parser.add_argument("--customer", metavar="ID", help="演示客户（视为已核验身份）")
    parser.add_argument("--now", metavar="时间", help="对话开始的时间，例 2026-11-23T10:00（默认就是它）")


def _moment(text: str | None) -> datetime:
    if not text:
        return reading.DEFAULT_NOW
    try:
        return datetime.fromisoformat(text).replace(tzinfo=settings.SHANGHAI)
    except ValueError as error:
        raise CommandError(f"时间「{text}」看不懂，请写成 2026-11-23T10:00。") from error


def _typed() -> Iterator[str]:
    terminal = sys.stdin.isatty()
    while True:
        if terminal:
            print("我：", end="", flush=True)
        line = sys.stdin.readline()
        if not line:
            return
        yield line.rstrip("\n")


def _show(seen: Seen) -> None:
    for reply in seen.replies:
        print(f"明白账：{reply['text']}")
        if reply["buttons"] and not reply["custom"].get("numbered"):
            print("   " + "  ".join(f"[{button['title']}]" for button in reply["buttons"]))
    print(f"   （{seen.intent}；{'、'.join(seen.answers) or '没有回复'}）", flush=True)


def _record(record: recording.Recording, path: Path, titles: frozenset[str]) -> Conversation | None:
    """Chat until the recording is saved or given up; returns what was saved."""
    for line in _typed():
        if line.startswith("!过"):
            passed = reading.duration(line[2:])
            if passed is None:
                print(f"看不懂「{line}」，例：!过 16 分钟")
            else:
                record.wait(Turn(WAIT, line[2:].strip(), recording.HERE, wait=passed))
        elif line.startswith("!存"):
            title = line[2:].strip()
            if not title or title in titles:
                print("标题是空的。" if not title else f"标题「{title}」已经有了。", "例：!存 先问征信再问多久能消")
                continue
            saved = replace(record.conversation, title=title)
            writing.append(path, saved)
            return saved
        elif line.startswith("!"):
            print(HELP)
        else:
            _show(record.say(line))
    return None


def execute(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    current, path = settings.load(), Path(args.file)
    known = names.load(current)
    if not path.name.startswith("test_") or path.suffix != ".yml":
        raise CommandError(f"文件名应是 test_<主题>.yml，不是 {path.name}。")
    if args.customer and args.customer not in known.customers:
        near = nodes.did_you_mean(args.customer, sorted(known.customers))
        raise CommandError(f"没有演示客户 {args.customer}{near}")
    paths = {each.resolve() for each in (*reading.conversation_files(current), path) if each.exists()}
    titles = frozenset(each.title for each in reading.read(sorted(paths), known, current)[0])
    silence()
    from finlit.dialogue.in_process import Assistant, NoModel

    try:
        assistant = Assistant()
    except NoModel as error:
        raise CommandError(str(error)) from error
    print(HELP)
    with recording.recording(assistant, args.customer, args.channel, _moment(args.now)) as record:
        saved = _record(record, path, titles)
    if saved is None:
        print("没有保存。")
        return 1
    print(f"已存到 {path}：{len(saved.turns)} 步。记下的是助手现在的回答，请核对，再补上要紧的「包含」。")
    return 0
