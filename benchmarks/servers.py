"""The real servers for a measurement: ``finlit run`` on loopback with databases of their own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parent.parent
READY_WITHIN = 120.0  # seconds
NO_LIMIT = "100000"  # for what all requests from one address would run into


def free_port() -> int:
    """Return a port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Servers:
    """The assistant with a fresh database in ``folder``.

    ``has_customers``: with the demo customers; ``changes`` are settings that differ.
    """

    def __init__(self, folder: Path, has_customers: bool = False, **changes: str) -> None:
        self._has_customers = has_customers
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.log = folder / "log"
        self.environment = {
            **os.environ, "FINLIT_ENV": "test", "FINLIT_NOW": "", "FINLIT_PORT": str(self.port),
            "DATABASE_URL": f"sqlite:///{folder}/finlit.db", "TRACKER_DATABASE": f"sqlite:///{folder}/talk.db", "FINLIT_SESSION_SECRET": "measured-" * 6,
            "FINLIT_ADDRESS_REQUESTS_PER_MINUTE": NO_LIMIT, "FINLIT_NEW_SESSIONS_PER_MINUTE": NO_LIMIT,
            "FINLIT_ADDRESS_STREAMS": NO_LIMIT, **changes,
        }  # fmt: skip

    def __enter__(self) -> Servers:
        finlit = [sys.executable, "-m", "finlit.cli.main"]
        prepare = [*finlit, "db", "demo" if self._has_customers else "migrate"]
        subprocess.run(prepare, env=self.environment, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*finlit, "run"], env=self.environment, cwd=ROOT, start_new_session=True, stdout=log, stderr=log
            )
        deadline = time.monotonic() + READY_WITHIN
        while time.monotonic() < deadline and self.process.poll() is None:
            if self.is_ready():
                return self
            time.sleep(0.3)
        self.__exit__()
        raise RuntimeError(f"the servers did not start:\n{self.log_text()[-2000:]}")

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def is_ready(self) -> bool:
        """Say whether a question would be answered now."""
        try:
            with urllib.request.urlopen(f"{self.address}/ready", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def log_text(self) -> str:
        """Return what the servers wrote so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")
