"""``finlit run``: start the assistant, watch it, stop it."""

from __future__ import annotations

import argparse

from finlit import settings
from finlit.cli.errors import CommandError
from finlit.serving import supervisor


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--port", type=int, help="聊天页的端口（默认取设置 FINLIT_PORT）")


def execute(args: argparse.Namespace) -> int:
    """Run the command until Ctrl-C; returns the exit code."""
    try:
        return supervisor.run(settings.load(), port=args.port)
    except supervisor.CannotStart as error:
        raise CommandError(str(error)) from error
