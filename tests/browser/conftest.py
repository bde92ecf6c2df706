"""Real servers and a real headless Chromium; run from .venv-tools (see the Makefile)."""

import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
PHONE, DESKTOP = {"width": 360, "height": 740}, {"width": 1200, "height": 800}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Servers:
    """The action server and the assistant, on free ports and a database of their own."""

    def __init__(self, folder):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        self.environment = {
            **os.environ, "FINLIT_ENV": "test", "FINLIT_PORT": str(self.port), "FINLIT_ACTION_PORT": str(free_port()),
            "DATABASE_URL": f"sqlite:///{folder}/finlit.db", "TRACKER_DATABASE": f"{folder}/talk.db",
            "FINLIT_SESSION_SECRET": "browser-tests-" * 3, "FINLIT_NOW": "",
        }  # fmt: skip
        self.process = None

    def start(self):
        finlit = ROOT / ".venv" / "bin" / "finlit"
        subprocess.run([finlit, "db", "migrate"], env=self.environment, cwd=ROOT, check=True)
        self.process = subprocess.Popen([finlit, "run"], env=self.environment, cwd=ROOT, start_new_session=True)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(self.url + "ready", timeout=1) as response:
                    if response.status == 200:
                        return
            except OSError:
                time.sleep(0.3)
        raise RuntimeError("the servers did not start")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=20)


@pytest.fixture(scope="session")
def servers(tmp_path_factory):
    running = Servers(tmp_path_factory.mktemp("servers"))
    running.start()
    yield running
    running.stop()


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
def open_page(browser, servers):
    contexts = []

    def open_(viewport=PHONE, **options):
        context = browser.new_context(viewport=viewport, locale="zh-CN", **options)
        contexts.append(context)
        page = context.new_page()
        page.goto(servers.url)
        page.wait_for_selector("#log > div")
        return page

    yield open_
    for context in contexts:
        context.close()
