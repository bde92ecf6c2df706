"""How many codes and wrong tries a phone, a sender and an address may have within an hour. Pure arithmetic."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

HOUR = timedelta(hours=1)
MOST_CODES = 3
MOST_CODES_OF_ADDRESS = 60  # a company, or a gateway of a mobile network, is one address for many people
MOST_WRONG = 5


def within_hour(moments: Iterable[datetime], now: datetime) -> tuple[datetime, ...]:
    """Return the moments that still count at ``now``."""
    return tuple(sorted(moment for moment in moments if now - HOUR < moment))


def free_at(moments: Iterable[datetime], most: int, now: datetime) -> datetime | None:
    """Return when one more is allowed, None when it is now: the earliest of the last ``most`` has to pass out."""
    counting = within_hour(moments, now)
    return counting[-most] + HOUR if len(counting) >= most else None


@dataclass(frozen=True)
class Used:
    """What one subject (a phone, a sender, an address) has used up of ``most_codes`` and ``MOST_WRONG``."""

    codes: tuple[datetime, ...] = ()
    wrong: tuple[datetime, ...] = ()
    most_codes: int = MOST_CODES


def locked_until(subjects: Iterable[Used], now: datetime) -> datetime | None:
    """Return until when tries are refused, the latest over all subjects; None when they are not."""
    times = [free for used in subjects if (free := free_at(used.wrong, MOST_WRONG, now))]
    return max(times, default=None)


def next_code_at(subjects: Iterable[Used], now: datetime) -> datetime | None:
    """Return when the next code may be sent, None when it is now."""
    times = [free for used in subjects if (free := free_at(used.codes, used.most_codes, now))]
    return max(times, default=None)


def tries_left(subjects: Iterable[Used], now: datetime) -> int:
    """Return how many wrong tries are still allowed."""
    return MOST_WRONG - max(len(within_hour(used.wrong, now)) for used in subjects)


def clock_time(moment: datetime, now: datetime) -> str:
    """Return a time of day that is not before ``moment``, in the time zone of ``now``: 10:05, 明天 00:10."""
    local = (moment + timedelta(seconds=59, microseconds=999_999)).astimezone(now.tzinfo)
    return f"{local:%H:%M}" if local.date() == now.date() else f"明天 {local:%H:%M}"
