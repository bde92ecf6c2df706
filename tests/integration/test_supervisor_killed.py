"""Whoever ends ``finlit run``, and however, leaves no server behind."""

import os
import signal
import subprocess
from pathlib import Path

from tests.integration.running_server import Running, WebClient, get, wait_for


def descendants(pid):
    """Return every process below ``pid``."""
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False).stdout
    below = [int(word) for word in found.split()]
    return below + [each for child in below for each in descendants(child)]


def is_there(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0] != "Z"


def left(pids):
    return [pid for pid in pids if is_there(pid)]


def test_a_killed_supervisor_takes_its_servers_along(tmp_path):
    running = Running(tmp_path, FINLIT_PROCESSES="2").wait_until_up()
    assert "征信" in WebClient(running).answer("逾期一天会上征信吗")
    servers = descendants(running.process.pid)
    try:
        assert servers, "a server runs below the supervisor"
        running.process.send_signal(signal.SIGKILL)
        running.process.wait(timeout=5)
        wait_for(lambda: not left(servers), 12, lambda: str(left(servers)))
        assert get(f"{running.url}/health") == (0, None)
    finally:
        for pid in left(servers):
            os.kill(pid, signal.SIGKILL)
