"""``finlit queue``: what customers asked for, in the order in which it came, and the answers of staff."""

from __future__ import annotations

import argparse
import getpass
from collections.abc import Callable

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from finlit import settings
from finlit.cli.errors import CommandError
from finlit.db import engine
from finlit.db.tables.requests import KINDS, STATES
from finlit.requests import queue
from finlit.requests.queue import Case
from finlit.requests.words import KIND_NAMES, LINE_NAMES, STATE_NAMES, STEP_NAMES, said
from finlit.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    actions = parser.add_subparsers(dest="action", metavar="操作", required=True)
    listed = actions.add_parser("list", help="列出没办结的，最早的在前")
    listed.add_argument("--kind", choices=KINDS, help="只看一种：hardship 困难申请，complaint 投诉，handoff 转人工")
    listed.add_argument("--state", choices=STATES, action="append", default=[], help="只看这种状态，可以写几次")
    listed.set_defaults(run=_list)
    for name, about, run in (("show", "看一件的全部内容", _show), ("assign", "分派给人", _assign),
                             ("answer", "回复客户（客户查进度时看到）", _answer), ("close", "办结", _close)):  # fmt: skip
        action = actions.add_parser(name, help=about)
        action.add_argument("number", help="编号，例如 HX-20261124-7K3Q9M")
        if name != "show":
            action.add_argument("--by", default=getpass.getuser(), help="操作人（默认是登录名），会留痕")
        action.set_defaults(run=run)
        if name == "assign":
            action.add_argument("--to", required=True, help="分派给谁")
        if name == "answer":
            action.add_argument("words", help="回复的话；只写处理结果，不要替机构承诺")
        if name == "close":
            action.add_argument("--note", help="内部备注，客户看不到")


def execute(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    current = settings.load()
    run: Callable[[Session, argparse.Namespace, Settings], None] = args.run
    try:
        with engine.sessions(current.database_url).begin() as session:
            run(session, args, current)
    except queue.UnknownRequest as error:
        raise CommandError(f"没有编号 {error}。用 finlit queue list 看有哪些。") from error
    except queue.AlreadyClosed as error:
        raise CommandError(f"{error} 已经办结，不能再改。") from error
    except queue.NoWords as error:
        raise CommandError("回复不能是空的。") from error
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0]
        raise CommandError(f"数据库用不了：{reason}。先运行 finlit db migrate，或检查设置 DATABASE_URL。") from error
    return 0


def _list(session: Session, args: argparse.Namespace, current: Settings) -> None:
    cases = queue.waiting(session, args.kind, args.state)
    for case in cases:
        due = f"，{case.due_on:%m-%d} 前要办结" if case.due_on and case.closed_at is None else ""
        late = "（已超期）" if due and case.due_on and case.due_on < current.now() else ""
        who = f"，{case.assigned_to}" if case.assigned_to else ""
        first = next(iter(case.lines.values()), "") if case.kind != "hardship" else case.lines.get("words", "")
        print(
            f"{case.number}  {KIND_NAMES[case.kind]}  {STATE_NAMES[case.state]}{who}  {case.opened_at:%m-%d %H:%M}{due}{late}"
        )
        print(f"    {first[:60]}")
    print(f"共 {len(cases)} 件。" if cases else "没有要办的。")


def _show(session: Session, args: argparse.Namespace, current: Settings) -> None:
    _print(queue.case(session, args.number))


def _assign(session: Session, args: argparse.Namespace, current: Settings) -> None:
    _print(queue.assign(session, args.number, args.to, args.by, current.now()))


def _answer(session: Session, args: argparse.Namespace, current: Settings) -> None:
    _print(queue.answer(session, args.number, args.words, args.by, current.now()))


def _close(session: Session, args: argparse.Namespace, current: Settings) -> None:
    _print(queue.close(session, args.number, args.by, current.now(), args.note))


def _print(case: Case) -> None:
    who = case.customer or "未核验身份"
    print(
        f"{case.number}  {KIND_NAMES[case.kind]}  {STATE_NAMES[case.state]}  客户 {who}  渠道 {case.channel or '未知'}"
    )
    for name, text in case.lines.items():
        print(f"  {LINE_NAMES[name]}：{said(name, text)}")
    if case.answer:
        print(f"  给客户的回复：{case.answer}")
    for event in case.events:
        note = f"：{event.note}" if event.note and event.what != "answered" else ""
        print(f"  {event.at:%Y-%m-%d %H:%M} {event.who} {STEP_NAMES[event.what]}{note}")
    if case.transcript:
        print("  对话（已打码）：")
        print("\n".join(f"    {line}" for line in case.transcript.splitlines()))
