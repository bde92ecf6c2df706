"""``finlit ask``: play conversations with the trained model and the real actions, without a server."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from finlit import settings
from finlit.cli.errors import CommandError
from finlit.cli.quiet import silence
from finlit.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("messages", nargs="*", metavar="句子", help="一句或几句话，按顺序说")
    parser.add_argument("--channel", choices=["web", "wechat"], default="web", help="按哪个渠道的样子回答")
    parser.add_argument("--customer", metavar="ID", help="演示客户（视为已核验身份）")
    parser.add_argument("--jsonl", metavar="FILE", help="每行一个 JSON 列表（一段对话）的文件；- 表示从标准输入读")


def _conversations(path: str) -> Iterator[list[str]]:
    try:
        text = sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise CommandError(f"打不开 {path}：{error.strerror}。") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{path} 不是 UTF-8 编码，请另存为 UTF-8。") from error
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            messages = json.loads(line)
        except json.JSONDecodeError as error:
            raise CommandError(f"{path} 第 {number} 行不是 JSON：{error.msg}。每行应是一个句子列表。") from error
        if not isinstance(messages, list) or not all(isinstance(message, str) for message in messages):
            raise CommandError(f'{path} 第 {number} 行应是句子列表，例如 ["逾期会上征信吗", "多久能消"]。')
        yield messages


async def _play(assistant: Any, messages: list[str], sender: str, args: argparse.Namespace) -> dict[str, Any]:
    from finlit.accounts.binding import UnknownCustomer, bind_demo_customer

    if args.customer:
        try:
            bind_demo_customer(sender, args.customer)
        except UnknownCustomer as error:
            known = "、".join(error.known) or "（库是空的，请先运行 finlit db demo）"
            raise CommandError(f"没有演示客户 {error.customer_id}。现有：{known}。") from error
    return {"turns": [await assistant.turn(message, sender, args.channel) for message in messages]}


def _print_turn(turn: dict[str, Any]) -> None:
    print(f"\n我：{turn['text']}")
    for reply in turn["replies"]:
        print(f"明白账：{reply['text']}")
        for cite in dict.fromkeys(source["cite"] for source in reply["custom"].get("sources", ())):
            print(f"   依据：{cite}")
        if reply["buttons"] and not reply["custom"].get("numbered"):
            print("   " + "  ".join(f"[{button['title']}]" for button in reply["buttons"]))


def _prepare_embedded_database(current: Settings) -> None:
    """Make or bring up to date the SQLite file of a developer's machine, as ``make run`` does before it serves."""
    from finlit.cli.db import bring_up_to_date
    from finlit.db import demo, engine, schema

    if current.is_production or not current.database_url.startswith("sqlite"):
        return  # whoever operates a server decides when its tables change
    before = schema.revision_of(engine.engine_for(current.database_url))
    if before == schema.head():
        return
    bring_up_to_date(current)
    if before is None:
        demo.seed(current)


def execute(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    if bool(args.messages) == bool(args.jsonl):
        raise CommandError('请给出要说的话，或用 --jsonl 给一个文件。例：finlit ask "逾期一天会上征信吗"')
    silence()
    from finlit.dialogue.in_process import Assistant, NoModel

    _prepare_embedded_database(settings.load())
    try:
        assistant = Assistant()
    except NoModel as error:
        raise CommandError(str(error)) from error
    conversations = _conversations(args.jsonl) if args.jsonl else [args.messages]

    async def play_all() -> None:
        for number, messages in enumerate(conversations):
            played = await _play(assistant, messages, f"ask-{number}", args)
            if args.jsonl:
                print(json.dumps(played, ensure_ascii=False), flush=True)
            else:
                for turn in played["turns"]:
                    _print_turn(turn)

    asyncio.run(play_all())
    return 0
