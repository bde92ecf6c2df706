"""A part of what is owed (一半, 三分之一, 全部) and one of several loans (第二笔, 另一笔), found by rule."""

from __future__ import annotations

import re
from fractions import Fraction

from finlit.nlu.numerals import NUMERAL, NotANumeral, parse
from finlit.text import fingerprint

OTHER = 0  # 另一笔: another loan than the one that was spoken of
_HALF = re.compile(r"一半|半数")
_OF = re.compile(rf"({NUMERAL})分之({NUMERAL})")
_TENTHS = re.compile(r"([一二两三四五六七八九])成")
_ALL = re.compile(r"全部|全额|所有的?|全(?=都?(?:还|付|交|结))")
_LOAN = re.compile(rf"第({NUMERAL})(?:笔|个?(?:贷款|借款|账单))")
_OTHER_LOAN = re.compile(r"(?:另外?|其他|剩下)(?:的|那)?一?笔|还有一笔|别的那?笔")
_PORTIONS = (_HALF, _OF, _TENTHS, _ALL)


def portion(text: str) -> Fraction | None:
    """Return which part of the whole ``text`` names, above 0 and at most 1; None when it names none."""
    plain = fingerprint(text)
    if _HALF.search(plain):
        return Fraction(1, 2)
    try:
        found = _OF.search(plain)
        part = Fraction(parse(found[2])) / Fraction(parse(found[1])) if found else None
        tenths = _TENTHS.search(plain)
        part = Fraction(parse(tenths[1])) / 10 if part is None and tenths else part
    except (NotANumeral, ArithmeticError):
        return None
    if part is not None:
        return part if 0 < part <= 1 else None
    return Fraction(1) if _ALL.search(plain) else None


def without_portions(text: str) -> str:
    """Return ``text`` without the words that name a part."""
    for pattern in _PORTIONS:
        text = pattern.sub("", text)
    return text


def loan_number(text: str) -> int | None:
    """Return which loan ``text`` names, from 1; ``OTHER`` for another one; None when it names none."""
    plain = fingerprint(text)
    found = _LOAN.search(plain)
    try:
        number = int(parse(found[1])) if found else None
    except (NotANumeral, ArithmeticError):
        number = None
    if number is None and _OTHER_LOAN.search(plain):
        return OTHER
    return number if number is None or number > 0 else None
