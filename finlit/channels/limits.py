"""How many messages one sender may send: a sliding minute, in memory of the process."""

from __future__ import annotations

from collections import OrderedDict, deque

MOST_SENDERS = 50_000


class SlidingMinute:
    """Allows ``per_minute`` events for each key; the clock comes in as seconds."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._events: OrderedDict[str, deque[float]] = OrderedDict()

    def allow(self, key: str, now: float) -> bool:
        """Count one event of ``key`` and say whether it is within the limit; refused ones don't count."""
        events = self._events.setdefault(key, deque())
        self._events.move_to_end(key)
        if len(self._events) > MOST_SENDERS:
            self._events.popitem(last=False)
        while events and events[0] <= now - 60:
            events.popleft()
        if len(events) >= self._per_minute:
            return False
        events.append(now)
        return True
