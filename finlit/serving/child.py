"""One process of the assistant, as its supervisor sees it: how it is started, what it lacks, how it ends.

All processes accept from one listening socket, which the supervisor holds: whichever is free takes the next
connection, and while one is started anew nobody is refused. Each has a pipe of its own to the supervisor, where
it says what it waits for (``finlit.serving.readiness``).
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from finlit.serving.lifeline import Lifeline

MODULE = "finlit.serving.rasa_server"
LACKING = {
    "model": "模型没有装好",
    "database": "业务数据库连不上，或还没有建表（finlit db migrate）",
    "conversations": "对话数据库连不上",
}


@dataclass
class Child:
    """A process that accepts from ``listening``; ``restarts`` are moments of the monotonic clock."""

    listening: socket.socket
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None
    restarts: list[float] = field(default_factory=list)
    start_at: float = 0.0
    _lifeline: Lifeline | None = None
    _report: int | None = None  # the pipe's end where it is read
    _said: bytes = b""

    def start(self) -> None:
        """Start the process in a group of its own, so that Ctrl-C reaches it only through us; it ends when we do."""
        self._let_go()
        self._lifeline, self._said = Lifeline(), b""
        self._report, theirs = os.pipe()
        os.set_blocking(self._report, False)
        numbers = (self.listening.fileno(), theirs)
        self.process = subprocess.Popen(
            [sys.executable, "-m", MODULE, *map(str, numbers), *self._lifeline.arguments()],
            env=dict(self.environment), start_new_session=True, pass_fds=(*numbers, self._lifeline.end),
        )  # fmt: skip
        os.close(theirs)
        self._lifeline.inherited()

    def lacks(self) -> list[str] | None:
        """Return what the process waits for, by its own account, in Chinese; None while it says nothing."""
        try:
            while self._report is not None and (some := os.read(self._report, 4096)):
                self._said += some
        except BlockingIOError:
            pass  # nothing more for now
        whole = self._said.split(b"\n")[:-1]
        found = json.loads(whole[-1]) if whole else None
        return None if found is None else [LACKING[name] for name in LACKING if found.get(name) is False]

    def died(self) -> bool:
        """Say whether it was started and has ended."""
        return self.process is not None and self.process.poll() is not None

    def end(self, sign: signal.Signals) -> None:
        """Send ``sign`` to the process and all that it started."""
        if self.process is not None and self.process.poll() is None:
            try:
                os.killpg(self.process.pid, sign)
            except ProcessLookupError:
                pass

    def wait(self, seconds: float) -> None:
        """Wait until it has ended, ``seconds`` at most."""
        if self.process is not None:
            try:
                self.process.wait(timeout=max(0.0, seconds))
            except subprocess.TimeoutExpired:
                pass

    def _let_go(self) -> None:
        if self._lifeline is not None and self._report is not None:
            self._lifeline.let_go()
            os.close(self._report)
