"""``finlit run`` with the WeChat channel on, for tests that talk to a real server."""

import os
import signal
import socket
import subprocess
import time

from finlit.channels.wechat_simulator import Platform
from finlit.settings import PROJECT_ROOT
from tests import wechat


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Running:
    """``finlit run`` with the channel on, a double of the API, and the platform that talks to it."""

    def __init__(self, folder, double, **more):
        self.port = free_port()
        settings = wechat.environment(WECHAT_API_BASE=double.url)
        self.double, self.log = double, folder / "log.txt"
        self.environment = {
            **os.environ, **settings, "FINLIT_ENV": "test", "FINLIT_NOW": "", "FINLIT_PORT": str(self.port),
            "FINLIT_ACTION_PORT": str(free_port()), "DATABASE_URL": f"sqlite:///{folder}/finlit.db",
            "TRACKER_DATABASE": f"{folder}/talk.db", "FINLIT_SESSION_SECRET": "wechat-journey-" * 3, **more,
        }  # fmt: skip
        self.config = wechat.config(WECHAT_API_BASE=double.url)
        self.url = f"http://127.0.0.1:{self.port}/webhooks/wechat/webhook"
        self.platform = Platform(self.config, self.url, wechat.now)
        finlit = PROJECT_ROOT / ".venv" / "bin" / "finlit"
        subprocess.run([finlit, "db", "demo"], env=self.environment, cwd=PROJECT_ROOT, check=True, capture_output=True)
        with self.log.open("wb") as out:
            command = [finlit, "run"]
            self.process = subprocess.Popen(
                command, env=self.environment, cwd=PROJECT_ROOT, stdout=out, stderr=subprocess.STDOUT
            )
        self.wait_until_up()

    def wait_until_up(self):
        deadline = time.monotonic() + 120
        while "助手就绪" not in self.log.read_text():
            assert time.monotonic() < deadline and self.process.poll() is None, self.log.read_text()
            time.sleep(0.3)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=30)
