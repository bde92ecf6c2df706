"""How much one sender may ask for in a minute, counted where every process sees it.

The counting stands behind ``Limiter``; the database serves it today, and Redis can later with
``INCR`` and ``EXPIRE`` on the same keys.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil
from typing import Any, Protocol

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from finlit.db import engine, tables

MINUTE = 60  # seconds
SWEEP_EVERY = 256  # countings between two removals of old rows


@dataclass(frozen=True)
class Allowance:
    """At most ``per_minute`` events for ``key``, which is stored only as a digest."""

    key: str
    per_minute: int


class Limiter(Protocol):
    """Counts events in a sliding minute."""

    def wait(self, allowances: Sequence[Allowance], now: float) -> int:
        """Count one event for all ``allowances``; return 0, or how many seconds to wait.

        ``now`` is seconds since 1970. A refused event doesn't count for anybody.
        """


# Statements that every message needs are built once: building and comparing them costs more than running them.
_COUNTED = select(tables.RateCounter.key, tables.RateCounter.minute, tables.RateCounter.events).where(
    tables.RateCounter.key.in_(bindparam("of_keys", expanding=True)), tables.RateCounter.minute >= bindparam("since")
)


@lru_cache(maxsize=2)
def _count_one(dialect: str) -> Any:
    counter = tables.RateCounter
    values = {"key": bindparam("of_key"), "minute": bindparam("this_minute"), "events": 1}
    one = (postgresql if dialect == "postgresql" else sqlite).insert(counter).values(values)
    return one.on_conflict_do_update(index_elements=["key", "minute"], set_={"events": counter.events + 1})


def _seconds_to_wait(before: int, counted: int, into: float, limit: int) -> int:
    """Return when one more event fits, ``into`` seconds into a minute with ``counted`` after one with ``before``."""
    if counted + 1 <= limit:
        free = MINUTE - MINUTE * (limit - counted - 1) / before if before else 0.0
        return max(0, ceil(free - into))
    free = MINUTE - MINUTE * (limit - 1) / counted  # in the next minute, when this one is the one before
    return ceil(MINUTE - into + max(0.0, free))


class DatabaseLimiter:
    """A sliding minute made of two fixed ones: the last one counts by the part that still overlaps."""

    def __init__(self, database_url: str, secret: str) -> None:
        self._database_url = database_url
        self._secret = secret.encode()
        self._counted = 0

    def wait(self, allowances: Sequence[Allowance], now: float) -> int:
        """Count one event for all ``allowances``; return 0, or how many seconds to wait."""
        window = int(now // MINUTE)
        into = now - window * MINUTE
        limits = {self._digest(each.key): each.per_minute for each in allowances}
        keys = sorted(limits)  # one order: no deadlock
        with engine.sessions(self._database_url)() as session:
            one = _count_one(session.get_bind().dialect.name)
            session.execute(one, [{"of_key": key, "this_minute": window} for key in keys])
            rows = session.execute(_COUNTED, {"of_keys": keys, "since": window - 1})
            events = {(row.key, row.minute): row.events for row in rows}
            seconds = max(
                _seconds_to_wait(events.get((key, window - 1), 0), events[key, window] - 1, into, limits[key])
                for key in keys
            )
            if seconds:
                session.rollback()
                return seconds
            session.commit()
        self._counted += 1
        if self._counted % SWEEP_EVERY == 0:
            self._sweep(now)
        return 0

    def _digest(self, key: str) -> str:
        return hmac.new(self._secret, key.encode(), hashlib.sha256).hexdigest()

    def _sweep(self, now: float) -> None:
        with engine.sessions(self._database_url).begin() as session:
            session.execute(delete(tables.RateCounter).where(tables.RateCounter.minute < int(now // MINUTE) - 1))


@lru_cache(maxsize=8)
def limiter_for(database_url: str, secret: str) -> Limiter:
    """Return the limiter of this process; all processes with the same database count together."""
    return DatabaseLimiter(database_url, secret)
