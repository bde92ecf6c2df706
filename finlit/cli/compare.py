"""``finlit compare``: what got better and worse between two runs of ``finlit evaluate --rows``."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from finlit.cli.errors import CommandError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("before", help="之前的结果（finlit evaluate --rows 写的文件）")
    parser.add_argument("after", help="现在的结果")
    parser.add_argument("--json", action="store_true", help="打印 JSON")
    parser.add_argument("--strict", action="store_true", help="指标变差时退出码为 1")


def _rows(path: str) -> list[Any]:
    from finlit.evaluation.compare import read_rows

    try:
        return read_rows(Path(path))
    except OSError as error:
        raise CommandError(f"打不开 {path}：{error.strerror}。") from error
    except (ValueError, TypeError, KeyError) as error:
        raise CommandError(f"{path} 不是 finlit evaluate --rows 写的文件。") from error


def execute(args: argparse.Namespace) -> int:
    """Run the command; exit code 1 with ``--strict`` when a deciding figure got worse."""
    from finlit.evaluation import compare

    comparison = compare.compare(_rows(args.before), _rows(args.after))
    if args.json:
        print(json.dumps(asdict(comparison), ensure_ascii=False))
    else:
        print(compare.as_markdown(comparison), end="")
    return 1 if args.strict and comparison.is_worse else 0
