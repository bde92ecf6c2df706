"""A real conversation out of the tracker store as a test: what was said, what was answered, personal data replaced."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from finlit.content.topics import Place
from finlit.conversations.invented import Inventor
from finlit.conversations.model import SAY, TAP, WAIT, WEB, WECHAT, Check, Conversation, Turn
from finlit.db import conversation_events, engine
from finlit.settings import SHANGHAI

HERE = Place("", 0)
LONG_PAUSE = timedelta(minutes=5)  # shorter ones change nothing
Event = Mapping[str, Any]


class NoConversation(LookupError):
    """The tracker store has no such conversation, or can't be read; the message is for a terminal, in Chinese."""


def stored_events(tracker_database: str, conversation: str) -> list[Event]:
    """Return the conversation's events, oldest first; raises NoConversation."""
    target = engine.engine_for(tracker_database)
    if conversation_events.is_away(target):
        file = target.url.database
        raise NoConversation(f"没有对话记录 {file}：先启动服务器聊一段，或检查设置 TRACKER_DATABASE。")
    try:
        with target.connect() as connection:
            stored = conversation_events.all_of(connection, conversation)
    except SQLAlchemyError as error:
        raise NoConversation(f"对话记录读不了：{str(getattr(error, 'orig', error)).splitlines()[0]}") from error
    finally:
        engine.dispose(tracker_database)
    if not stored.data:
        raise NoConversation(f"对话记录里没有 {conversation}。")
    return [json.loads(each) for each in stored.data]


def conversation_of(events: Iterable[Event], customer: str | None, names: Iterable[str]) -> Conversation:
    """Return ``events`` as a conversation without a title; ``names`` of customers are replaced like numbers.

    Raises NoConversation when the customer said nothing.
    """
    inventor = Inventor(names)
    said = list(_exchanges(events))
    if not said:
        raise NoConversation("这段对话里客户什么也没说。")
    started = datetime.fromtimestamp(said[0][0]["timestamp"], SHANGHAI).replace(second=0, microsecond=0)
    channel = WECHAT if said[0][0].get("input_channel") == WECHAT else WEB
    turns: list[Turn] = []
    before: tuple[float, list[Event]] | None = None
    for user, replies in said:
        pause = timedelta(seconds=user["timestamp"] - before[0]) if before else timedelta()
        if pause >= LONG_PAUSE:
            minutes = int(pause.total_seconds() // 60)
            turns.append(Turn(WAIT, f"{minutes} 分钟", HERE, wait=timedelta(minutes=minutes)))
        turns.append(_turn(user, replies, before[1] if before else [], inventor))
        before = (user["timestamp"], replies)
    return Conversation("", HERE, tuple(turns), customer, started, channel)


def _exchanges(events: Iterable[Event]) -> Iterator[tuple[Event, list[Event]]]:
    """Yield each thing the customer said with the replies to it."""
    user: Event | None = None
    replies: list[Event] = []
    for event in events:
        if event.get("event") == "user":
            if user is not None:
                yield user, replies
            user, replies = event, []
        elif event.get("event") == "bot":
            replies.append(event)
    if user is not None:
        yield user, replies


def _custom(reply: Event) -> Mapping[str, Any]:
    return (reply.get("data") or {}).get("custom") or {}


def _turn(user: Event, replies: list[Event], before: list[Event], inventor: Inventor) -> Turn:
    data = user.get("parse_data") or {}
    decision = data.get("decision") or {}
    text = str(user.get("text") or "")
    buttons = [str(button["title"]) for reply in before for button in (reply.get("data") or {}).get("buttons") or ()]
    kind = SAY
    if decision.get("tapped"):
        kind = TAP
        if text not in buttons and text.strip().isdigit() and 0 < int(text) <= len(buttons):
            text = buttons[int(text) - 1]  # WeChat: the number of a choice
        elif text not in buttons:
            kind = SAY
    checks = [Check("意图", str((data.get("intent") or {}).get("name")), HERE)]
    answers = [str(_custom(reply).get("answer") or "") for reply in replies]
    if answers and all(answers):
        checks.append(Check("答案", answers, HERE))
    return Turn(kind, text if kind == TAP else inventor.replace(text), HERE, tuple(checks))
