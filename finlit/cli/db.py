"""``finlit db``: create the tables and put the demo customers in."""

from __future__ import annotations

import argparse

from finlit import settings
from finlit.db import engine, tables


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("action", choices=["create", "demo"], help="create 只建表；demo 建表并放入演示客户")


def execute(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    current = settings.load()
    tables.Base.metadata.create_all(engine.engine_for(current.database_url))
    if args.action == "demo":
        from finlit.db.demo import seed

        print(f"演示客户：{seed(current)} 位。")
    return 0
