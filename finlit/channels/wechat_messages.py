"""What a message or event of the platform says to the assistant: text to understand, or an intent that the server made.

Nothing that a client can write becomes an intent: a click counts only when the menu offers its key.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from finlit.channels.deliveries import Contact
from finlit.channels.wechat_codec import Incoming
from finlit.channels.wechat_menu import Menu

WELCOME = "greet/wechat_welcome"
_UNREADABLE = {  # kind → what stands in the history, and the answer utter_<…>
    "image": ("［图片］", "wechat_image"),
    "video": ("［视频］", "wechat_video"),
    "shortvideo": ("［视频］", "wechat_video"),
    "file": ("［文件］", "wechat_video"),
    "location": ("［位置］", "wechat_location"),
    "link": ("［链接］", "wechat_link"),
    "voice": ("［语音］", "wechat_voice"),
}
_OTHER_KIND = ("［其他消息］", "wechat_video")


@dataclass(frozen=True)
class Heard:
    """What reaches the assistant. ``parse_data`` is given when there is nothing to understand."""

    text: str
    contact: Contact
    parse_data: dict[str, Any] | None = None


def hear(incoming: Incoming, menu: Menu) -> Heard | None:
    """Return what ``incoming`` says; None for events that want no answer (also ``unsubscribe``)."""
    if incoming.kind == "event":
        return _event(incoming, menu)
    text = incoming["Content"] if incoming.kind == "text" else ""
    if incoming.kind == "voice":
        text = incoming["Recognition"]  # absent for new accounts, empty when nothing was recognised
    if incoming.kind == "text" or text.strip():
        return Heard(text, Contact.MESSAGE)
    shown, reason = _UNREADABLE.get(incoming.kind, _OTHER_KIND)
    parsed = _parsed(shown, "nlu_fallback", {"kind": "trouble", "reason": reason})
    return Heard(shown, Contact.MESSAGE, parsed)


def _event(incoming: Incoming, menu: Menu) -> Heard | None:
    name, key = incoming["Event"], incoming["EventKey"]
    if name == "CLICK":
        item = menu.item(key)
        return _tapped(item.title, item.label) if item else _welcome("［旧菜单］")
    if name in ("subscribe", "SCAN"):
        item = menu.item(key.removeprefix("qrscene_"))  # a code on a letter may lead to one topic
        if item:
            return _tapped(item.title, item.label)
        return _welcome("［关注］" if name == "subscribe" else "［扫码］")
    return None


def _welcome(shown: str) -> Heard:
    return _tapped(shown, WELCOME)


def _tapped(shown: str, label: str) -> Heard:
    decision = {"kind": "answered", "label": label, "tapped": True}
    return Heard(shown, Contact.TAP, _parsed(shown, label.split("/")[0], decision))


def _parsed(text: str, intent: str, decision: dict[str, Any]) -> dict[str, Any]:
    return {
        "text": text,
        "intent": {"name": intent, "confidence": 1.0},
        "entities": [],
        "intent_ranking": [],
        "decision": decision,
    }
