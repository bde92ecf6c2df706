"""``finlit db``: create the tables and put the demo customers in."""

from __future__ import annotations

import argparse
import unicodedata

from sqlalchemy import inspect
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError

from finlit import settings
from finlit.cli.errors import CommandError
from finlit.db import engine, tables
from finlit.privacy import mask


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("action", choices=["create", "demo"], help="create 只建表；demo 建表并放入演示客户")


def execute(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    current = settings.load()
    try:
        _create(engine.engine_for(current.database_url))
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0]
        raise CommandError(f"连不上数据库：{reason}。请检查设置 DATABASE_URL。") from error
    if args.action == "demo":
        from finlit.db import demo

        count = demo.seed(current)
        rows = [(each.id, each.name, mask(each.phone), each.situation) for each in demo.CUSTOMERS]
        _print_table([("ID", "姓名", "电话", "情形"), *rows])
        print(f'共 {count} 位演示客户。试一试：finlit ask --customer {rows[0][0]} "我现在欠多少"')
    return 0


def _create(target: Engine) -> None:
    """Create missing tables; raises CommandError when an existing one is of an older form."""
    tables.Base.metadata.create_all(target)
    inspector = inspect(target)
    for table in tables.Base.metadata.sorted_tables:
        present = {column["name"] for column in inspector.get_columns(table.name)}
        if present != {column.name for column in table.columns}:
            raise CommandError(
                f"数据库里的表 {table.name} 是旧结构。演示库可以删掉重建：{target.url.render_as_string()}；"
                "里面有要留的数据请先备份。"
            )


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _print_table(rows: list[tuple[str, ...]]) -> None:
    widths = [max(_width(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = [cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)]
        print("  ".join(cells).rstrip())
