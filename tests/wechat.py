"""What the WeChat tests share: an account, and the platform's side of the wire, written by ourselves."""

import hashlib
import itertools
from datetime import datetime, timezone

from finlit.channels.wechat_codec import Codec, to_xml
from finlit.wechat_settings import parse

AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
ACCOUNT = "gh_mingbaizhang"
_numbers = itertools.count(1)


def environment(mode="safe", account_type="service", **more):
    return {
        "WECHAT_TOKEN": "TestTokenTestToken",
        "WECHAT_APP_ID": "wx0123456789abcdef",
        "WECHAT_APP_SECRET": "0123456789abcdef0123456789abcdef",
        "WECHAT_ENCODING_AES_KEY": AES_KEY,
        "WECHAT_MODE": mode,
        "WECHAT_ACCOUNT_TYPE": account_type,
        **more,
    }


def config(mode="safe", account_type="service", **more):
    return parse(environment(mode, account_type, **more), production=False)


def sha1(*parts):
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def now():
    return datetime.now(timezone.utc)


def message(text="逾期会上征信吗", openid="oUser_1", created=None, msg_id=None, **more):
    """The fields of one message as the platform names them."""
    return {
        "ToUserName": ACCOUNT,
        "FromUserName": openid,
        "CreateTime": str(created or int(now().timestamp())),
        "MsgType": "text",
        "Content": text,
        "MsgId": str(msg_id or 10_000_000_000 + next(_numbers)),
        **more,
    }


def event(name, openid="oUser_1", created=None, **more):
    return {
        "ToUserName": ACCOUNT,
        "FromUserName": openid,
        "CreateTime": str(created or int(now().timestamp())),
        "MsgType": "event",
        "Event": name,
        **more,
    }


def deliver(fields, settings, at=None, nonce="n0nce"):
    """Return (query, body) as the platform would post ``fields`` in the account's mode."""
    stamp = str(int((at or now()).timestamp()))
    query = {"signature": sha1(settings.token, stamp, nonce), "timestamp": stamp, "nonce": nonce}
    inner = to_xml(fields)
    if not settings.is_sealed:
        return query, inner.encode()
    cipher = Codec(settings).encrypt(inner.encode())
    query |= {"encrypt_type": "aes", "msg_signature": sha1(settings.token, stamp, nonce, cipher)}
    plain = fields if settings.mode == "compatible" else {"ToUserName": fields["ToUserName"]}
    return query, to_xml({**plain, "Encrypt": cipher}).encode()


def lists(query):
    """The query as a server hands it over: a list of values for each name."""
    return {name: [value] for name, value in query.items()}
