"""Masking of personal data before it reaches a log, a store or a report."""

from __future__ import annotations

import re

# Longest kinds first: an identity number contains an eleven-digit run, too.
_DIGIT = r"(?<![0-9])"
_END = r"(?![0-9])"
_SEPARATOR = r"[ \-]?"
_ID_CARD = re.compile(
    _DIGIT + r"([1-9]\d{5})(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[0-9Xx]" + _END
)
_BANK_CARD = re.compile(_DIGIT + r"[1-9](?:[ \-]?\d){15,18}" + _END)
_PHONE = re.compile(_DIGIT + r"(1[3-9]\d)" + _SEPARATOR + r"\d{4}" + _SEPARATOR + r"(\d{4})" + _END)
_EMAIL = re.compile(r"[A-Za-z0-9_.+-]+@([A-Za-z0-9-]+\.[A-Za-z0-9.-]+)")


def _ends_of_card(match: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", match[0])
    return f"{digits[:4]}****{digits[-4:]}"


def mask(text: str) -> str:
    """Return ``text`` with identity numbers, bank cards, phones and mail addresses masked.

    The ends that help a person to recognise a number stay: 138****1234, 6222****0123.
    """
    text = _ID_CARD.sub(r"\1********", text)
    text = _BANK_CARD.sub(_ends_of_card, text)
    text = _PHONE.sub(r"\1****\2", text)
    return _EMAIL.sub(r"***@\1", text)
