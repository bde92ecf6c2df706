"""What the steps of a delivery take and give, and the times that they keep."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import Enum

PASSIVE_FOR = timedelta(seconds=4.5)  # the platform drops the connection after 5 s
LEASE = timedelta(seconds=7)  # longer than the 5 s to the next delivery, shorter than until that one is dropped
SENDS_AFTER_MESSAGE, MESSAGE_WINDOW = 5, timedelta(hours=48)
SENDS_AFTER_EVENT, EVENT_WINDOW = 3, timedelta(minutes=1)
HANDED_KEPT_FOR, KEPT_FOR = timedelta(hours=1), timedelta(hours=48)  # longer than a captured request is believed
WAITING, RUNNING, DONE = "waiting", "running", "done"
PASSIVE, SERVICE = "passive", "service"


class OtherBody(Exception):
    """A known delivery came with another content: a forgery."""


class Claim(Enum):
    """What ``claim`` found."""

    OURS = "ours"  # compute it
    TAKEN_OVER = "taken over"  # compute it; the process that had begun is gone and may have got far
    NOT_YET = "not yet"  # somebody else computes it, or an earlier message of the same person
    DONE = "done"


class Contact(Enum):
    """What a delivery permits to send afterwards."""

    MESSAGE = "message"
    TAP = "tap"  # menu click, follow, scan
    NOTHING = "nothing"


@dataclass(frozen=True)
class Answer:
    """An answer: texts of which each fits one message, and the titles offered with the last one."""

    parts: tuple[str, ...]
    choices: tuple[str, ...] = ()
    must_arrive: bool = False  # crisis help and account figures: rather twice than not at all


@dataclass(frozen=True)
class Handed:
    """What goes into the response: nothing when ``text`` is empty."""

    text: str
    more: bool = False  # further parts wait for 「回复 1 继续」
    again: bool = False  # it was handed over before, and that delivery seems to have been lost


NOTHING = Handed("")


@dataclass(frozen=True)
class Push:
    """An answer that this process has to send by customer-service messages, from part ``sent`` on."""

    key: str
    conversation: str
    parts: tuple[str, ...]
    choices: tuple[str, ...]
    sent: int
    must_arrive: bool
    request_id: str | None


def wall_clock() -> datetime:
    """Return the real time, whatever ``FINLIT_NOW`` says."""
    return datetime.now(timezone.utc)
