"""A child process ends when its parent does, however the parent ended.

The parent holds the writing end of a pipe and never writes; the system closes it when the parent is
gone, also after ``kill -9``, and the child, which reads the other end in a thread, stops. Unlike
``PR_SET_PDEATHSIG`` this works on every system, through processes in between, and ends gracefully.
"""

from __future__ import annotations

import os
import signal
import threading
import time

OPTION = "--lifeline"
STOP_WITHIN = 8.0  # seconds for the turns in hand; after that the process is ended


class Lifeline:
    """The parent's end; ``end`` is the descriptor that the child inherits, to be closed here once it has."""

    def __init__(self) -> None:
        self.end, self._held = os.pipe()

    def arguments(self) -> list[str]:
        """Return what the child's command line needs."""
        return [OPTION, str(self.end)]

    def inherited(self) -> None:
        """Close the child's end here, after it was started."""
        os.close(self.end)

    def let_go(self) -> None:
        """Close the parent's end, when the child is gone or should go."""
        os.close(self._held)


def watch(arguments: list[str]) -> None:
    """End this process once its parent is gone, when ``arguments`` (of the command line) name a lifeline."""
    if OPTION in arguments:
        end = int(arguments[arguments.index(OPTION) + 1])
        threading.Thread(target=_wait, args=(end,), name="lifeline", daemon=True).start()


def _wait(end: int) -> None:
    os.read(end, 1)  # returns only at the end of the pipe
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_WITHIN)
    os.kill(os.getpid(), signal.SIGKILL)
