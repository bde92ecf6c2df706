"""Entry point of ``finlit``: parses arguments, runs one command, turns known errors into one line.

Exit codes: 0 done; 1 the command found faults (content, scores); 2 wrong use or settings.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from finlit.cli.errors import CommandError
from finlit.settings import SettingsError

os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")  # Rasa needs SQLAlchemy 1.4

COMMANDS = {
    "ask": "不开服务器，问助手一句或几句话",
    "evaluate": "用带标签的问句（TSV）给理解打分",
    "compare": "比较两次打分：哪些句子变好、变差",
    "test-conversations": "演对话测试：真模型、真动作、真数据库",
    "record": "在终端里聊一段，存成对话测试",
    "from-tracker": "把一段真实对话变成对话测试，个人信息换掉",
    "train": "训练模型（内容没变就沿用旧模型）",
    "validate": "检查内容：问句、答案、事实、来源",
    "console": "启动编辑后台，添加后台账号",
    "run": "启动助手",
    "queue": "客户的申请、投诉和人工工单：看、分派、回复、办结",
    "db": "建库、升级表结构、放入演示数据",
    "last-code": "开发时：看最近发给某个手机号的验证码",
    "wechat": "微信公众号：菜单、检查、模拟对话",
}


class _ChineseParser(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override]
        self.print_usage(sys.stderr)
        self.exit(2, f"用法不对：{message}\n可以加 --help 看说明。\n")


def _parser(wanted: str) -> argparse.ArgumentParser:
    """Return the parser; of the commands only ``wanted`` is imported, each costs up to half a second."""
    parser = _ChineseParser(prog="finlit", description="明白账：消费贷款知识助手的命令行。")
    commands = parser.add_subparsers(dest="command", metavar="命令", required=True)
    for name, about in COMMANDS.items():
        subparser = commands.add_parser(name, help=about, description=about + "。")
        if name != wanted:
            continue
        module = importlib.import_module(f"finlit.cli.{name.replace('-', '_')}")
        module.add_arguments(subparser)
        subparser.set_defaults(execute=module.execute)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code, never a stack trace for a known error."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    parsed = _parser(wanted=words[0] if words else "").parse_args(words)
    try:
        return int(parsed.execute(parsed) or 0)
    except (CommandError, SettingsError) as error:
        print(error, file=sys.stderr)
        return 2
    except BrokenPipeError:
        return 0
    except KeyboardInterrupt:
        print("\n已停止。", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
