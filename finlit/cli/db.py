"""``finlit db``: bring the database to the present tables, put data in."""

from __future__ import annotations

import argparse
import sys
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import OperationalError

from finlit import settings
from finlit.cli.errors import CommandError
from finlit.db import engine, schema
from finlit.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the sub-commands; each names its function."""
    actions = parser.add_subparsers(dest="action", metavar="做什么", required=True)
    actions.add_parser("migrate", help="把库建好或升级到现在的表结构").set_defaults(work=_migrate)
    actions.add_parser("demo", help="升级表结构，并放入演示客户").set_defaults(work=_demo)
    deliver = actions.add_parser("import", help="导入核心系统的数据（CSV 文件夹，格式见 docs/import.md）")
    deliver.add_argument("folder", type=Path, nargs="?", help="放 CSV 的文件夹")
    deliver.add_argument("--check", action="store_true", help="只检查，不写库")
    deliver.add_argument("--columns", action="store_true", help="列出每个文件有哪些列")
    deliver.set_defaults(work=_import)
    purge = actions.add_parser(
        "purge", help="删掉过了保存期的对话记录（设置 FINLIT_CONVERSATIONS_KEPT_DAYS），适合每晚定时运行"
    )
    purge.set_defaults(work=_purge)
    many = actions.add_parser("generate", help="在空库里放很多虚构客户，用来压测")
    many.add_argument("--customers", type=int, required=True, help="多少位客户")
    many.set_defaults(work=_generate)
    revision = actions.add_parser("revision", help="改了表之后，写出一份升级脚本（给开发者）")
    revision.add_argument("name", help="英文短名，例如 add_phone_index")
    revision.set_defaults(work=_revision)


def execute(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    with _reachable():
        return int(args.work(args, settings.load()))


def _migrate(_args: argparse.Namespace, current: Settings) -> int:
    target = engine.engine_for(current.database_url)
    before = schema.revision_of(target)
    bring_up_to_date(current)
    after = schema.revision_of(target)
    print(f"表结构已经是最新（{after}）。" if before == after else f"表结构从 {before or '空库'} 升级到 {after}。")
    return 0


def _demo(_args: argparse.Namespace, current: Settings) -> int:
    from finlit.db import demo

    bring_up_to_date(current)
    try:
        count = demo.seed(current)
    except demo.NotADemoDatabase as error:
        raise CommandError(
            "演示客户只放进演示库：生产环境，或者库里已经有别的客户，都不放。请换一个空库（设置 DATABASE_URL）。"
        ) from error
    # the phones are invented, and needed for trying the assistant, so they are shown in full
    rows = [(each.id, each.name, each.phone, each.situation) for each in demo.CUSTOMERS]
    _print_table([("ID", "姓名", "电话", "情形"), *rows])
    print(f'共 {count} 位演示客户。试一试：finlit ask --customer {rows[0][0]} "我现在欠多少"')
    return 0


def _purge(_args: argparse.Namespace, current: Settings) -> int:
    from finlit import retention

    done = retention.purge(current)
    days = f"{current.conversations_kept.total_seconds() / 86_400:g}"
    if done.conversations_missing:
        print("还没有对话记录。")
    else:
        print(f"{days} 天以前的对话记录：删了 {done.events} 条，其中整段的对话 {done.conversations} 段。")
    print(f"{days} 天以前的收发记录 {done.messages} 条、评价 {done.ratings} 条也删了。")
    return 0


def _generate(args: argparse.Namespace, current: Settings) -> int:
    from finlit.db import generate

    if current.is_production:
        raise CommandError("生产环境不放虚构客户。")
    if not 1 <= args.customers <= generate.MOST_CUSTOMERS:
        raise CommandError(f"--customers 要在 1 到 {generate.MOST_CUSTOMERS:,} 之间。")
    bring_up_to_date(current)
    started = time.perf_counter()
    rows = 0

    def report(loaded: generate.Loaded) -> None:
        nonlocal rows
        rows += loaded.rows
        rate = f"，每秒 {loaded.rate:,.0f}" if loaded.rows else ""
        print(f"{loaded.table:<15} {loaded.rows:>12,}  {loaded.seconds:6.1f} 秒{rate}", flush=True)

    try:
        generate.generate(engine.engine_for(current.database_url), args.customers, current.now().date(), report)
    except generate.NotEmpty as error:
        raise CommandError(
            "库里已经有客户：虚构客户只放进空库，不和别的客户混在一起。请换一个库（设置 DATABASE_URL）。"
        ) from error
    seconds = time.perf_counter() - started
    print(f"共 {args.customers:,} 位客户，用了 {seconds:.0f} 秒，每秒 {rows / seconds:,.0f} 行。")
    return 0


def _import(args: argparse.Namespace, current: Settings) -> int:
    from finlit.db.delivery import columns
    from finlit.db.delivery.reading import BadDelivery
    from finlit.db.delivery.takeover import take_over

    if args.columns:
        print(columns.describe(), end="")
        return 0
    if args.folder is None:
        raise CommandError(
            "请给出放 CSV 的文件夹，例如 finlit db import 交付/2026-11-23。列的说明：finlit db import --columns"
        )
    bring_up_to_date(current)
    try:
        done = take_over(engine.engine_for(current.database_url), args.folder, current.now(), check_only=args.check)
    except BadDelivery as refused:
        faults = refused.faults
        more = f"\n……另有 {faults.more} 处。" if faults.more else ""
        print("\n".join(faults.lines) + more, file=sys.stderr)
        print(f"共 {len(faults.lines) + faults.more} 处问题，什么都没有写进库里。", file=sys.stderr)
        return 1
    if done.known:
        print(f"这份数据（截至 {done.as_of:%Y-%m-%d %H:%M}）已经导入过，没有变化。")
        return 0
    for change in done.changes:
        print(f"{change.table:<15} 新增 {change.added}，更新 {change.changed}，删除 {change.removed}")
    end = "检查通过，只是检查，没有写库。" if args.check else "已导入。"
    print(f"数据截至 {done.as_of:%Y-%m-%d %H:%M}。{end}")
    return 0


def _revision(args: argparse.Namespace, _current: Settings) -> int:
    try:
        path = schema.write_revision(args.name)
    except schema.BadRevisionName as error:
        raise CommandError(f"名字 {error} 不行：用小写英文、数字和下划线，最多 32 个字符。") from error
    print(f"写好了 {path}。请看一遍再提交：改名会被写成删掉再新建。")
    return 0


def bring_up_to_date(current: Settings) -> None:
    """Give the database the present tables; raises CommandError when it holds tables of no known version."""
    try:
        schema.migrate(engine.engine_for(current.database_url))
    except schema.UnknownTables as error:
        raise CommandError(
            f"数据库 {error} 里有没有版本号的旧表。演示库可以删掉重建；里面有要留的数据请先备份。"
        ) from error


@contextmanager
def _reachable() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        if error.statement is not None and "locked" not in str(error.orig):
            raise  # not the connection: our own fault
        reason = str(error.orig).strip().splitlines()[0]
        raise CommandError(f"连不上数据库：{reason}。请检查设置 DATABASE_URL。") from error


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _print_table(rows: list[tuple[str, ...]]) -> None:
    widths = [max(_width(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = [cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)]
        print("  ".join(cells).rstrip())
