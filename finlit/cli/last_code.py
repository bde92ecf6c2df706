"""``finlit last-code``: the code that was sent last to a phone, in development."""

from __future__ import annotations

import argparse

from sqlalchemy.exc import SQLAlchemyError

from finlit.accounts import last_code
from finlit.accounts.verification_words import phone_in
from finlit.cli.errors import CommandError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("phone", metavar="手机号", help="登记的手机号，例如演示客户的 13900000006")


def execute(args: argparse.Namespace) -> int:
    """Print the code; returns the exit code, 1 when no code is waited for."""
    from finlit.cli.quiet import silence

    silence()
    from finlit.dialogue.verifying import service

    phone = phone_in(args.phone)
    if phone is None:
        raise CommandError("这不是手机号：要十一位，以 1 开头。")
    try:
        code = last_code.of_phone(service(), phone)
    except last_code.NotInProduction as error:
        raise CommandError("生产环境不能看验证码。") from error
    except SQLAlchemyError as error:
        raise CommandError("读不了数据库：请检查设置 DATABASE_URL，或先运行 finlit db migrate。") from error
    print(code or "这个号码没有在等的验证码：没有发过、已经用过，或过了五分钟。")
    return 0 if code else 1
