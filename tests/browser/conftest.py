"""Real servers and a real headless Chromium; run from .venv-tools (see the Makefile)."""

import functools
import http.server
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--font-render-hinting=none"]  # fmt: skip
PHONE, DESKTOP = {"width": 360, "height": 740}, {"width": 1200, "height": 800}
PATIENCE = 15_000  # ms for an answer: the machine may be busy


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Servers:
    """The action server and the assistant, on free ports and a database of their own."""

    def __init__(self, folder, **changes):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        self.api = self.url + "webhooks/web/"
        self.environment = {
            **os.environ, "FINLIT_ENV": "test", "FINLIT_PORT": str(self.port),
            "DATABASE_URL": f"sqlite:///{folder}/finlit.db", "TRACKER_DATABASE": f"sqlite:///{folder}/talk.db",
            "FINLIT_SESSION_SECRET": "browser-tests-" * 3, "FINLIT_PROCESSES": "1", "FINLIT_NOW": "", **changes,
        }  # fmt: skip
        self.process = None

    def start(self):
        finlit = ROOT / ".venv" / "bin" / "finlit"
        subprocess.run([finlit, "db", "migrate"], env=self.environment, cwd=ROOT, check=True)
        self.process = subprocess.Popen([finlit, "run"], env=self.environment, cwd=ROOT, start_new_session=True)
        self.wait_until_ready()

    def wait_until_ready(self):
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(self.url + "ready", timeout=1) as response:
                    if response.status == 200:
                        return
            except OSError:
                time.sleep(0.3)
        raise RuntimeError("the servers did not start")

    def kill_assistant(self):
        """Kill the process that serves the page, as the system would; its supervisor starts another."""
        child = ["pgrep", "-P", str(self.process.pid), "-f", "finlit.serving.rasa_server"]
        os.kill(int(subprocess.run(child, capture_output=True, check=True).stdout.split()[0]), signal.SIGKILL)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=20)


class Client:
    """A client without a browser: one cookie, plain requests."""

    def __init__(self, servers):
        self.servers = servers
        self.cookie = ""
        self.number = 0

    def request(self, path, body=None, **headers):
        """Return status, JSON and headers of a request to the channel; a dictionary is sent as JSON."""
        content = json.dumps(body).encode() if isinstance(body, dict) else body
        head = {"Cookie": self.cookie, "Content-Type": "application/json", **headers}
        try:
            response = urllib.request.urlopen(
                urllib.request.Request(self.servers.api + path, content, head), timeout=40
            )
        except urllib.error.HTTPError as error:
            response = error
        with response:
            given = response.headers.get("Set-Cookie")
            if given:
                self.cookie = given.split(";")[0]
            return response.status, json.loads(response.read() or b"{}"), response.headers

    def open(self):
        assert self.request("history")[0] == 200
        return self

    def say(self, text, name=None, after=0):
        self.number += 1
        return self.request("message", {"id": name or f"client-message-{self.number}", "text": text, "after": after})


@pytest.fixture(scope="session")
def host_page():
    """A page of another site that embeds the widget: served at localhost, the assistant at 127.0.0.1."""
    handler = functools.partial(QuietHandler, directory=Path(__file__).parent / "host")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="session")
def servers(tmp_path_factory, host_page):
    running = Servers(tmp_path_factory.mktemp("servers"), FINLIT_WIDGET_ORIGINS=host_page)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def client(servers):
    return Client(servers)


@pytest.fixture(scope="session")
def browser():
    if not Path(CHROMIUM).exists():
        if os.environ.get("CI") == "true":
            pytest.fail("CI must have chromium")
        pytest.skip("no chromium on this machine")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(params=[PHONE, DESKTOP], ids=["phone", "desktop"])
def size(request):
    return request.param


@pytest.fixture
def new_context(browser):
    contexts = []

    def make(viewport=PHONE, **options):
        options = {"locale": "zh-CN", "timezone_id": "Asia/Shanghai", "reduced_motion": "reduce", **options}
        context = browser.new_context(viewport=viewport, **options)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def open_page(new_context, servers):
    """Open the chat page in a browser of its own; ``page.faults`` collects what went wrong in its scripts."""

    def open_(viewport=PHONE, before=None, **options):
        context = new_context(viewport, **options)
        page = context.new_page()
        page.faults = []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        if before:
            before(page)
        page.goto(servers.url)
        page.locator("#starters button").first.wait_for(state="attached")
        return page

    return open_
