"""A child ends with its parent, also one that doesn't want to."""

import subprocess
import sys

import pytest

from finlit.serving.lifeline import Lifeline

CHILD = """
import signal, sys, time
from finlit.serving import lifeline
lifeline.STOP_WITHIN = 0.2
if "deaf" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
lifeline.watch(sys.argv)
print("up", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("hearing", ["listening", "deaf"])
def test_a_child_lives_while_the_parent_holds_the_line_and_ends_when_it_is_gone(hearing):
    line = Lifeline()
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, hearing, *line.arguments()], pass_fds=(line.end,), stdout=subprocess.PIPE
    )
    line.inherited()
    try:
        assert child.stdout.readline() == b"up\n"
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(timeout=0.4)
        line.let_go()
        assert child.wait(timeout=5) < 0, "a signal ended it"
    finally:
        child.kill()
        child.communicate()
