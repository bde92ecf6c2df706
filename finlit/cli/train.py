"""``finlit train``: train when content, configuration or component code changed, else reuse the model."""

from __future__ import annotations

import argparse
import os
import time

from finlit import settings
from finlit.cli.errors import CommandError
from finlit.cli.quiet import silence


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--force", action="store_true", help="即使什么都没变也重新训练")


def execute(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    from finlit.training import is_current, remember

    root = settings.load().root
    os.chdir(root)
    if not args.force and is_current(settings.load()):
        print("模型是最新的，沿用。")
        return 0
    started = time.monotonic()
    print("正在训练（第一次约一分钟，只改答案约十秒）…", flush=True)
    silence()
    import rasa
    from rasa.shared.exceptions import RasaException

    try:
        result = rasa.train(
            domain="domain.yml",
            config="config.yml",
            training_files=["data"],
            output="models",
            force_training=args.force,
        )
    except RasaException as error:
        reason = str(error).strip().splitlines()
        raise CommandError("训练没有成功：\n  " + "\n  ".join(reason[:8]) + "\n请先运行 finlit validate。") from error
    if result.code != 0 or result.model is None:
        raise CommandError("训练没有成功：请先运行 finlit validate，看是哪个文件哪一行有问题。")
    remember(settings.load(), result.model)
    print(f"训练完成，用了 {time.monotonic() - started:.1f} 秒：{os.path.relpath(result.model, root)}")
    return 0
