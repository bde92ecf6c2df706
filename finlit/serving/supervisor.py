"""Start the assistant, wait until it answers, restart it when it dies, stop it."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from finlit.db import demo, engine
from finlit.serving.lifeline import STOP_WITHIN, Lifeline
from finlit.settings import Settings
from finlit.training import is_current

START_WITHIN = 60.0  # seconds until it must be alive; what it waits for itself may take as long as it takes
RESTART_PAUSE = 2.0
READY_WITHIN = 5.0  # seconds for one answer about readiness, which looks at the databases
LACKING = {
    "model": "模型没有装好",
    "database": "业务数据库连不上，或还没有建表（finlit db migrate）",
    "conversations": "对话数据库连不上",
}
MOST_RESTARTS = 5  # in a row, each within a minute of the one before


class CannotStart(RuntimeError):
    """Why nothing was started, as one Chinese line."""


@dataclass
class Server:
    """A child process and the addresses that tell whether it lives and whether it can answer."""

    module: str
    health: str
    ready: str
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None
    lifeline: Lifeline | None = None
    restarts: list[float] = field(default_factory=list)

    def start(self) -> None:
        """Start the process in a group of its own, so that Ctrl-C reaches it only through us; it ends when we do."""
        if self.lifeline is not None:
            self.lifeline.let_go()  # of the process that died
        self.lifeline = Lifeline()
        self.process = subprocess.Popen(
            [sys.executable, "-m", self.module, *self.lifeline.arguments()],
            env=dict(self.environment), start_new_session=True, pass_fds=(self.lifeline.end,),
        )  # fmt: skip
        self.lifeline.inherited()

    def is_alive(self) -> bool:
        return self._ask(self.health) == {}

    def lacks(self) -> list[str] | None:
        """Return what the process waits for, by its own account, in Chinese; None when it says nothing."""
        found = self._ask(self.ready)
        return None if found is None else [LACKING[name] for name in LACKING if found.get(name) is False]

    @staticmethod
    def _ask(address: str) -> dict[str, object] | None:
        """Return the empty dictionary for a 200, what a 503 says, None for no answer."""
        try:
            with urllib.request.urlopen(address, timeout=READY_WITHIN):
                return {}
        except urllib.error.HTTPError as error:
            with error:
                try:
                    return dict(json.loads(error.read()))
                except ValueError:
                    return None
        except OSError:
            return None

    def died(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def stop(self) -> None:
        """Ask the whole group to end, then end it."""
        if self.process is None or self.process.poll() is not None:
            return
        for sign, patience in ((signal.SIGTERM, STOP_WITHIN), (signal.SIGKILL, 2.0)):
            try:
                os.killpg(self.process.pid, sign)
                self.process.wait(timeout=patience)
                return
            except ProcessLookupError:
                return
            except subprocess.TimeoutExpired:
                continue


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise CannotStart(
                f"端口 {port} 已被占用，聊天页启动不了。请关掉占用它的程序，或换一个端口：FINLIT_PORT={port + 1} make run"
            ) from error


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


def assistant(settings: Settings) -> Server:
    """Return the assistant, not yet started."""
    address = f"http://127.0.0.1:{settings.port}"
    return Server("finlit.serving.rasa_server", f"{address}/health", f"{address}/ready", child_environment(settings))


def wait_until_ready(server: Server) -> None:
    """Wait a minute for the server to live, and as long as it takes for the databases that it needs; raises CannotStart."""
    started, told = time.monotonic(), ""
    while True:
        if server.died():
            raise CannotStart("助手没能启动，上面几行写着原因。改好后再运行一次。")
        lacking = server.lacks()
        if lacking:
            if told != (told := f"· 助手已启动，还没就绪：{'、'.join(lacking)}。恢复后会自己好，正在等…"):
                print(told, flush=True)
        elif lacking is not None:
            print(f"✓ 助手就绪，用了 {time.monotonic() - started:.1f} 秒", flush=True)
            return
        if time.monotonic() - started > START_WITHIN and not server.is_alive():
            raise CannotStart(f"等了 {START_WITHIN:.0f} 秒，助手还没有应答。请再运行一次；仍不行请看上面的记录。")
        time.sleep(0.2)


def _restart_if_died(server: Server) -> None:
    if not server.died():
        return
    now = time.monotonic()
    server.restarts = [moment for moment in server.restarts if now - moment < 60] + [now]
    if len(server.restarts) > MOST_RESTARTS:
        raise CannotStart(f"助手一分钟内停了 {MOST_RESTARTS} 次以上，不再重启。请看上面的记录。")
    print("· 助手意外停止，正在重启…", flush=True)
    time.sleep(RESTART_PAUSE)
    server.start()


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
    _require_free(settings.port)
    server = assistant(settings)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        server.start()
        wait_until_ready(server)
        print(hello(settings), flush=True)
        while True:
            _restart_if_died(server)
            time.sleep(0.5)
    except KeyboardInterrupt:
        print("\n正在停止…", flush=True)
    finally:
        server.stop()
    print("已停止。")
    return 0
