"""Start the assistant's processes, wait until all of them can answer, restart one that dies, stop them."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import time
from dataclasses import replace
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from finlit import wechat_settings
from finlit.db import demo, engine
from finlit.serving.child import Child
from finlit.serving.lifeline import STOP_WITHIN
from finlit.settings import Settings
from finlit.training import is_current

START_WITHIN = 60.0  # seconds until all must be alive; what they wait for themselves may take as long as it takes
RESTART_PAUSE = 2.0
MOST_RESTARTS = 5  # of one process in a row, each within a minute of the one before


class CannotStart(RuntimeError):
    """Why nothing was started, as one Chinese line."""


def listen(settings: Settings) -> socket.socket:
    """Return the socket that all processes accept from, bound and not yet listening; raises CannotStart."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    found = socket.socket(family)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((settings.host, settings.port))
    except OSError as error:
        found.close()
        raise CannotStart(
            f"端口 {settings.port} 用不了（{error.strerror}），聊天页启动不了。"
            f"请关掉占用它的程序，或换一个端口：FINLIT_PORT={settings.port + 1} make run"
        ) from error
    return found


def development_secret(settings: Settings) -> str:
    """Return the secret of this checkout, made once, so that sessions survive a restart."""
    path = settings.var_dir / "session_secret"
    try:
        return path.read_text(encoding="ascii")
    except OSError:
        pass
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        secret = secrets.token_hex(32)
        path.touch(mode=0o600)
        path.write_text(secret, encoding="ascii")
    except OSError as error:
        raise CannotStart(f"写不了 {path}：{error.strerror}。请检查磁盘空间和权限后再运行一次。") from error
    return secret


def child_environment(settings: Settings) -> dict[str, str]:
    """Return the environment of the assistant: what endpoints.yml reads is set here."""
    environment = dict(os.environ)
    environment.update(
        FINLIT_PORT=str(settings.port),
        RASA_TELEMETRY_ENABLED="false",
        PYTHONUNBUFFERED="1",
    )
    if not settings.is_production and not environment.get("FINLIT_SESSION_SECRET"):
        environment["FINLIT_SESSION_SECRET"] = development_secret(settings)
    return environment


class Assistant:
    """The processes that serve on one port; ``settings.processes`` of them."""

    def __init__(self, settings: Settings) -> None:
        """Take the port; raises CannotStart when it can't be had."""
        self._listening = listen(settings)
        environment = child_environment(settings)
        self.children = [Child(self._listening, environment) for _ in range(settings.processes)]

    def start(self) -> None:
        """Start all processes."""
        for child in self.children:
            child.start()

    def wait_until_ready(self) -> None:
        """Wait a minute for all to live, and as long as it takes for the databases that they need; raises CannotStart."""
        started, told = time.monotonic(), ""
        while True:
            if any(child.died() for child in self.children):
                raise CannotStart("助手没能启动，上面几行写着原因。改好后再运行一次。")
            said = [lacks for child in self.children if (lacks := child.lacks()) is not None]
            is_alive = len(said) == len(self.children)
            if is_alive and not any(said):
                count = f"（{len(said)} 个进程）" if len(said) > 1 else ""
                print(f"✓ 助手就绪{count}，用了 {time.monotonic() - started:.1f} 秒", flush=True)
                return
            lacking = "、".join(dict.fromkeys(what for lacks in said for what in lacks))
            if lacking and told != (told := f"· 助手已启动，还没就绪：{lacking}。恢复后会自己好，正在等…"):
                print(told, flush=True)
            if not is_alive and time.monotonic() - started > START_WITHIN:
                raise CannotStart(f"等了 {START_WITHIN:.0f} 秒，助手还没有应答。请再运行一次；仍不行请看上面的记录。")
            time.sleep(0.1)

    def restart_what_died(self) -> None:
        """Start what died anew, after a pause; the others go on meanwhile. Raises CannotStart when one dies again and again."""
        now = time.monotonic()
        for child in self.children:
            if child.start_at and now >= child.start_at:
                child.start_at = 0.0
                child.start()
            elif child.died() and not child.start_at:
                child.restarts = [moment for moment in child.restarts if now - moment < 60] + [now]
                if len(child.restarts) > MOST_RESTARTS:
                    raise CannotStart(f"助手一分钟内停了 {MOST_RESTARTS} 次以上，不再重启。请看上面的记录。")
                print("· 助手的一个进程意外停止，正在重启…", flush=True)
                child.start_at = now + RESTART_PAUSE

    def stop(self) -> None:
        """Ask all processes to end, then end them, and give the port back."""
        for sign, patience in ((signal.SIGTERM, STOP_WITHIN), (signal.SIGKILL, 2.0)):
            deadline = time.monotonic() + patience
            for child in self.children:
                child.end(sign)
            for child in self.children:
                child.wait(deadline - time.monotonic())
        self._listening.close()


def hello(settings: Settings) -> str:
    """Return what to open and what to try; the demo customers' phones while they are in the database."""
    return (
        f"\n明白账已启动：http://localhost:{settings.port}/\n"
        "可以试试：「花呗逾期一天会上征信吗」「一万逾期 10 天罚息多少」「还不上了怎么办」\n"
        f"{_demo_customers(settings)}"
        "停止请按 Ctrl-C。\n"
    )


def _demo_customers(settings: Settings) -> str:
    if settings.is_production:
        return ""
    try:
        with engine.sessions(settings.database_url)() as session:
            if not demo.are_in(session):
                return ""
    except SQLAlchemyError:
        return ""  # the account's answers say so themselves
    lines = [f"  {each.phone}  {each.name}：{each.situation}\n" for each in demo.CUSTOMERS]
    return "查自己的账户，问「我现在欠多少」，用演示客户的电话（都是虚构的）：\n" + "".join(lines)


def run(settings: Settings, port: int | None = None) -> int:
    """Start, watch and stop the assistant; returns when stopped. Raises CannotStart with one line."""
    settings = replace(settings, port=port) if port else settings
    if not any(Path(settings.models_dir).glob("*.tar.gz")):
        raise CannotStart("还没有训练好的模型：请先运行 make train。")
    if not is_current(settings):
        print("· 提醒：内容或配置在训练之后改过，现在用的是旧模型（make train 可更新）。")
    assistant = Assistant(settings)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        print(wechat_settings.status(settings.wechat), flush=True)
        assistant.start()
        assistant.wait_until_ready()
        print(hello(settings), flush=True)
        while True:
            assistant.restart_what_died()
            time.sleep(0.5)
    except KeyboardInterrupt:
        print("\n正在停止…", flush=True)
    finally:
        assistant.stop()
    print("已停止。")
    return 0
