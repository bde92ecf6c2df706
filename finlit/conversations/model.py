"""What a conversation test is, and what was seen when it was played: plain data, free of Rasa."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from finlit.content.topics import Place

SAY, TAP, WAIT = "说", "点", "过"
MENU, SEND = "菜单", "发"  # WeChat only
WEB, WECHAT = "web", "wechat"
AS_TEXT, AS_DATA, INSIDE = 1, 2, 3  # how much a turn shows: WeChat's text, the web's reply, everything


@dataclass(frozen=True)
class Check:
    """One expectation: ``word`` names an entry of ``checks.KINDS``, ``wanted`` is as its reader made it."""

    word: str
    wanted: Any
    where: Place


@dataclass(frozen=True)
class Turn:
    """One thing that happens (``SAY``, ``TAP``, ``WAIT``, ``MENU``, ``SEND``) and what is expected to follow."""

    kind: str
    text: str
    where: Place
    checks: tuple[Check, ...] = ()
    wait: timedelta = timedelta()


@dataclass(frozen=True)
class Conversation:
    """A titled conversation; ``customer`` is a demo customer who has already proved who they are."""

    title: str
    where: Place
    turns: tuple[Turn, ...]
    customer: str | None
    now: datetime
    channel: str

    @property
    def messages(self) -> int:
        """Return how often the customer says or taps something."""
        return sum(turn.kind != WAIT for turn in self.turns)


@dataclass(frozen=True)
class Seen:
    """What one turn brought: the replies, and what the assistant thought and did.

    A server shows replies only; then ``shows`` says how much of them, and the fields after it are empty.
    """

    sent: str
    replies: tuple[Mapping[str, Any], ...]
    conversation: str
    shows: int = INSIDE
    phone: str | None = None  # what a phone shows of the replies, cut and numbered through; None on the web
    intent: str | None = None
    ranking: tuple[tuple[str, float], ...] = ()
    decision: Mapping[str, Any] = field(default_factory=dict)
    slots: Mapping[str, Any] = field(default_factory=dict)
    form: str | None = None
    form_before: str | None = None
    actions: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()  # those that were active at some moment of the turn

    @property
    def text(self) -> str:
        return self.phone if self.phone is not None else "\n".join(reply["text"] for reply in self.replies)

    @property
    def bubbles(self) -> tuple[Mapping[str, Any], ...]:
        """Return what the customer sees: the replies, or a phone's one text."""
        if self.phone is None:
            return self.replies
        return ({"text": self.phone, "buttons": [], "custom": {}},) if self.phone else ()

    @property
    def answers(self) -> tuple[str, ...]:
        return tuple(str((reply.get("custom") or {}).get("answer") or "") for reply in self.replies)

    @property
    def buttons(self) -> tuple[str, ...]:
        return tuple(button["title"] for reply in self.replies for button in reply["buttons"])

    def part(self, name: str) -> Any:
        """Return the custom part ``name`` of the first reply that has it, None when none does."""
        return next((reply["custom"][name] for reply in self.replies if reply["custom"].get(name)), None)


@dataclass(frozen=True)
class Failure:
    """An expectation that did not hold, in the words of the file."""

    word: str
    where: Place
    wanted: str
    actual: str


@dataclass(frozen=True)
class Played:
    """A turn that was played; ``skipped`` are the words of checks that can't be made on a server."""

    turn: Turn
    seen: Seen
    failures: tuple[Failure, ...] = ()
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True)
class Result:
    """A conversation's outcome. ``trouble`` is what stopped it; ``skipped`` why it was not played at all."""

    conversation: Conversation
    played: tuple[Played, ...]
    seconds: float
    trouble: str | None = None
    skipped: str | None = None

    @property
    def passed(self) -> bool:
        return not self.trouble and not any(played.failures for played in self.played)

    @property
    def path(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Return what happened: (intent, answers) of each message, the same for conversations that don't differ."""
        return tuple((each.seen.intent or "", each.seen.answers) for each in self.played if each.turn.kind != WAIT)
