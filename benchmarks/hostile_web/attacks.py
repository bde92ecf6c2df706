"""What is sent: for each address, requests that are odd in one way or another. Deterministic for a seed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from urllib.parse import quote

API = "/webhooks/web/"
ADDRESSES = {  # what the report calls it → method and path
    "message": ("POST", API + "message"),
    "history": ("GET", API + "history"),
    "stream": ("GET", API + "stream"),
    "restart": ("POST", API + "restart"),
    "feedback": ("POST", API + "feedback"),
    "identify": ("POST", API + "identify"),
    "host": ("POST", API + "host"),
    "page": ("GET", "/"),
    "embed": ("GET", "/embed"),
    "widget": ("GET", "/web/widget.js"),
    "files": ("GET", "/web/js/main.js"),
    "health": ("GET", "/health"),
    "ready": ("GET", "/ready"),
    "elsewhere": ("GET", "/nothing"),
}
FIELDS = {
    "message": ("id", "text", "after"), "feedback": ("n", "rating", "word"), "identify": ("token",), "host": ("token",), "restart": ("sender", "id"),
}  # fmt: skip
WORDS = [
    "怎么还款", "罚息怎么算", "我不想活了", "转人工", "😭😭😭", "", " ", "\x00", "\u202e反", "\ud7ff", "a" * 499, "还" * 600, "/restart",
    '/account_bill{"customer": "1"}', '/inform{"amount": "1e999"}', "/" * 50, "<script>alert(1)</script>", "' OR 1=1 --",
    "; DROP TABLE web_messages; --", "${jndi:ldap://x}", "{{7*7}}", "%s%s%n", "../../etc/passwd", "9" * 400, "-1", "NaN", "一亿亿亿",
    "١٢٣", "ﷺ" * 40, "\r\nSet-Cookie: a=b", "13812345678", "110101199003070011", "null", "[]", "帮我算罚息", "10000", "24%", "10天", "不知道",
    "我现在欠多少", "我的手机号是13900000001", "验证码是 123456", "重新开始", "停", "把我的数据都删掉",
]  # fmt: skip
WEIRD = [None, True, 0, -1, 1e308, 10**400, [], {}, "", "x" * 70, ["a"], {"a": 1}, "é" * 10, "a b c d e f", "../../../x", "\u0000" * 9, "\ud800", "up"]  # fmt: skip
HUGE = [
    b"[" * 50_000,
    b"a" * 70_000,
    b'{"a":' * 9_000,
    b"x" * 400_000,
    b'"' + b"\\u0000" * 20_000 + b'"',
    b"9" * 200_000,
]
TYPES = ["application/json"] * 4 + ["text/plain", "multipart/form-data", "", "application/json; charset=utf-7", "application/x-www-form-urlencoded"]  # fmt: skip
METHODS = ["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE", "CONNECT", "BREW", "get", "\x00"]
HEADERS = [
    "Origin: https://evil.example", "Sec-Fetch-Site: cross-site", "X-Forwarded-For: 1.2.3.4, ::1, x", "Authorization: Bearer x.y.z", "Authorization: ",
    "Accept-Encoding: gzip;q=nan", "Range: bytes=-1", "If-None-Match: *", "If-Modified-Since: never", "X: " + "a" * 7_000, "X: " + "a" * 20_000,
    "Host: evil.example", "Host: a\r\nHost: b", "Expect: 100-continue", "Expect: the-unexpected", "Upgrade: websocket\r\nConnection: upgrade",
    "Upgrade: h2c", "Cookie: finlit_session=" + "A" * 900, "Cookie: finlit_session=; a=\x01", "no colon here", ": empty", "X:\x00", "X-Http-Method-Override: DELETE",
    "Content-Encoding: gzip", "Forwarded: for=\"[::1\"", "Accept-Language: " + "zh," * 2000, "Cookie: finlit_session=eyJhbGciOiJub25lIn0.eyJzaWQiOiJ3ZWItYSIsImV4cCI6OTk5OTk5OTk5OX0.",
]  # fmt: skip
QUERIES = [
    "after=99999999999999999999", "after=-1", "after=x", "after=%00", "after=1&after=2", "frame=widget", "frame=widget&hold=token", "frame[]=1", "hold=token",
    "%", "%ff%fe", "a" * 3000, "&" * 500, "after=١", "frame=widget&after=%f0%9f", "sender=web-a", "token=x", "..%2f..", "after=1e9",
]  # fmt: skip
LENGTHS = [
    "Content-Length: -1", "Content-Length: -99999999999999999999", "Content-Length: x", "Content-Length: 1_0", "Content-Length: ",
    "Content-Length: 3\r\nContent-Length: 5", "Content-Length: 4\r\nTransfer-Encoding: chunked", "Content-Length: 99999999999",
    "Content-Length: +4", "Transfer-Encoding: chunked", "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: identity",
]  # fmt: skip
WHOLE_CHUNKS = [b"3\r\nabc\r\n0\r\n\r\n", b"0\r\n\r\nGET /health HTTP/1.1\r\n\r\n"]
CHUNKS = [b"zz\r\n", b"-5\r\nabc", b"FFFFFFFFFFFFFFFF\r\nabc", *WHOLE_CHUNKS, b"5;a=" + b"b" * 9000, b"{}"]
PATHS = ["/model", "/conversations/web-a/tracker", "/webhooks/rest/webhook", "/webhooks/callback/webhook", "/socket.io/?transport=polling", "/status", "/version",
         "/domain", "/%ff%fe", "/" + "a" * 3000, "/web/../.env", "/web/%2e%2e%2f.env", "/web/..%5c.env", "//etc/passwd", "/webhooks/web/nothing", "/webhooks/web/../rest/webhook",
         "/webhooks/web", "/.git/config", "/web/js/", "/web/", "*", "http://evil.example/", "/\x01", "/webhooks/web/message/"]  # fmt: skip


@dataclass(frozen=True)
class Attack:
    """The bytes of one request.

    ``is_half``: no answer is waited for, but the server must end the connection. With a cookie it is never a whole
    request, which could open a stream; without one nothing opens a stream.
    """

    kind: str
    pieces: tuple[bytes, ...]
    is_half: bool = False


def request(method: str, path: str, cookie: str, body: bytes | None, *lines: str) -> bytes:
    """Return a request that says that it is the last one of its connection."""
    head = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", *lines]
    if cookie:
        head.append(f"Cookie: {cookie}")
    if body is not None:
        head.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*head, "", ""]).encode("utf-8", "surrogatepass") + (body or b"")


def as_json(value: object) -> bytes:
    """Return ``value`` as JSON in UTF-8, lone surrogates included."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


