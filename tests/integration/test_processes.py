"""Several processes of the assistant on one port: one service, whichever of them answers or dies."""

import os
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from finlit.db import engine, tables
from tests.integration.running_server import FINLIT, PROJECT_ROOT, Running, WebClient, get, wait_for
from tests.integration.test_supervisor_killed import left


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    found = Running(tmp_path_factory.mktemp("processes"), FINLIT_PROCESSES="2").wait_until_up()
    yield found
    found.stop()


def children(running):
    found = subprocess.run(["pgrep", "-P", str(running.process.pid)], capture_output=True, text=True, check=False)
    return {int(pid) for pid in found.stdout.split()}


def serving(running):
    with engine.sessions(running.environment["DATABASE_URL"])() as session:
        return {int(row.id.split(":")[1]) for row in session.query(tables.ServingWorker)}


def several(times, what):
    """Call ``what`` so many times at once, each on a connection of its own; return what it returns."""
    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(what, range(times)))


def test_ready_means_that_all_are(running):
    assert "助手就绪（2 个进程）" in running.said()
    assert len(children(running)) == 2
    assert serving(running) == children(running), "a publication waits for each of them"


def test_messages_of_one_conversation_that_come_at_once_are_answered_each_once(running):
    client = WebClient(running)

    def say(number):
        body = {
            "id": f"message-{number // 3:04d}",
            "text": f"借了{1000 + number // 3 * 20}年化18逾期20天罚息多少",
            "after": 0,
        }
        return client._request("message", body)[0]

    answers = several(12, say)  # four messages, each three times
    assert set(answers) <= {200, 202}, answers
    turns = client.turns()
    said = [turn["id"] for turn in turns if turn["from"] == "customer"]
    assert sorted(said) == [f"message-{number:04d}" for number in range(4)]
    for place, turn in enumerate(turns):
        if turn["from"] == "customer":
            amount = 15 + int(turn["id"][-1]) * 0.3
            assert f"¥{amount:.2f}" in turns[place + 1]["text"], "its own answer follows"


def test_a_killed_one_is_replaced_and_nobody_is_refused_meanwhile(running):
    client, before = WebClient(running), children(running)
    assert "¥75.00" in client.answer("借了5000年化18逾期20天罚息多少")
    os.kill(min(before), signal.SIGKILL)
    for _ in range(10):  # the line of connections is the same for the living one
        assert get(f"{running.url}/health")[0] == 200
    assert "¥90.00" in client.answer("借了6000年化18逾期20天罚息多少")
    wait_for(lambda: len(children(running) - before) == 1, said=running.said)
    assert max(before) in children(running)
    wait_for(lambda: children(running) <= serving(running), said=running.said)


def test_a_port_that_is_taken_is_said_in_one_line(running):
    command = subprocess.run([FINLIT, "run"], env=running.environment, cwd=PROJECT_ROOT, capture_output=True, text=True)
    assert command.returncode != 0
    assert f"端口 {running.port} 用不了" in command.stderr + command.stdout and "Traceback" not in command.stderr


def test_stopping_stops_them_all(tmp_path):
    running = Running(tmp_path, FINLIT_PROCESSES="2").wait_until_up()
    all_of_them = children(running)
    running.stop()
    assert not left(all_of_them)
    assert get(f"{running.url}/health") == (0, None)
