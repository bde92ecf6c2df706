"""``finlit console``: the editors' web tool; ``finlit console add-user`` makes an account."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Callable

from finlit import settings
from finlit.cli.errors import CommandError
from finlit.settings import Settings

THREADS = 12


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the sub-commands; without one the console starts."""
    parser.set_defaults(work=_serve)
    actions = parser.add_subparsers(dest="action", metavar="做什么")
    add = actions.add_parser("add-user", help="添加账号；密码从键盘或标准输入读，不写在命令里")
    add.add_argument("name", help="用户名")
    add.add_argument("--full-name", required=True, help="姓名，用来在发布记录里署名")
    add.add_argument("--email", required=True, help="邮箱")
    add.add_argument(
        "--role", default="editor", choices=("viewer", "editor", "publisher", "admin"), help="角色（editor）"
    )
    add.set_defaults(work=_add_user)


def execute(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    from finlit.db import engine, schema

    current = settings.load()
    schema.migrate(engine.engine_for(current.database_url))
    work: Callable[[argparse.Namespace, Settings], int] = args.work
    return work(args, current)


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first = getpass.getpass("密码（至少 10 个字符）：")
    if getpass.getpass("再输一遍：") != first:
        raise CommandError("两次输入的密码不一样。")
    return first


def _add_user(args: argparse.Namespace, current: Settings) -> int:
    from finlit.console import accounts
    from finlit.db import engine

    try:
        with engine.sessions(current.database_url).begin() as session:
            accounts.add_user(session, args.name, args.full_name, args.email, args.role, _password(), current.now())
            accounts.note(session, "(命令行)", "add_user", f"{args.name}（{args.role}）", "-", current.now())
    except accounts.Refused as refusal:
        raise CommandError(str(refusal)) from refusal
    print(f"已添加 {args.name}（{accounts.ROLE_TITLES[args.role]}）。")
    return 0


def _serve(args: argparse.Namespace, current: Settings) -> int:
    import waitress

    from finlit.console import git
    from finlit.console.app import any_account, create_app

    if not git.succeeds(current.root, "rev-parse", "--verify", "HEAD"):
        raise CommandError("编辑后台要在 Git 仓库里运行：草稿和发布都是 Git 提交。请用 git clone 得到项目。")
    try:
        git.branch(current.root)
    except git.GitFailed as fault:
        raise CommandError("现在没有检出任何分支，不知道往哪里发布。请先 git switch 到要发布的分支。") from fault
    if not any_account(current):
        print(
            "还没有账号。先建第一个管理员：\n  .venv/bin/finlit console add-user 用户名 --full-name 姓名 --email 邮箱 --role admin"
        )
    app = create_app(current)
    console = app.extensions["finlit"]
    console.publisher.start()
    try:
        server = waitress.create_server(
            app,
            host="127.0.0.1",
            port=current.console_port,
            threads=THREADS,
            ident=None,
            clear_untrusted_proxy_headers=False,  # they are believed from FINLIT_TRUSTED_PROXIES only
        )
    except OSError as fault:
        raise CommandError(
            f"端口 {current.console_port} 已被占用。换一个：FINLIT_CONSOLE_PORT={current.console_port + 1} make console"
        ) from fault
    print(f"编辑后台：http://localhost:{current.console_port}/\n停止请按 Ctrl-C。", flush=True)
    try:
        server.run()
    except KeyboardInterrupt:
        pass
    finally:
        console.publisher.stop()
        console.models.close()
    return 0
