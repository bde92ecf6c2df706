"""What may stand in one field of a delivery; every refusal is a Chinese half sentence for the lender."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from finlit.settings import SHANGHAI

Parse = Callable[[str], Any]  # raises Refused

MOST_YUAN = Decimal("1000000000")
_DIGITS = re.compile(r"\d+(\.\d+)?")
_PLAIN = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,2})?")  # good for amounts and for rates
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]*")
_MOBILE = re.compile(r"1[3-9]\d{9}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})?")


class Refused(ValueError):
    """A field does not hold what it should; the message says what to write, in Chinese."""


def nearest(word: str, known: Sequence[str]) -> str:
    """Return 「，是不是 x？」 for the most similar known word, or 「。」."""
    close = difflib.get_close_matches(word.lower(), known, n=1, cutoff=0.5)
    return f"，是不是 {close[0]}？" if close else "。"


def text(most: int) -> Parse:
    """Return a parser of printable text of at most ``most`` characters."""

    def parse(field: str) -> str:
        if not field.isprintable():
            raise Refused("有看不见的控制字符，请去掉")
        if len(field) > most:
            raise Refused(f"太长：最多 {most} 个字")
        return field

    return parse


def identifier(most: int) -> Parse:
    """Return a parser of the core system's own numbers: letters, digits and a few marks."""

    def parse(field: str) -> str:
        if not _IDENTIFIER.fullmatch(field) or len(field) > most:
            raise Refused(f"编号只能用字母、数字和 _ . : -，以字母或数字开头，最多 {most} 个字符")
        return field

    return parse


def choice(values: Sequence[str]) -> Parse:
    """Return a parser that accepts ``values`` only."""

    def parse(field: str) -> str:
        if field not in values:
            allowed = "、".join(values) if len(values) <= 6 else "、".join([*values[:3], "…"])
            raise Refused(f"不认识{nearest(field, values)}可以写 {allowed}")
        return field

    return parse


def phone(field: str) -> str:
    """Return a mobile number of the mainland."""
    if not _MOBILE.fullmatch(field):
        raise Refused("要写 11 位手机号，不带 +86、空格和横线")
    return field


def _number(field: str, places: int) -> Decimal:
    if _PLAIN.fullmatch(field):  # nearly every one
        return Decimal(field)
    if not _DIGITS.fullmatch(field) or not field.isascii():
        raise Refused("要写成普通数字，例如 1234.50：不带千分位逗号、正负号、货币符号和单位")
    number = Decimal(field)
    if -int(number.normalize().as_tuple().exponent) > places:
        raise Refused(f"小数最多 {places} 位，不会替你四舍五入")
    return number


def amount(field: str) -> Decimal:
    """Return yuan, exact to the fen."""
    number = _number(field, 2)
    if number > MOST_YUAN:
        raise Refused("金额大得不像真的，单位是元，不是分")
    return number


def rate(field: str) -> Decimal:
    """Return an annual rate or a share as a fraction."""
    if field.endswith(("%", "％")):
        raise Refused(f"是百分数，请写成小数：{_fraction(field[:-1])}")
    number = _number(field, 6)
    if number >= 2:
        raise Refused(f"像是百分数，请写成小数：{_fraction(field)}")
    return number


def _fraction(percent: str) -> str:
    return f"{Decimal(percent) / 100:f}" if _DIGITS.fullmatch(percent) else "例如 18% 写 0.18"


def whole(least: int, most: int) -> Parse:
    """Return a parser of whole numbers from ``least`` to ``most``."""

    def parse(field: str) -> int:
        if not (field.isascii() and field.isdigit() and least <= int(field) <= most):
            raise Refused(f"要写 {least} 到 {most} 的整数")
        return int(field)

    return parse


def day_count_base(field: str) -> int:
    """Return 360 or 365."""
    return int(choice(("360", "365"))(field))


@lru_cache(maxsize=10_000)
def day(field: str) -> date:
    """Return a calendar day."""
    try:
        if not _DAY.fullmatch(field):
            raise ValueError(field)
        return date.fromisoformat(field)
    except ValueError as error:
        raise Refused("不是日期，要写成 2026-11-23") from error


def moment(field: str) -> datetime:
    """Return a moment; without a zone it is Beijing time."""
    try:
        if not _MOMENT.fullmatch(field):
            raise ValueError(field)
        found = datetime.fromisoformat(field.replace("Z", "+00:00"))
    except ValueError as error:
        raise Refused("不是时间，要写成 2026-11-23 09:30:00（北京时间）或带时区的 2026-11-23T09:30:00+08:00") from error
    return found.replace(tzinfo=SHANGHAI) if found.tzinfo is None else found.astimezone(SHANGHAI)
