"""Buttons without client payloads: a typed title or number is matched with what was last offered.

Clients send plain text only. The payload behind a button never leaves the server: it is
looked up in the bot's last messages, so nobody can tap what was not offered.
"""

from __future__ import annotations

import json
import re
from typing import Any

from rasa.shared.core.events import BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from finlit.text import fingerprint

_PAYLOAD = re.compile(r"^/(?P<intent>[\w/+]+)(?P<entities>\{.*\})?$", re.S)
_NUMBER = re.compile(r"^[(（]?(\d{1,2})[)）.、。]?$")


def last_bot_messages(tracker: DialogueStateTracker) -> list[BotUttered]:
    """Return what the bot said since the customer's last message, oldest first."""
    messages: list[BotUttered] = []
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered):
            break
        if isinstance(event, BotUttered):
            messages.append(event)
    return messages[::-1]


def offered(tracker: DialogueStateTracker) -> list[dict[str, Any]]:
    """Return the buttons of the last reply in the order in which they were shown."""
    return [button for message in last_bot_messages(tracker) for button in (message.data.get("buttons") or ())]


def _numbers_were_offered(tracker: DialogueStateTracker) -> bool:
    return any((message.data.get("custom") or {}).get("numbered") for message in last_bot_messages(tracker))


def tapped(text: str, tracker: DialogueStateTracker) -> dict[str, Any] | None:
    """Return the button that ``text`` taps: its title, or its number when the last reply offered numbers."""
    buttons = offered(tracker)
    if not buttons:
        return None
    wanted = fingerprint(text)
    for button in buttons:
        if wanted and fingerprint(str(button.get("title", ""))) == wanted:
            return button
    number = _NUMBER.match(text.strip())
    if number and _numbers_were_offered(tracker) and 1 <= int(number[1]) <= len(buttons):
        return buttons[int(number[1]) - 1]
    return None


def parse_payload(payload: str) -> tuple[str, list[dict[str, Any]]]:
    """Return intent and entities of a server-made payload ``/intent{"entity": "value"}``.

    Raises ValueError when it is malformed: that is a fault in our content.
    """
    match = _PAYLOAD.match(payload)
    if match is None:
        raise ValueError(f"malformed button payload {payload!r}")
    values = json.loads(match["entities"]) if match["entities"] else {}
    entities = [{"entity": name, "value": value, "extractor": "button"} for name, value in values.items()]
    return match["intent"], entities
