"""The model processes of the console: one for the published state, one for each draft in use."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

from dotenv import dotenv_values

from finlit import training
from finlit.console.drafts import Draft
from finlit.secret_checks import SECRETS
from finlit.settings import Settings

# What only the service for customers may use. Empty is unset, and keeps a .env file from setting it again.
WITHHELD = (*SECRETS, "FINLIT_CODE_WEBHOOK_URL", "FINLIT_HOST_TOKEN_AUDIENCE", "WECHAT_TOKEN", "WECHAT_APP_ID")
IDLE = 900.0  # seconds after which an unused process is ended: each holds about 400 MB
MOST = 4


class ModelFailed(RuntimeError):
    """The model process could not do it; the message is for the editor."""


class Busy(RuntimeError):
    """The process is at work on something else (training, as a rule)."""


@dataclass
class _Process:
    popen: subprocess.Popen[str]
    lock: Lock = field(default_factory=Lock)
    used_at: float = 0.0

    def ask(self, request: dict[str, Any], timeout: float) -> dict[str, Any]:
        assert self.popen.stdin and self.popen.stdout
        try:
            self.popen.stdin.write(json.dumps(request, ensure_ascii=False) + "\n")
            self.popen.stdin.flush()
            with selectors.DefaultSelector() as selector:
                selector.register(self.popen.stdout, selectors.EVENT_READ)
                if not selector.select(timeout):
                    self.popen.kill()
                    raise ModelFailed("模型太久没有应答，已经停掉，请再试一次。")
            answer = json.loads(self.popen.stdout.readline() or "{}")
        except (OSError, ValueError) as fault:
            self.popen.kill()
            raise ModelFailed("模型进程意外停止，请再试一次。") from fault
        if "result" not in answer:
            raise ModelFailed(str(answer.get("fault") or "模型进程意外停止，请再试一次。"))
        return dict(answer["result"])


def environment_for(settings: Settings, folder: Path) -> dict[str, str]:
    """Return the environment of a process that works in ``folder``: the console's, with databases of its own.

    Whoever tries something, in a draft or in the published state, reaches no customer: not their data, not
    their phone, not the queues of staff.
    """
    from_file = {key: value for key, value in dotenv_values(settings.root / ".env").items() if value is not None}
    environment = {**from_file, **os.environ, **dict.fromkeys(WITHHELD, "")}
    environment |= {"FINLIT_ENV": "development", "FINLIT_CODE_SENDER": "console"}
    environment["FINLIT_SESSION_SECRET"] = settings.session_secret
    environment.pop("PYTHONPATH", None)
    environment["DATABASE_URL"] = f"sqlite:///{folder / 'var' / 'trying.db'}"
    environment["TRACKER_DATABASE"] = f"sqlite:///{folder / 'var' / 'trying-talk.db'}"
    return environment


class Models:
    """Starts, keeps and ends the processes; safe to use from several threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._running: dict[Path, _Process] = {}
        self._lock = Lock()

    def ask(self, folder: Path, do: str, timeout: float = 60.0, wait: float = -1, **values: Any) -> dict[str, Any]:
        """Return the answer of the process in ``folder``; raises ModelFailed, and Busy when it is at work for ``wait`` seconds.

        Without ``wait`` the request queues behind whatever goes on.
        """
        process = self._process(folder)
        if not process.lock.acquire(timeout=wait):
            raise Busy
        try:
            process.used_at = time.monotonic()
            return process.ask({"do": do, **values}, timeout)
        finally:
            process.lock.release()

    def _process(self, folder: Path) -> _Process:
        with self._lock:
            self._end_idle(keep=folder)
            process = self._running.get(folder)
            if process is None or process.popen.poll() is not None:
                popen = subprocess.Popen(
                    [sys.executable, "-m", "finlit.console.model_process"], cwd=folder, text=True, encoding="utf-8",
                    env=environment_for(self._settings, folder), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                )  # fmt: skip
                process = self._running[folder] = _Process(popen, used_at=time.monotonic())
            return process

    def _end_idle(self, keep: Path) -> None:
        by_age = sorted(self._running.items(), key=lambda item: item[1].used_at)
        for folder, process in by_age:
            spare = len(self._running) >= MOST or time.monotonic() - process.used_at > IDLE
            if folder != keep and spare and not process.lock.locked():
                self._end(process)
                del self._running[folder]

    @staticmethod
    def _end(process: _Process) -> None:
        process.popen.kill()
        process.popen.wait(timeout=5)
        for stream in (process.popen.stdin, process.popen.stdout):
            if stream:
                stream.close()

    def end(self, folder: Path) -> None:
        """End the process that works in ``folder``, if there is one."""
        with self._lock:
            process = self._running.pop(folder, None)
        if process is not None:
            self._end(process)

    def close(self) -> None:
        """End every process."""
        with self._lock:
            for process in self._running.values():
                self._end(process)
            self._running.clear()


def seed_model(draft: Draft, settings: Settings) -> None:
    """Give a draft the kept model that fits its content, or at first the published one, so that it can be tried."""
    mine, theirs = draft.folder / "models", settings.models_dir
    inputs = training.inputs_hash(draft.folder)
    fitting = training.model_for(theirs, inputs)
    current = training.current_model(theirs)
    if fitting is None and (current is None or training.current_model(mine) is not None):
        return
    name = fitting or current.name  # type: ignore[union-attr]
    mine.mkdir(exist_ok=True)
    if not (mine / name).is_file():
        link_or_copy(theirs / name, mine / name)
    known = inputs if fitting else str(training.read_manifest(theirs).get("inputs", ""))
    training.use(mine, name, known, training.learnt_of(theirs, name))


def link_or_copy(source: Path, target: Path) -> None:
    """Put ``source`` at ``target`` in one step."""
    import shutil

    part = target.with_name(f".{target.name}.part")
    part.unlink(missing_ok=True)
    try:
        os.link(source, part)
    except OSError:
        shutil.copy2(source, part)
    part.replace(target)
