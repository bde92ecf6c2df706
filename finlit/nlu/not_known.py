"""「不知道」「利率记不清了」: a customer who does not know a figure says so; nothing is guessed for them."""

from __future__ import annotations

import re

from finlit.text import fingerprint

_UNKNOWN = r"(?:不知道|不清楚|不记得|记不得|记不清|记不住|忘了|忘记了|不晓得|不确定|不太清|没看到|没注意|找不到|查不到|说不准|没写|不懂|没定|没想好|没决定|没看过)"
_WHOLE = re.compile(rf"^(?:我|这个|真的?|也|都|还|确实|具体|暂时|现在|嗯|额|啊|这|哪)*{_UNKNOWN}.{{0,6}}$")
_SUBJECTS = {
    "rate": "利率|利息率|费率|年化|日息",
    "amount": "本金|金额|数额|欠款",
    "days": "天数|几天|多少天|逾期多久",
    "months": "期数|几期|多少期|几个月",
}
_ABOUT = {
    kind: re.compile(rf"(?:{words}).{{0,6}}?{_UNKNOWN}|{_UNKNOWN}.{{0,3}}(?:{words})")
    for kind, words in _SUBJECTS.items()
}


def is_all_that_is_said(text: str) -> bool:
    """Say whether the whole message means 「不知道」."""
    return _WHOLE.search(fingerprint(text)) is not None


def kinds(text: str) -> frozenset[str]:
    """Return the kinds of figures (``rate``, ``amount`` …) that the message says are not known."""
    plain = fingerprint(text)
    return frozenset(kind for kind, pattern in _ABOUT.items() if pattern.search(plain))