class Attacker:
    """Makes attacks on one address for one person's cookie."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._made = 0
        kinds: list[tuple[Callable[[str, str], Attack], int]] = [
            (self._proper, 34), (self._body, 20), (self._method, 8), (self._headers, 12), (self._query, 12), (self._length, 8), (self._bytes, 4), (self._half, 2),
        ]  # fmt: skip
        self._kinds = [kind for kind, _ in kinds]
        self._weights = [weight for _, weight in kinds]

    def attack(self, address: str, cookie: str) -> Attack:
        """Return the next attack on ``address``."""
        return self._chance.choices(self._kinds, self._weights)[0](address, cookie)

    def _name(self) -> str:
        self._made += 1
        return f"odd-{self._chance.randrange(10**6):06d}-{self._made}"

    def _target(self, address: str) -> tuple[str, str]:
        method, path = ADDRESSES[address]
        return (method, self._chance.choice(PATHS)) if address == "elsewhere" else (method, path)

    def _proper_body(self, address: str) -> bytes | None:
        if address == "message":
            return as_json({"id": self._name(), "text": self._chance.choice(WORDS), "after": self._chance.randrange(9)})
        if address == "feedback":
            rating = self._chance.choice(["up", "down"])
            return as_json({"n": self._chance.randrange(1, 9), "rating": rating, "word": self._chance.choice(WORDS)})
        if address in ("identify", "host", "restart"):
            return as_json({"token": "eyJhbGciOiJIUzI1NiJ9.e30." + "A" * 43})
        return None

    def _proper(self, address: str, cookie: str) -> Attack:
        """The right form with strange content."""
        method, path = self._target(address)
        content = request(method, path, cookie, self._proper_body(address), "Content-Type: application/json")
        return Attack("形式对、内容怪", (content,))

    def _body(self, address: str, cookie: str) -> Attack:
        """A body of the wrong shape, type or size, or cut off."""
        _, path = self._target(address)
        values = [*WEIRD, *WORDS]
        names = (*FIELDS.get(address, ()), "n", "sender", "x")
        body: object = {self._chance.choice(names): self._chance.choice(values) for _ in range(self._chance.randrange(6))}  # fmt: skip
        if self._chance.random() < 0.15:
            body = self._chance.choice(WEIRD)
        content = as_json(body)
        fate = self._chance.random()
        if fate < 0.15:
            content = content[: self._chance.randrange(len(content) + 1)]
        elif fate < 0.22:
            content = self._chance.randbytes(self._chance.randrange(300))
        elif fate < 0.25:
            content = self._chance.choice(HUGE)
        kind = self._chance.choice(TYPES)
        return Attack("正文", (request("POST", path, cookie, content, f"Content-Type: {kind}"),))

    def _method(self, address: str, cookie: str) -> Attack:
        _, path = self._target(address)
        return Attack("方法", (request(self._chance.choice(METHODS), path, cookie, None),))

    def _headers(self, address: str, cookie: str) -> Attack:
        method, path = self._target(address)
        lines = self._chance.sample(HEADERS, self._chance.choice([1, 1, 2, 3]))
        return Attack("头", (request(method, path, cookie, self._proper_body(address), *lines),))

    def _query(self, address: str, cookie: str) -> Attack:
        method, path = self._target(address)
        query = self._chance.choice([*QUERIES, quote(self._chance.choice(WORDS).encode("utf-8", "surrogatepass"))])
        return Attack("参数", (request(method, f"{path}?{query}", cookie, self._proper_body(address)),))

    def _length(self, address: str, cookie: str) -> Attack:
        """A length that is wrong, or two of them, and what might be taken for a second request."""
        method, path = self._target(address)
        line = self._chance.choice(LENGTHS)
        body = self._chance.choice(CHUNKS) if "chunked" in line else b"abc\r\nGET /health HTTP/1.1\r\n\r\n"
        content = request(method, path, cookie, None, line) + body
        is_half = line == "Content-Length: 99999999999" or ("chunked" in line and body not in WHOLE_CHUNKS)
        return Attack("长度", (content,), is_half)

    def _bytes(self, address: str, cookie: str) -> Attack:
        """What is no HTTP at all, or only begins like it."""
        method, path = self._target(address)
        start = self._chance.choice(["", f"{method} {path} HTTP/1.1\r\n", f"{method} {path} HTTP/9.9\r\n\r\n", "GET\r\n\r\n", "\r\n\r\n\r\n"])  # fmt: skip
        noise = self._chance.randbytes(self._chance.randrange(400))
        return Attack("乱字节", (start.encode() + noise + b"\r\n\r\n",), is_half=True)

    def _half(self, address: str, cookie: str) -> Attack:
        """A request that stops in the middle."""
        method, path = self._target(address)
        whole = request(method, path, cookie, self._proper_body(address) or b"{}" * 9)
        return Attack("半截", (whole[: self._chance.randrange(1, len(whole))],), is_half=True)
