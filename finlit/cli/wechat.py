"""``finlit wechat``: the account's menu, a check of its settings, and a platform to talk through without an account."""

from __future__ import annotations

import argparse
import asyncio
import json
import secrets
import string
from collections.abc import Awaitable, Callable
from typing import Any

from finlit import settings
from finlit.cli.errors import CommandError
from finlit.wechat_settings import WeChatSettings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    actions = parser.add_subparsers(dest="action", metavar="做什么", required=True)
    menu = actions.add_parser("menu", help="公众号底部的菜单")
    menu.add_argument("what", choices=["show", "push"], help="show 看本地和线上的菜单；push 把本地菜单发布上去")
    menu.set_defaults(work=_menu)
    check = actions.add_parser("check", help="检查设置、网络、密钥和接口权限，错误码用话说清楚")
    check.set_defaults(work=_check)
    simulate = actions.add_parser("simulate", help="没有公众号也能对话：扮演微信，发签名加密的消息给正在运行的助手")
    simulate.add_argument("messages", nargs="*", metavar="句子", help="要说的话；不写就一句一句地输入")
    simulate.add_argument("--url", help="助手的地址（默认 http://127.0.0.1:FINLIT_PORT）")
    simulate.add_argument("--user", default="oSimulated_1", help="扮演的用户（openid）")
    simulate.add_argument("--lose", type=int, default=0, metavar="N", help="每条消息的前 N 次应答当作丢失，看重试")
    simulate.add_argument(
        "--give-up-after", type=float, default=5.0, metavar="秒", help="等多久断开再投递（微信是 5 秒）"
    )
    simulate.set_defaults(work=_simulate)


def execute(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    config = settings.load().wechat
    if config is None:
        raise CommandError(f"微信渠道没有开。没有公众号也可以试：把下面几行写进 .env，再启动助手。\n{_example()}")
    return int(args.work(args, config) or 0)


def _example() -> str:
    def letters(count: int) -> str:
        return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(count))

    port = settings.load().port + 90
    return "\n".join(
        [
            f"WECHAT_TOKEN={letters(24)}",
            f"WECHAT_APP_ID=wx{secrets.token_hex(8)}",
            f"WECHAT_APP_SECRET={secrets.token_hex(16)}",
            f"WECHAT_ENCODING_AES_KEY={letters(43)}",
            "WECHAT_ACCOUNT_TYPE=service",
            f"WECHAT_API_BASE=http://127.0.0.1:{port}",
        ]
    )


def _call(config: WeChatSettings, work: Callable[[Any], Awaitable[Any]]) -> Any:
    """Run ``work`` with the account's API; what the platform refuses becomes one line."""
    from finlit.channels.wechat_api import FateUnknown, Unreachable, WeChatApi, WeChatError

    async def inside() -> Any:
        api = WeChatApi(config, lambda: settings.load().database_url)
        try:
            return await work(api)
        finally:
            await api.close()

    try:
        return asyncio.run(inside())
    except (WeChatError, Unreachable, FateUnknown) as error:
        raise CommandError(str(error)) from error


def _menu(args: argparse.Namespace, config: WeChatSettings) -> int:
    from finlit.channels import wechat_menu
    from finlit.channels.wechat_api import WeChatError

    try:
        menu = wechat_menu.load(settings.load().data_dir)
    except wechat_menu.BadMenu as error:
        raise CommandError(str(error)) from error
    if args.what == "push":
        _call(config, lambda api: api.call("/cgi-bin/menu/create", menu.for_platform()))
        print("✓ 菜单已发布。已关注的人最多五分钟后看到；取消关注再关注可以马上看到。")
        return 0

    async def online(api: Any) -> Any:
        try:
            return (await api.call("/cgi-bin/menu/get"))["menu"]
        except WeChatError as error:
            if error.code == 46003:  # there is none yet
                return None
            raise

    for title, items in menu.groups:
        print(title)
        for item in items:
            print(f"  · {item.title}（/{item.label}）")
    same = _shape(_call(config, online)) == _shape(menu.for_platform())
    print("✓ 线上的菜单和这里一样。" if same else "! 线上的菜单和这里不一样：运行 finlit wechat menu push 发布。")
    return 0 if same else 1


def _shape(menu: dict[str, Any] | None) -> list[Any]:
    """Return what counts of a menu; the platform adds fields of its own."""
    groups = (menu or {}).get("button") or []
    return [
        (group["name"], [(each["name"], each.get("key")) for each in group.get("sub_button") or []]) for group in groups
    ]


def _check(args: argparse.Namespace, config: WeChatSettings) -> int:
    """Try one thing after the other; the first one that fails says what to do."""
    from finlit.channels.wechat_api import FateUnknown, Unreachable, WeChatApi, WeChatError

    kind = "服务号" if config.may_push else "订阅号"
    print(f"✓ 设置齐全：{config.app_id}，{config.mode} 模式，{kind}")
    if not config.is_sealed:
        print("! 明文模式：查账和核验身份不可用，生产不允许。请在公众平台改成「安全模式」。")

    steps: list[tuple[str, str | None]] = [("取 access_token", None), ("读自定义菜单", "/cgi-bin/menu/get")]
    if config.may_push:
        steps.append(("客服接口", "/cgi-bin/customservice/getkflist"))

    async def run() -> int:
        api = WeChatApi(config, lambda: settings.load().database_url)
        faults = 0
        try:
            for title, path in steps:
                try:
                    await (api.call(path) if path else api.token())
                    print(f"✓ {title}")
                except WeChatError as error:
                    if error.code == 46003:
                        print(f"✓ {title}（还没有发布菜单）")
                        continue
                    faults += 1
                    print(f"✗ {title}：{error}")
                except (Unreachable, FateUnknown) as error:
                    print(f"✗ {title}：{error}")
                    return faults + 1
                if faults and path is None:
                    return faults  # without a token nothing else can be tried
        finally:
            await api.close()
        return faults

    return 1 if asyncio.run(run()) else 0


def _simulate(args: argparse.Namespace, config: WeChatSettings) -> int:
    from finlit.channels import wechat_simulator

    current = settings.load()
    url = (args.url or f"http://127.0.0.1:{current.port}") + "/webhooks/wechat/webhook"
    platform = wechat_simulator.Platform(config, url, current.now, args.give_up_after)
    print(
        f"· 扮演微信，{config.mode} 模式，用户 {args.user}，发给 {url}。「+关注」「+取关」「+点 菜单键」「+语音 话」也行。"
    )
    with wechat_simulator.pushes(config, lambda sent: print(f"客服消息：{_pushed_text(sent)}", flush=True)):
        for line in args.messages or _typed():
            try:
                reply = platform.say(args.user, line, lose=args.lose, tell=lambda told: print(f"   {told}", flush=True))
            except wechat_simulator.NoAnswer as error:
                raise CommandError(str(error)) from error
            print(f"明白账：{reply}" if reply else "（没有被动回复）", flush=True)
    return 0


def _typed() -> Any:
    while True:
        try:
            line = input("我：").strip()
        except EOFError:
            return
        if line:
            yield line


def _pushed_text(sent: dict[str, Any]) -> str:
    if sent.get("msgtype") == "text":
        return str(sent["text"]["content"])
    menu = sent.get("msgmenu") or {}
    choices = "\n".join(f"［{choice['content']}］" for choice in menu.get("list") or [])
    return f"{menu.get('head_content', '')}\n{choices}" if menu else json.dumps(sent, ensure_ascii=False)
