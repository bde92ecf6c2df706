"""Leases are renewed from a thread of its own: they hold while the event loop is busy, and end with the process."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Generic, TypeVar

logger = logging.getLogger(__name__)

Key = TypeVar("Key")


class Heart(Generic[Key]):
    """Calls ``renew`` for each key that somebody sees to, every so many seconds; ``renew`` may block and fail."""

    def __init__(self, renew: Callable[[Key], None], every: float) -> None:
        self._renew = renew
        self._every = every
        self._keys: Counter[Key] = Counter()  # a key may be seen to by two at once
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def beat_for(self, key: Key) -> None:
        """Begin to renew ``key``."""
        with self._changed:
            self._keys[key] += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="leases", daemon=True)
                self._thread.start()
            self._changed.notify()

    def stop_for(self, key: Key) -> None:
        """End what ``beat_for`` began."""
        with self._changed:
            self._keys[key] -= 1
            if self._keys[key] <= 0:
                del self._keys[key]

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._keys:
                    self._changed.wait()
            time.sleep(self._every)
            with self._changed:
                keys = list(self._keys)
            for key in keys:
                try:
                    self._renew(key)
                except Exception:  # noqa: BLE001 - the next beat tries again; the thread must not end
                    logger.exception("a lease could not be renewed")
