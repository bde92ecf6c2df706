"""WeChat's wire format: signature, the three modes, XML in and out. No network, no clock, no database.

The rule to remember: ``signature`` covers token, timestamp and nonce only, ``msg_signature`` the
cipher text too. So in compatible and safe mode nothing but decrypted content is ever read.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from xml.parsers import expat

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from finlit.wechat_settings import WeChatSettings

MOST_BODY_BYTES = 32 * 1024  # a text message is at most 2,048 bytes; compatible mode sends about three times that
MOST_ECHO_CHARS = 128
TIMESTAMP_WINDOW = 300  # seconds, both ways
BLOCK = 32  # PKCS#7 over 32 bytes, as WeChat defines it
_SALT = 16  # random bytes before the content
_MOST_ELEMENTS, _MOST_DEPTH, _MOST_FIELD_CHARS = 128, 6, 8 * 1024
_ID = re.compile(r"[A-Za-z0-9_@.\-]{1,64}")
_NUMBER = re.compile(r"[0-9]{1,20}")
_WORD = re.compile(r"[A-Za-z_]{1,40}")
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Refused(Exception):
    """A request that can't be believed; the text is for the log, never for the caller."""


@dataclass(frozen=True)
class Incoming:
    """One message or event of the platform. ``fields`` are WeChat's own names, nested ones joined by ``/``."""

    account: str
    openid: str
    created: int
    kind: str  # text, image, voice, video, shortvideo, location, link, event
    fields: Mapping[str, str]
    sealed: bool  # decrypted under a valid msg_signature

    def __getitem__(self, name: str) -> str:
        return self.fields.get(name, "")

    @cached_property
    def key(self) -> str:
        """Return the key under which every delivery of this message is one: the same for all retries."""
        parts = [self.openid, str(self.created)]
        parts += ["event", self["Event"], self["EventKey"]] if self.kind == "event" else ["message", self["MsgId"]]
        return hashlib.sha256("\x00".join(parts).encode()).hexdigest()

    @cached_property
    def body_hash(self) -> str:
        """Return a fingerprint of the content: a known key with another one is a forgery."""
        return hashlib.sha256(repr(sorted(self.fields.items())).encode()).hexdigest()


@dataclass(frozen=True)
class Codec:
    """Reads and writes for one account; ``random_bytes`` is replaced in tests with fixed vectors only."""

    config: WeChatSettings
    random_bytes: Callable[[int], bytes] = field(default=secrets.token_bytes, repr=False)

    def verify_url(self, query: Mapping[str, Sequence[str]], now: datetime) -> str:
        """Return what the platform wants echoed when the address is entered; raises Refused."""
        self._check_plain_signature(query, now)
        echo = _single(query, "echostr")
        if not echo or len(echo) > MOST_ECHO_CHARS or not re.fullmatch(r"[A-Za-z0-9+/=_\-]+", echo):
            raise Refused("echostr is missing or no token of the platform")
        return echo

    def decode(self, query: Mapping[str, Sequence[str]], body: bytes, now: datetime) -> Incoming:
        """Return the message of one POST; raises Refused for anything that is not believable."""
        if len(body) > MOST_BODY_BYTES:
            raise Refused("body too large")
        if not self.config.is_sealed:
            self._check_plain_signature(query, now)
            return _incoming(parse_xml(body), sealed=False)
        if _single(query, "encrypt_type") != "aes":
            raise Refused("not encrypted")
        cipher = parse_xml(body).get("Encrypt", "")
        timestamp, nonce = _single(query, "timestamp"), _single(query, "nonce")
        if not cipher or not _equal(_single(query, "msg_signature"), self._sign(timestamp, nonce, cipher)):
            raise Refused("msg_signature is wrong")
        _check_timestamp(timestamp, now)
        return _incoming(parse_xml(self.decrypt(cipher)), sealed=True)

    def reply(self, to: Incoming, text: str, now: datetime) -> str:
        """Return the passive reply to ``to`` with ``text``, encrypted where messages come encrypted."""
        stamp = str(int(now.timestamp()))
        inner = to_xml(
            {
                "ToUserName": to.openid,
                "FromUserName": to.account,
                "CreateTime": stamp,
                "MsgType": "text",
                "Content": text,
            }
        )
        return self.seal(inner, stamp) if to.sealed else inner

    def seal(self, xml: str, stamp: str) -> str:
        """Return the envelope around ``xml``: encrypted, with its own signature, time ``stamp`` and nonce."""
        cipher, nonce = self.encrypt(xml.encode()), self.random_bytes(8).hex()
        return to_xml(
            {
                "Encrypt": cipher,
                "MsgSignature": self._sign(stamp, nonce, cipher),
                "TimeStamp": stamp,
                "Nonce": nonce,
            }
        )

    def encrypt(self, content: bytes) -> str:
        """Return Base64 of AES-256-CBC over salt, length, ``content`` and app id."""
        plain = self.random_bytes(_SALT) + struct.pack("!I", len(content)) + content + self.config.app_id.encode()
        pad = BLOCK - len(plain) % BLOCK
        encryptor = self._cipher().encryptor()
        return base64.b64encode(encryptor.update(plain + bytes([pad]) * pad) + encryptor.finalize()).decode()

    def decrypt(self, cipher: str) -> bytes:
        """Return the content of ``cipher``; raises Refused when it is not ours. Check the signature first."""
        try:
            raw = base64.b64decode(cipher, validate=True)
        except (binascii.Error, ValueError) as error:
            raise Refused("Encrypt is no Base64") from error
        if not raw or len(raw) % 16:
            raise Refused("cipher text of a wrong length")
        decryptor = self._cipher().decryptor()
        plain = decryptor.update(raw) + decryptor.finalize()
        pad = plain[-1]
        if not 1 <= pad <= BLOCK or plain[-pad:] != bytes([pad]) * pad:
            raise Refused("padding is wrong")
        plain = plain[_SALT:-pad]
        length = struct.unpack("!I", plain[:4])[0] if len(plain) >= 4 else len(plain)
        content, app_id = plain[4 : 4 + length], plain[4 + length :]
        if len(content) != length or not hmac.compare_digest(app_id, self.config.app_id.encode()):
            raise Refused("made for another account")
        return content

    def _cipher(self) -> Cipher:
        return Cipher(algorithms.AES(self.config.aes_key), modes.CBC(self.config.aes_key[:16]))

    def _sign(self, *parts: str) -> str:
        joined = "".join(sorted((self.config.token, *parts)))
        return hashlib.sha1(joined.encode()).hexdigest()  # noqa: S324 - the platform's choice

    def _check_plain_signature(self, query: Mapping[str, Sequence[str]], now: datetime) -> None:
        timestamp, nonce = _single(query, "timestamp"), _single(query, "nonce")
        if not _equal(_single(query, "signature"), self._sign(timestamp, nonce)):
            raise Refused("signature is wrong")
        _check_timestamp(timestamp, now)


