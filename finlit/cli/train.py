"""``finlit train``: train when content, configuration or component code changed, else reuse the model."""

from __future__ import annotations

import argparse
import time

from finlit import settings
from finlit.cli.errors import CommandError
from finlit.cli.quiet import silence


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--force", action="store_true", help="即使什么都没变也重新训练")


def execute(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    from finlit import training

    current = settings.load()
    if not args.force and training.is_current(current):
        training.train(current)  # trains nothing: writes down what it has learnt, which older code did not
        print("模型是最新的，沿用。")
        return 0
    started = time.monotonic()
    print("正在训练（第一次约一分钟，只改答案约两秒）…", flush=True)
    silence()
    try:
        trained = training.train(current, force=args.force)
    except training.TrainingFailed as error:
        raise CommandError(str(error)) from error
    print(f"训练完成，用了 {time.monotonic() - started:.1f} 秒：models/{trained.model}")
    return 0
