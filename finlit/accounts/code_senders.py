"""How a one-time code reaches a phone: the terminal for development, a signed webhook for production.

A code for a phone that nobody registered is never sent. Its sender is called all the same, with a
decoy that a gateway drops: it costs the same time and may fail in the same way, so that nobody
learns from either whether a phone is known.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import sys
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Protocol, TextIO

import requests

from finlit.identity_settings import IdentitySettings

DECOY_PHONE, DECOY_CODE = "00000000000", "000000"


class NotDelivered(RuntimeError):
    """The code may not have reached the phone; the reason is for the log, never for the customer."""


class CodeSender(Protocol):
    """Sends one code; ``phone`` is None for a decoy. Raises NotDelivered."""

    def send(self, phone: str | None, code: str, valid_seconds: int) -> None:
        """Hand the code over."""


class Console:
    """Shows the code in the terminal in which the server runs, and nowhere else."""

    def __init__(self, terminal: TextIO | None = None) -> None:
        self._terminal = terminal or sys.stderr

    def send(self, phone: str | None, code: str, valid_seconds: int) -> None:
        """Print the code; nothing for a decoy."""
        if phone is not None:
            print(f"〔开发用〕{phone[:3]}****{phone[-4:]} 的验证码：{code}", file=self._terminal, flush=True)


class Webhook:
    """Posts the code to the lender's message gateway, signed over time and body."""

    def __init__(
        self,
        url: str,
        secret: str,
        timeout: float,
        clock: Callable[[], datetime],
        post: Callable[..., requests.Response] = requests.post,
    ) -> None:
        self._url = url
        self._secret = secret.encode()
        self._timeout = timeout
        self._clock = clock
        self._post = post

    def send(self, phone: str | None, code: str, valid_seconds: int) -> None:
        """Post the code or a decoy of the same size; raises NotDelivered for anything but a quick 2xx."""
        message = {
            "id": str(uuid.uuid4()),
            "deliver": phone is not None,
            "phone": phone or DECOY_PHONE,
            "code": code if phone is not None else DECOY_CODE,
            "valid_seconds": valid_seconds,
        }
        body = json.dumps(message).encode()
        timestamp = str(int(self._clock().timestamp()))
        headers = {
            "Content-Type": "application/json",
            "X-Finlit-Timestamp": timestamp,
            "X-Finlit-Signature": signature(self._secret, timestamp, body),
        }
        try:
            answer = self._post(self._url, data=body, headers=headers, timeout=self._timeout, allow_redirects=False)
        except requests.RequestException as error:
            raise NotDelivered(type(error).__name__) from None  # its text may quote the request
        if not 200 <= answer.status_code < 300:
            raise NotDelivered(f"the gateway answered {answer.status_code}")


def signature(secret: bytes, timestamp: str, body: bytes) -> str:
    """Return what the gateway must find in ``X-Finlit-Signature``."""
    return hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def sender_for(identity: IdentitySettings, clock: Callable[[], datetime]) -> CodeSender:
    """Return the sender that the settings name."""
    if identity.code_sender == "webhook":
        return Webhook(identity.code_webhook_url, identity.code_webhook_secret, identity.code_webhook_timeout, clock)
    return Console()
