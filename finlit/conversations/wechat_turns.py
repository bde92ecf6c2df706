"""What a follower can do in WeChat, as the platform's own fields: type, tap the menu, send what nobody can read."""

from __future__ import annotations

from collections.abc import Mapping

from finlit.channels.wechat_menu import Menu
from finlit.conversations.model import MENU, SEND

ACCOUNT = "gh_conversation_test"
SENT: Mapping[str, Mapping[str, str]] = {
    "关注": {"MsgType": "event", "Event": "subscribe", "EventKey": ""},
    "图片": {"MsgType": "image", "PicUrl": "http://127.0.0.1/x", "MediaId": "m"},
    "视频": {"MsgType": "video", "MediaId": "m", "ThumbMediaId": "t"},
    "文件": {"MsgType": "file", "Title": "合同.pdf"},
    "位置": {"MsgType": "location", "Location_X": "30.1", "Location_Y": "120.2", "Scale": "15", "Label": "某路"},
    "链接": {"MsgType": "link", "Title": "优惠", "Description": "", "Url": "http://127.0.0.1/x"},
    "语音": {"MsgType": "voice", "MediaId": "m", "Format": "amr"},  # nothing was recognised
}


def fields(kind: str, text: str, openid: str, created: int, number: int, menu: Menu) -> dict[str, str]:
    """Return the fields of one message or event; ``kind`` and ``text`` as a turn has them, ``number`` its MsgId."""
    base = {"ToUserName": ACCOUNT, "FromUserName": openid, "CreateTime": str(created)}
    if kind == MENU:
        (key,) = (item.label for item in menu.items() if item.title == text)
        return {**base, "MsgType": "event", "Event": "CLICK", "EventKey": key}
    what = SENT[text] if kind == SEND else {"MsgType": "text", "Content": text}
    return {**base, **what} if what["MsgType"] == "event" else {**base, **what, "MsgId": str(number)}
