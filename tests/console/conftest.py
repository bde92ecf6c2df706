"""A copy of the project with servers and console of its own, and real browsers; run from .venv-tools."""

import os
import shutil
import signal
import sqlite3
import subprocess
import time
import urllib.request
from datetime import datetime, timedelta, timezone

import pytest

from tests import wechat
from tests.browser.conftest import ROOT, browser, free_port  # noqa: F401 - the fixture is used by name

PASSWORDS = {"lin": "correct horse 8", "wang": "battery staple 9", "reader": "only looking 7"}
PROCESSES = 2  # of the assistant: a publication has to reach all
DESKTOP, TABLET = {"width": 1280, "height": 860}, {"width": 820, "height": 1100}
# These conversations are played before and after each publication here; all of them are `make conversation`.
CONVERSATIONS = ("test_fees.yml",)


def running_clock():
    """The shift in seconds that lets the clock run on the day the other tests are fixed to."""
    day = datetime.fromisoformat(os.environ.get("FINLIT_NOW") or "2026-11-23T10:00")
    return (day - datetime.now(timezone(timedelta(hours=8))).replace(tzinfo=None)).total_seconds()


class Project:
    """A Git repository with the present working tree, a trained model, the assistant and the console."""

    def __init__(self, folder):
        self.folder = folder
        self.chat, self.port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.shift = running_clock()
        self.environment = {
            **os.environ, **wechat.environment(account_type="subscription"), "FINLIT_ENV": "test", "FINLIT_NOW": "", "FINLIT_PROCESSES": str(PROCESSES),
            "FINLIT_CLOCK_SHIFT": str(self.shift), "FINLIT_PORT": str(self.chat),
            "FINLIT_CONSOLE_PORT": str(self.port), "FINLIT_ADDRESS_REQUESTS_PER_MINUTE": "6000",
            "DATABASE_URL": f"sqlite:///{folder}/var/finlit.db", "TRACKER_DATABASE": f"sqlite:///{folder}/var/conversations.db",
            "FINLIT_SESSION_SECRET": "console-tests-" * 3, "FINLIT_CONSOLE_NEEDS_REVIEW": "0",
            "WECHAT_API_BASE": "http://127.0.0.1:9",
        }  # fmt: skip
        self.processes = {}
        self._copy()

    def _copy(self):
        names = self.git("ls-files", "-co", "--exclude-standard", cwd=ROOT).split("\n")
        for name in filter(None, names):
            left_out = name.startswith("tests/conversations/test_") and not name.endswith(CONVERSATIONS)
            if (ROOT / name).is_file() and not left_out:
                (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, self.folder / name)
        shutil.copytree(ROOT / "models", self.folder / "models")
        if (ROOT / ".rasa").is_dir():
            shutil.copytree(ROOT / ".rasa", self.folder / ".rasa")
        self.git("init", "-q", "-b", "main")
        self.git("add", "-A")
        self.git("-c", "user.name=Test", "-c", "user.email=test@example.org", "commit", "-q", "-m", "Begin")

    def git(self, *arguments, cwd=None):
        command = ["git", "-c", "core.quotePath=false", *arguments]
        return subprocess.run(command, cwd=cwd or self.folder, check=True, capture_output=True, text=True).stdout

    def python(self, *arguments, **options):
        """Start the project's own Python in the copy."""
        command = [ROOT / ".venv" / "bin" / "python", *arguments]
        return subprocess.Popen(command, cwd=self.folder, env=self.environment, **options)

    def finlit(self, *arguments, **options):
        command = [ROOT / ".venv" / "bin" / "python", "-m", "finlit.cli.main", *arguments]
        return subprocess.run(command, cwd=self.folder, env=self.environment, check=True, **options)

    def start(self, command):
        """Start ``run`` or ``console`` and wait until it answers."""
        address = f"http://127.0.0.1:{self.chat}/ready" if command == "run" else f"{self.url}/login"
        log = (self.folder / "var" / f"{command}.log").open("ab")
        self.processes[command] = self.python(
            "-m", "finlit.cli.main", command, start_new_session=True, stdout=log, stderr=log
        )
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(address, timeout=2) as response:
                    if response.status == 200:
                        return
            except OSError:
                time.sleep(0.2)
        raise RuntimeError(f"{command} did not start: {(self.folder / 'var' / f'{command}.log').read_text()[-2000:]}")

    def kill(self, command):
        """End a process as a power cut would."""
        self.processes[command].send_signal(signal.SIGKILL)
        self.processes[command].wait()

    def rows(self, query, *values):
        """Return what the project's database answers."""
        with sqlite3.connect(self.folder / "var" / "finlit.db", timeout=10) as connection:
            return connection.execute(query, values).fetchall()

    def stop(self):
        for process in self.processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
        for process in self.processes.values():
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture(scope="session")
def project(tmp_path_factory):
    """The project with its assistant and console running, and three people who may come in."""
    made = Project(tmp_path_factory.mktemp("project"))
    (made.folder / "var").mkdir(exist_ok=True)
    for name, full, role in (("lin", "林编辑", "admin"), ("wang", "王编辑", "publisher"), ("reader", "访客", "viewer")):
        made.finlit(
            "console", "add-user", name, "--full-name", full, "--email", f"{name}@example.org", "--role", role,
            input=PASSWORDS[name].encode(), stdout=subprocess.DEVNULL,
        )  # fmt: skip
    try:
        made.start("run")
        made.start("console")
        yield made
    finally:
        made.stop()


@pytest.fixture
def sign_in(browser, project):  # noqa: F811 - the fixture
    """Open a browser of one person's own, signed in."""
    contexts = []

    def open_(name, viewport=DESKTOP):
        context = browser.new_context(viewport=viewport, locale="zh-CN")
        contexts.append(context)
        page = context.new_page()
        page.goto(project.url + "/login")
        page.fill("[name=name]", name)
        page.fill("[name=password]", PASSWORDS[name])
        page.click("button.main")
        page.wait_for_selector("nav")
        return page

    yield open_
    for context in contexts:
        context.close()
