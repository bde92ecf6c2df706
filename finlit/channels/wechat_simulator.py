"""The platform's side of the wire: signs, encrypts, delivers, hangs up after five seconds and delivers again."""

from __future__ import annotations

import hashlib
import itertools
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from finlit.channels.wechat_codec import Codec, parse_xml, to_xml
from finlit.channels.wechat_double import WeChatDouble
from finlit.wechat_settings import WeChatSettings

ACCOUNT = "gh_simulated"
DELIVERIES = 3


class NoAnswer(Exception):
    """The assistant refused or could not be reached; the text says so in Chinese."""


@contextmanager
def pushes(config: WeChatSettings, on_send: Callable[[dict[str, Any]], None]) -> Iterator[None]:
    """Answer the assistant's calls while ``WECHAT_API_BASE`` points to this machine; do nothing otherwise."""
    address = urlsplit(config.api_base)
    if address.scheme != "http" or address.port is None:
        yield
        return
    try:
        double = WeChatDouble(config.app_id, config.app_secret, address.port, on_send)
    except OSError:  # somebody else serves there already
        yield
        return
    with double:
        yield


class Platform:
    """Delivers to ``url`` in the account's mode; ``clock`` must be the assistant's own."""

    def __init__(
        self, config: WeChatSettings, url: str, clock: Callable[[], datetime], give_up_after: float = 5.0
    ) -> None:
        self._config = config
        self._codec = Codec(config)
        self._url = url
        self._clock = clock
        self._patience = give_up_after
        self._ids = itertools.count(int(time.time() * 1000))

    def say(self, openid: str, line: str, lose: int = 0, tell: Callable[[str], None] = lambda _: None) -> str:
        """Send what ``line`` means, up to three times as the platform does; return the passive reply's text.

        The first ``lose`` replies count as lost. Raises NoAnswer.
        """
        return self.deliver(self.fields_of(openid, line), lose, tell)

    def deliver(self, fields: Mapping[str, str], lose: int = 0, tell: Callable[[str], None] = lambda _: None) -> str:
        """Deliver one message or event until a reply arrives."""
        for attempt in range(1, DELIVERIES + 1):
            started = time.monotonic()
            try:
                reply = self.post(fields)
            except TimeoutError:
                tell(f"第 {attempt} 次投递：{self._patience:g} 秒没有应答，断开")
                continue
            took = time.monotonic() - started
            if attempt <= lose:
                tell(f"第 {attempt} 次投递：{took:.2f} 秒有应答，当作丢失")
                continue
            tell(f"第 {attempt} 次投递：{took:.2f} 秒有应答")
            return reply
        raise NoAnswer("三次投递都没有收到应答；真的微信会显示「该公众号提供的服务出现故障」。")

    def post(self, fields: Mapping[str, str]) -> str:
        """Deliver once; return the reply's text, empty for none. Raises TimeoutError or NoAnswer."""
        query, body = self.signed(fields)
        request = urllib.request.Request(f"{self._url}?{urlencode(query)}", body, {"Content-Type": "text/xml"})
        try:
            with urllib.request.urlopen(request, timeout=self._patience) as response:
                return self.opened(response.read())
        except urllib.error.HTTPError as error:
            raise NoAnswer(f"助手拒绝了这条消息（HTTP {error.code}）：两边的 WECHAT_ 设置要一样，时间要对。") from error
        except (urllib.error.URLError, ConnectionError) as error:
            if isinstance(getattr(error, "reason", None), TimeoutError):
                raise TimeoutError from error
            raise NoAnswer(f"连不上 {self._url}：先启动助手（finlit run）。") from error

    def fields_of(self, openid: str, line: str) -> dict[str, str]:
        """Return the message or event that ``line`` stands for."""
        base = {"ToUserName": ACCOUNT, "FromUserName": openid, "CreateTime": str(int(self._clock().timestamp()))}
        command, _, rest = line.partition(" ")
        events = {"+关注": "subscribe", "+取关": "unsubscribe", "+点": "CLICK", "+扫": "SCAN"}
        if command in events:
            return {**base, "MsgType": "event", "Event": events[command], "EventKey": rest.strip()}
        message = {**base, "MsgId": str(next(self._ids))}
        if command == "+语音":
            return {**message, "MsgType": "voice", "MediaId": "m", "Format": "amr", "Recognition": rest.strip()}
        if command == "+图片":
            return {**message, "MsgType": "image", "MediaId": "m", "PicUrl": "http://127.0.0.1/x"}
        return {**message, "MsgType": "text", "Content": line}

    def signed(self, fields: Mapping[str, str]) -> tuple[dict[str, str], bytes]:
        """Return the query and the body of one delivery."""
        stamp, nonce = str(int(self._clock().timestamp())), secrets.token_hex(5)
        query = {"signature": self._sign(stamp, nonce), "timestamp": stamp, "nonce": nonce}
        inner = to_xml(fields)
        if not self._config.is_sealed:
            return query, inner.encode()
        cipher = self._codec.encrypt(inner.encode())
        query |= {"encrypt_type": "aes", "msg_signature": self._sign(stamp, nonce, cipher)}
        plain = dict(fields) if self._config.mode == "compatible" else {"ToUserName": fields["ToUserName"]}
        return query, to_xml({**plain, "Encrypt": cipher}).encode()

    def _sign(self, *parts: str) -> str:
        return hashlib.sha1("".join(sorted((self._config.token, *parts))).encode()).hexdigest()

    def opened(self, body: bytes) -> str:
        """Return the text of a passive reply, empty for none; raises NoAnswer for a wrong signature."""
        if not body or body == b"success":
            return ""
        fields = parse_xml(body)
        if self._config.is_sealed:
            wanted = self._sign(fields["TimeStamp"], fields["Nonce"], fields["Encrypt"])
            if wanted != fields["MsgSignature"]:
                raise NoAnswer("助手的应答签名不对。")
            fields = parse_xml(self._codec.decrypt(fields["Encrypt"]))
        return fields["Content"]
