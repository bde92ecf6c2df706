"""Masking of personal data before it reaches a log, a store or a report.

Numbers are found in whatever dress people give them (``finlit.digits``): half or full width,
spaced, dashed, in Chinese digits. The ends that help a person to recognise a number stay.
Amounts stay: 「100000」, 「13800元」.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from finlit.digits import Run, phone_at, runs

_ID_CARD = re.compile(r"([1-9]\d{5})(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}")
_CARD_LENGTHS = range(19, 15, -1)  # the longest first
_SHORTEST = 11
# Looked for only where a name begins: else each of its characters would be tried again.
_EMAIL = re.compile(r"(?<![A-Za-z0-9_.+-])[A-Za-z0-9_.+-]+@([A-Za-z0-9-]+\.[A-Za-z0-9.-]+)")
_CHECK_DIGITS = "xXｘＸ"
# A code that is quoted while none is asked for: 「验证码是 583920」, a pasted text message.
_QUOTED_CODE = re.compile(r"(验证码|校验码|动态码|短信码)([^\w]|是|为|：)*$")
CODE_LENGTHS = range(4, 9)
CODE_MASK = "〔验证码〕"

Span = tuple[int, int, str]  # where in the text, and what is put there


def mask(text: str) -> str:
    """Return ``text`` with identity numbers, bank cards, phones, quoted codes and mail addresses masked."""
    spans = [span for run in runs(text) for span in _personal(run, text)]
    return _EMAIL.sub(r"***@\1", replace_spans(text, spans))


def replace_spans(text: str, spans: list[Span]) -> str:
    """Return ``text`` with each span replaced; spans don't overlap."""
    for start, end, replacement in sorted(spans, reverse=True):
        text = text[:start] + replacement + text[end:]
    return text


def _personal(run: Run, text: str) -> Iterator[Span]:
    if len(run.digits) in CODE_LENGTHS and _QUOTED_CODE.search(text[max(0, run.start - 12) : run.start]):
        yield run.start, run.end, CODE_MASK
    at = 0
    while at <= len(run.digits) - _SHORTEST:
        found = _id_card(run, at, text) or _phone(run, at) or _bank_card(run, at, text)
        if found is None:
            at += 1
            continue
        at, span = found
        yield span


def _id_card(run: Run, at: int, text: str) -> tuple[int, Span] | None:
    """Find 18 digits of an identity number from ``at``, or 17 and the check digit X."""
    match = _ID_CARD.match(run.digits, at)
    if match is None:
        return None
    end = match.end()
    if end < len(run.digits) and run.is_whole(at, end + 1):
        return end + 1, (run.places[at], run.places[end] + 1, f"{match[1]}********")
    after = text[run.places[end - 1] + 1 :].lstrip(" \u3000-")
    if end == len(run.digits) and after[:1] in set(_CHECK_DIGITS) and run.is_whole(at, end):
        stop = len(text) - len(after) + 1
        return end, (run.places[at], stop, f"{match[1]}********")
    return None


def _phone(run: Run, at: int) -> tuple[int, Span] | None:
    found = phone_at(run, at)
    if found is None:
        return None
    end, digits = found
    return end, (run.places[at], run.places[end - 1] + 1, f"{digits[:3]}****{digits[-4:]}")


def _bank_card(run: Run, at: int, text: str) -> tuple[int, Span] | None:
    for length in _CARD_LENGTHS:
        end = at + length
        digits = run.digits[at:end]
        if len(digits) == length and digits[0] != "0" and run.is_whole(at, end) and _is_card(run, at, end, text):
            return end, (run.places[at], run.places[end - 1] + 1, f"{digits[:4]}****{digits[-4:]}")
    return None


def _is_card(run: Run, start: int, end: int, text: str) -> bool:
    """Say whether the digits are a card: in one piece always, else amounts side by side must be ruled out."""
    if run.is_unbroken(start, end) or run.digits.startswith("62", start):
        return True
    before = text[max(0, run.places[start] - 8) : run.places[start]]
    return "卡" in before or "账号" in before or _luhn(run.digits[start:end])


def _luhn(digits: str) -> bool:
    total = 0
    for index, char in enumerate(reversed(digits)):
        value = int(char) * (1 + index % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
