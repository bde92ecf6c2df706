"""Targets whose failure must be seen."""

import subprocess

from finlit.settings import PROJECT_ROOT


def evaluated(finlit):
    command = ["make", "--silent", "--old-file=train", "evaluate", f"FINLIT={finlit}"]
    return subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True).returncode


def test_an_evaluation_that_fails_turns_the_target_red():
    assert evaluated("false") != 0
    assert evaluated("true") == 0