def _equal(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())


def _single(query: Mapping[str, Sequence[str]], name: str) -> str:
    """Return the one value of ``name``, empty when missing; raises Refused when there are several."""
    values = query.get(name) or ("",)
    if len(values) != 1 or len(values[0]) > MOST_ECHO_CHARS:
        raise Refused(f"{name} is given twice or too long")
    return values[0]


def _check_timestamp(text: str, now: datetime) -> None:
    if not text.isascii() or not text.isdigit() or abs(int(text) - now.timestamp()) > TIMESTAMP_WINDOW:
        raise Refused("timestamp is stale or no time")


def _incoming(fields: dict[str, str], sealed: bool) -> Incoming:
    account, openid = fields.get("ToUserName", ""), fields.get("FromUserName", "")
    created, kind, msg_id = fields.get("CreateTime", ""), fields.get("MsgType", ""), fields.get("MsgId", "")
    if not (_ID.fullmatch(account) and _ID.fullmatch(openid) and _WORD.fullmatch(kind)):
        raise Refused("sender, receiver or kind is malformed")
    if not _NUMBER.fullmatch(created) or (kind != "event" and not _NUMBER.fullmatch(msg_id)):
        raise Refused("CreateTime or MsgId is no number")
    if kind == "event" and not _WORD.fullmatch(fields.get("Event", "")):
        raise Refused("an event without a name")
    return Incoming(account, openid, int(created), kind, fields, sealed)


class _FlatReader:
    """Collects leaf elements under the root; DTDs, entities, depth and doubled fields are refused."""

    def __init__(self) -> None:
        self.fields: dict[str, str] = {}
        self._path: list[str] = []
        self._text: list[str] = []
        self._seen = 0
        self._is_leaf = False

    def start(self, name: str, _attributes: object) -> None:
        self._seen += 1
        self._path.append(name)
        self._text, self._is_leaf = [], True
        if self._seen > _MOST_ELEMENTS or len(self._path) > _MOST_DEPTH:
            raise Refused("XML has too many elements")

    def end(self, _name: str) -> None:
        path = "/".join(self._path[1:])
        if self._is_leaf and path:
            if path in self.fields and len(self._path) == 2:
                raise Refused("an XML element is given twice")
            earlier = [self.fields[path]] if path in self.fields else []  # items of a list, such as several photos
            self.fields[path] = "\n".join([*earlier, "".join(self._text)])
        self._path.pop()
        self._is_leaf = False

    def characters(self, text: str) -> None:
        self._text.append(text)

    def refuse(self, *_arguments: object) -> int:
        raise Refused("XML with a DTD, an entity or an instruction")


def parse_xml(body: bytes) -> dict[str, str]:
    """Return the leaf elements under the root, nested names joined by ``/``; raises Refused."""
    reader = _FlatReader()
    parser = expat.ParserCreate("utf-8")  # whatever the document claims to be; a byte order mark would still win
    parser.buffer_text = True
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler = reader.characters
    parser.StartDoctypeDeclHandler = parser.ProcessingInstructionHandler = reader.refuse
    parser.EntityDeclHandler = parser.ExternalEntityRefHandler = reader.refuse
    try:
        body.decode()  # strict: no other encoding passes
        parser.Parse(body, True)
    except (expat.ExpatError, UnicodeDecodeError) as error:
        raise Refused("no well-formed XML") from error
    if any(len(value) > _MOST_FIELD_CHARS for name, value in reader.fields.items() if name != "Encrypt"):
        raise Refused("an XML element is too long")
    return reader.fields


def to_xml(fields: Mapping[str, str]) -> str:
    """Return ``<xml>`` with one CDATA element for each field; what XML can't hold is left out."""
    elements = "".join(
        f"<{name}><![CDATA[{_NOT_XML.sub('', value).replace(']]>', ']]]]><![CDATA[>')}]]></{name}>"
        for name, value in fields.items()
    )
    return f"<xml>{elements}</xml>"
