"""Two real server processes on one store, talked to as the platform does: signed, encrypted, up to three times."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest

from finlit.channels.wechat_double import WeChatDouble
from finlit.channels.wechat_simulator import NoAnswer, Platform
from finlit.db import engine, tables
from finlit.settings import PROJECT_ROOT
from tests import wechat
from tests.postgresql import empty_postgresql

EMPTY = ""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Bots:
    """The processes, the store, the double of the API, and a platform for each process."""

    def __init__(self, folder, database, account_type, double, **more):
        self.log = folder / "asked.txt"
        self.log.touch()
        self.double = double
        self.settings = wechat.environment(account_type=account_type, WECHAT_API_BASE=double.url)
        self.environment = {
            **os.environ, **self.settings, "FINLIT_ENV": "test", "FINLIT_NOW": "", "DATABASE_URL": database,
            "FINLIT_SESSION_SECRET": "two-processes-" * 3, "FINLIT_MESSAGES_PER_MINUTE": "1000", **more,
        }  # fmt: skip
        self.ports = [free_port(), free_port()]
        self.processes = [self.started(port) for port in self.ports]
        config = wechat.config(account_type=account_type, WECHAT_API_BASE=double.url)
        self.platforms = [Platform(config, self.url(port), wechat.now) for port in self.ports]
        self.wait_until_up()

    @staticmethod
    def url(port):
        return f"http://127.0.0.1:{port}/webhooks/wechat/webhook"

    def started(self, port):
        command = [sys.executable, "-m", "tests.integration.wechat_bot", str(port), str(self.log)]
        return subprocess.Popen(command, cwd=PROJECT_ROOT, env=self.environment)

    def wait_until_up(self):
        deadline = time.monotonic() + 120
        for port in self.ports:
            while True:
                try:
                    urllib.request.urlopen(self.url(port), timeout=2)
                except urllib.error.HTTPError as error:
                    assert error.code == 403
                    break
                except OSError:
                    assert time.monotonic() < deadline, "the process did not start"
                    time.sleep(0.3)

    def revive(self):
        for index, process in enumerate(self.processes):
            try:
                process.wait(timeout=2)  # the connection ends a moment before the process does
            except subprocess.TimeoutExpired:
                continue
            self.processes[index] = self.started(self.ports[index])
        self.wait_until_up()

    def asked(self, text):
        return [line for line in self.log.read_text().splitlines() if line.endswith(f" {text}")]

    def pushed(self, openid):
        return [each["text"]["content"] for each in self.double.sent if each["touser"] == openid]

    def stop(self):
        for process in self.processes:
            process.send_signal(signal.SIGKILL)
            process.wait()


@pytest.fixture(scope="module", params=["service-sqlite", "subscription-sqlite", "service-postgresql"])
def bots(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bots")
    account_type, _, kind = request.param.partition("-")
    if kind == "postgresql":
        with empty_postgresql(request.getfixturevalue("postgresql")) as database:
            yield from two_processes(folder, database, account_type)
    else:
        yield from two_processes(folder, f"sqlite:///{folder / 'finlit.db'}", account_type)


def two_processes(folder, database, account_type):
    tables.Base.metadata.create_all(engine.engine_for(database))
    secret = wechat.environment()["WECHAT_APP_SECRET"]
    with WeChatDouble("wx0123456789abcdef", secret) as double:
        running = Bots(folder, database, account_type, double)
        yield running
        running.stop()
    engine.dispose(database)


@pytest.fixture
def openid(request):
    return f"o{abs(hash((request.node.name, time.time_ns()))) % 10**12}"


def wait_for(what, seconds=10):
    deadline = time.monotonic() + seconds
    while not what() and time.monotonic() < deadline:
        time.sleep(0.1)
    return what()


def test_three_deliveries_to_two_processes_at_once_are_computed_once_and_answered_alike(bots, openid):
    fields = wechat.message("慢 1", openid)
    with ThreadPoolExecutor(3) as pool:
        sent = [pool.submit(bots.platforms[number % 2].post, fields) for number in range(3)]
    assert {each.result() for each in sent} == {"答「慢 1」"}
    assert len([line for line in bots.log.read_text().splitlines() if openid in line]) == 1


def test_two_quick_messages_to_two_processes_are_answered_each_and_in_order(bots, openid):
    order = []

    def say(platform, text):
        answer = platform.post(wechat.message(text, openid))
        order.append(text)
        return answer

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(say, bots.platforms[0], "慢 1.5")
        time.sleep(0.4)
        second = pool.submit(say, bots.platforms[1], "快")
    assert (first.result(), second.result()) == ("答「慢 1.5」", "答「快」")
    assert order == ["慢 1.5", "快"]
    assert [line.split(" ", 2)[2] for line in bots.log.read_text().splitlines() if openid in line] == order


def test_a_late_answer_arrives_once(bots, openid):
    # Two seconds more than the platform's patience, so that a busy machine is no failure; the answer takes longer still.
    patient = Platform(bots.platforms[0]._config, bots.url(bots.ports[0]), wechat.now, give_up_after=6.9)
    reply = patient.post(wechat.message("慢 7", openid))
    if bots.platforms[0]._config.may_push:
        assert reply == EMPTY
        assert wait_for(lambda: bots.pushed(openid)) == ["答「慢 7」"]
        assert bots.platforms[1].post(wechat.message("再问", openid)) == "答「再问」"
    else:
        assert "1" in reply and "答" not in reply.replace("回答", "")
        assert bots.platforms[1].post(wechat.message("1", openid)) == "答「慢 7」"
        assert bots.platforms[1].post(wechat.message("再问", openid)) == "答「再问」"
        assert bots.pushed(openid) == []


def test_a_process_that_dies_between_computing_and_sending_loses_no_answer(bots, openid):
    fields = wechat.message("死", openid)
    with pytest.raises((NoAnswer, ConnectionError)):
        bots.platforms[0].post(fields)
    answer = bots.platforms[1].post(fields)  # the platform delivers again, and the other process gets it
    bots.revive()
    assert [answer] == ["答「死」"] or (answer == EMPTY and wait_for(lambda: bots.pushed(openid)) == ["答「死」"])
    assert len([line for line in bots.log.read_text().splitlines() if openid in line]) == 1


def test_a_process_that_dies_while_computing_is_replaced_by_the_other_one(bots, openid):
    fields = wechat.message("倒", openid)
    with pytest.raises((NoAnswer, ConnectionError)):
        bots.platforms[0].post(fields)
    time.sleep(4)
    with pytest.raises((NoAnswer, ConnectionError)):  # it takes over, and dies of the same message
        bots.platforms[1].post(fields)
    bots.revive()
    assert len([line for line in bots.log.read_text().splitlines() if openid in line]) == 2
    assert wait_for(lambda: bots.platforms[0].post(wechat.message("还在吗", openid)), 15) == "答「还在吗」"


def test_a_known_delivery_with_another_body_is_refused_by_both(bots, openid):
    fields = wechat.message("好", openid)
    assert bots.platforms[0].post(fields) == "答「好」"
    for platform in bots.platforms:
        with pytest.raises(NoAnswer, match="403"):
            platform.post(fields | {"Content": "坏"})


def test_crisis_help_whose_reply_was_lost_is_repeated_by_another_way_too(bots, openid):
    fields = wechat.message("救命", openid)
    assert bots.platforms[0].post(fields) == bots.platforms[1].post(fields) == "答「救命」"
    if bots.platforms[0]._config.may_push:
        assert wait_for(lambda: bots.pushed(openid)) == ["答「救命」"]
    else:
        assert bots.platforms[0].post(wechat.message("还有", openid)) == "答「救命」\n\n答「还有」"


def test_a_long_answer_comes_in_parts(bots, openid):
    reply = bots.platforms[0].post(wechat.message("长", openid))
    if bots.platforms[0]._config.may_push:
        assert reply == EMPTY
        assert wait_for(lambda: len(bots.pushed(openid)) == 3)
        assert "".join(bots.pushed(openid)) == "长" * 1500
        return
    parts = [reply]
    while "继续" in parts[-1]:
        parts.append(bots.platforms[len(parts) % 2].post(wechat.message("1", openid)))
    assert "".join(part.split("\n\n")[0] for part in parts) == "长" * 1500
    assert all(len(part.encode()) <= 2048 for part in parts)


def test_two_hundred_messages_of_forty_people_are_all_answered_and_never_crossed(bots, openid):
    def talk(person):
        said = [f"{person} 第{number}句" for number in range(5)]
        return [
            bots.platforms[(person + n) % 2].post(wechat.message(text, f"{openid}-{person}"))
            for n, text in enumerate(said)
        ] == [f"答「{text}」" for text in said]

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(talk, range(40)))
