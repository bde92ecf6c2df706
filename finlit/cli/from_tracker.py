"""``finlit from-tracker``: a real conversation becomes a test, personal data replaced."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from finlit import settings
from finlit.cli.errors import CommandError
from finlit.conversations import from_tracker, names, nodes, reading, writing
from finlit.db import engine, tables


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("conversation", metavar="对话", help="对话的编号（sender_id），在对话记录或工作台里看")
    parser.add_argument("file", nargs="?", metavar="文件", help="存到哪个 test_*.yml 的末尾；不写就打印出来")
    parser.add_argument("--title", metavar="标题", help="这段对话证明什么（默认是客户的第一句话）")
    parser.add_argument("--customer", metavar="ID", help="用哪个演示客户来演（真实客户不会写进测试）")


def _customer_names() -> list[str]:
    """Return the names of all customers, so that none of them gets into a test."""
    try:
        with engine.sessions(settings.load().database_url)() as session:
            return list(session.execute(select(tables.Customer.name)).scalars())
    except SQLAlchemyError:
        print("! 业务数据库读不了，没法按客户名册换掉姓名，请自己再看一遍。", file=sys.stderr)
        return []


def execute(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    current = settings.load()
    known = names.load(current)
    if args.customer and args.customer not in known.customers:
        near = nodes.did_you_mean(args.customer, sorted(known.customers))
        raise CommandError(f"没有演示客户 {args.customer}{near}")
    try:
        events = from_tracker.stored_events(current.tracker_database, args.conversation)
        found = from_tracker.conversation_of(events, args.customer, _customer_names())
    except from_tracker.NoConversation as error:
        raise CommandError(str(error)) from error
    found = replace(found, title=args.title or f"真实对话：{found.turns[0].text[:30]}")
    if not args.file:
        print(f"{reading.TOP}:\n{writing.as_yaml(found)}", end="")
        return 0
    writing.append(Path(args.file), found)
    print(f"已存到 {args.file}。个人信息已换成编的；请通读一遍，再补上要紧的「包含」。")
    return 0
