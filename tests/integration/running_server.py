"""Real servers for tests: ``finlit run`` in processes of its own, a client of the web chat, and WeChat's side."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

from finlit.channels.wechat_simulator import Platform
from finlit.settings import PROJECT_ROOT
from tests import wechat

FINLIT = PROJECT_ROOT / ".venv" / "bin" / "finlit"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(url, timeout=10):
    """Return status and JSON; (0, None) when nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=timeout) as response:
            return response.status, json.loads(response.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())
    except OSError:
        return 0, None


def wait_for(condition, seconds=90.0, said=lambda: ""):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"it did not happen in time: {said()}"
        time.sleep(0.2)


class Running:
    """``finlit run`` on databases of its own; WeChat is on when ``api`` gives the address of its API's double."""

    def __init__(self, folder, api=None, seed="demo", **more):
        self.port, self.log = free_port(), folder / "log.txt"
        self.url = f"http://127.0.0.1:{self.port}"
        channel = wechat.environment(WECHAT_API_BASE=api) if api else {}
        self.environment = {
            **os.environ, **channel, "FINLIT_ENV": "test", "FINLIT_NOW": "", "FINLIT_PORT": str(self.port),
            "DATABASE_URL": f"sqlite:///{folder}/finlit.db",
            "TRACKER_DATABASE": f"sqlite:///{folder}/talk.db", "FINLIT_SESSION_SECRET": "server-tests-" * 3, "FINLIT_PROCESSES": "1", **more,
        }  # fmt: skip
        if api:
            self.config = wechat.config(WECHAT_API_BASE=api)
            self.platform = Platform(self.config, f"{self.url}/webhooks/wechat/webhook", wechat.now)
        self.finlit("db", seed)
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                [FINLIT, "run"], env=self.environment, cwd=PROJECT_ROOT, stdout=out, stderr=subprocess.STDOUT
            )

    def finlit(self, *arguments):
        """Run another command with the same settings; return what it says."""
        done = subprocess.run(
            [FINLIT, *arguments], env=self.environment, cwd=PROJECT_ROOT, check=True, capture_output=True, text=True
        )
        return done.stdout

    def said(self):
        return self.log.read_text(encoding="utf-8")

    def wait_until_up(self):
        wait_for(lambda: "助手就绪" in self.said() or self.process.poll() is not None, 120, self.said)
        assert self.process.poll() is None, self.said()
        return self

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=30)


class WebClient:
    """Somebody at the web chat: one cookie, plain requests."""

    def __init__(self, running):
        self.api, self.cookie, self.number, self.next = f"{running.url}/webhooks/web/", "", 0, 0
        self.headers, self.more = {}, {}
        self._request("history")

    def _request(self, path, body=None):
        head = {"Cookie": self.cookie, "Content-Type": "application/json", **self.more}
        content = None if body is None else json.dumps(body).encode()
        try:
            response = urllib.request.urlopen(urllib.request.Request(self.api + path, content, head), timeout=40)
        except urllib.error.HTTPError as error:
            response = error
        with response:
            if response.headers.get("Set-Cookie"):
                self.cookie = response.headers["Set-Cookie"].split(";")[0]
            self.headers = response.headers
            return response.status, json.loads(response.read())

    def say(self, text, again=False):
        """Return status and JSON for one message; ``again`` sends the last one once more, as a page does."""
        self.number += not again
        status, found = self._request("message", {"id": f"message-{self.number:04d}", "text": text, "after": self.next})
        self.next = found.get("next", self.next)
        return status, found

    def answer(self, text, again=False):
        """Return the texts of the answer to one message."""
        status, found = self.say(text, again)
        assert status == 200, found
        return "\n".join(turn["text"] for turn in found["turns"] if turn["from"] == "assistant")

    def turns(self):
        return self._request("history")[1]["turns"]
