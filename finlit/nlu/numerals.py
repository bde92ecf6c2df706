"""Chinese and Arabic numerals, mixed as people type them: 三千五, 1.2万, 5k, 两万三, 1万2."""

from __future__ import annotations

import re
from decimal import Decimal

_DIGITS = {char: i for i, char in enumerate("零一二三四五六七八九")} | {
    "〇": 0,
    "两": 2,
    "俩": 2,
    "仨": 3,
    "壹": 1,
    "贰": 2,
    "叁": 3,
}
_UNITS = {"十": 10, "百": 100, "千": 1000, "k": 1000, "拾": 10, "佰": 100, "仟": 1000}
_MYRIADS = {"万": 10_000, "w": 10_000, "亿": 100_000_000}
_TOKEN = re.compile(
    r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|[零〇一二两俩仨三四五六七八九壹贰叁十百千拾佰仟kw万亿半]"
)

# A numeral as it stands in a sentence: an Arabic figure with units, or Chinese digits and units.
NUMERAL = (
    r"(?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[百千万亿kw](?:\d+(?:\.\d+)?[百千]?|[零〇]?[一二两三四五六七八九]?[十百千]?))?(?:[万亿])?"
    r"|[零〇一二两三四五六七八九十百千万亿拾佰仟壹贰叁]+)"
)


class NotANumeral(ValueError):
    """The text is no numeral that has exactly one reading."""


def parse(text: str) -> Decimal:
    """Return the value of a numeral; raises NotANumeral when there is none.

    A last digit without unit counts tenths of the unit before it: 三千五 is 3500,
    一万二 is 12000; after 零 it is plain: 三千零五 is 3005.
    """
    tokens = _TOKEN.findall(text)
    if not tokens or "".join(tokens) != text:
        raise NotANumeral(text)
    if all(token in _DIGITS for token in tokens) and len(tokens) > 1:
        return Decimal("".join(str(_DIGITS[token]) for token in tokens))  # 二零二四
    total = section = Decimal(0)
    pending: Decimal | None = None
    last_unit = Decimal(1)
    after_zero = False
    for token in tokens:
        if token in _MYRIADS:
            section += pending if pending is not None else Decimal(0)
            if not section:
                raise NotANumeral(text)
            total += section * _MYRIADS[token]
            section, pending, last_unit, after_zero = Decimal(0), None, Decimal(_MYRIADS[token]), False
        elif token in _UNITS:
            section += (pending if pending is not None else Decimal(1)) * _UNITS[token]
            pending, last_unit, after_zero = None, Decimal(_UNITS[token]), False
        elif token in ("零", "〇") and pending is None and (section or total):
            after_zero = True
        else:
            if pending is not None:
                raise NotANumeral(text)
            pending = _plain(token)
    if pending is not None:
        tenths = last_unit > 1 and not after_zero and pending < 10 and last_unit != 10
        section += pending * last_unit / 10 if tenths else pending
    return total + section


def _plain(token: str) -> Decimal:
    if token in _DIGITS:
        return Decimal(_DIGITS[token])
    if token[0].isdigit():
        return Decimal(token.replace(",", ""))
    raise NotANumeral(token)
