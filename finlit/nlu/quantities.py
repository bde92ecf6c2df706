"""Amounts, days, periods, dates and rates, found by rule and exactly; an unclear one is marked, never guessed.

Values: ``amount`` in yuan; ``days``; ``months`` (期 count as months); ``rate`` as an annual
fraction, or ``daily:``/``monthly:`` with the fraction for that time; ``date`` relative where
the customer's is (``day:15``, ``month-1:10``, ``week+1:5``, ``weekday:5``, ``03-05``), see ``finlit.nlu.dates``; ``number`` for
a bare figure that only a question can give a meaning; ``ambiguous`` (三五千, 十来天, 大概几千).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from finlit.nlu.numerals import NUMERAL, NotANumeral, parse
from finlit.text import normalise


@dataclass(frozen=True)
class Quantity:
    """One value with the words that said it; ``value`` is a decimal, or text for dates and periodic rates."""

    kind: str
    value: Decimal | str
    text: str
    start: int
    end: int


Reader = Callable[[re.Match[str]], "tuple[str, Decimal | str] | None"]
_DAY_WORDS = {
    "大前天": -3,
    "前天": -2,
    "昨天": -1,
    "昨日": -1,
    "今天": 0,
    "今日": 0,
    "明天": 1,
    "明日": 1,
    "后天": 2,
    "大后天": 3,
}
_MONTH_WORDS = {
    "上上个月": -2,
    "上个月": -1,
    "上月": -1,
    "这个月": 0,
    "本月": 0,
    "这月": 0,
    "当月": 0,
    "下个月": 1,
    "下月": 1,
    "下下个月": 2,
}
_WEEK_WORDS = {"上上": -2, "上": -1, "这": 0, "本": 0, "下下": 2, "下": 1}
_WEEKDAYS = "一二三四五六日"
_LAST_OF_MONTH = 31
_DAY_ALTERNATIVES = "|".join(sorted(_DAY_WORDS, key=len, reverse=True))
_MONTH_ALTERNATIVES = "|".join(sorted(_MONTH_WORDS, key=len, reverse=True))
_NOTHING = "nothing"  # a figure that counts nothing of ours: 第二天, 双十一, 12378
_DIGIT = "[一二两三四五六七八九]"
_DAY_NUMBER = r"(?:\d{1,2}|[一二三四五六七八九十]{1,3}|廿[一二三四五六七八九]?|初[一二三四五六七八九十])"


def _small(text: str) -> int:
    return int(parse(text.replace("廿", "二十").replace("初", "")))


def _iso(match: re.Match[str]) -> tuple[str, str] | None:
    year, month, day = int(match[1]), _small(match[2]), _small(match[3])
    year += 2000 if year < 100 else 0
    try:
        return "date", date(year, month, day).isoformat()
    except ValueError:
        return None


def _month_day(match: re.Match[str]) -> tuple[str, str] | None:
    month, day = _small(match[1]), _small(match[2])
    return ("date", f"{month:02d}-{day:02d}") if 1 <= month <= 12 and 1 <= day <= 31 else None


def _relative_month(match: re.Match[str]) -> tuple[str, str] | None:
    day = _small(match[2])
    return ("date", f"month{_MONTH_WORDS[match[1]]:+d}:{day}") if 1 <= day <= 31 else None


def _month_end(match: re.Match[str]) -> tuple[str, str]:
    return "date", f"month{_MONTH_WORDS[match[1] or '本月']:+d}:{_LAST_OF_MONTH}"


def _weekday(match: re.Match[str]) -> tuple[str, str]:
    number = int(match[2]) if match[2].isdigit() else _WEEKDAYS.index(match[2].replace("天", "日")) + 1
    return "date", f"week{_WEEK_WORDS[match[1]]:+d}:{number}" if match[1] else f"weekday:{number}"


def _day_of_month(match: re.Match[str]) -> tuple[str, str] | None:
    day = _small(match[1])
    return ("date", f"day:{day}") if 1 <= day <= 31 else None


def _times(factor: int | Decimal, kind: str) -> Reader:
    def read(match: re.Match[str]) -> tuple[str, Decimal]:
        return kind, parse(match[1]) * factor

    return read


def _and_a_half(factor: int, kind: str) -> Reader:
    def read(match: re.Match[str]) -> tuple[str, Decimal]:
        return kind, (parse(match[1]) + Decimal("0.5")) * factor

    return read


def _fixed(kind: str, value: Decimal | str) -> Reader:
    return lambda match: (kind, value)


def _rate(prefix: str, per: Decimal) -> Reader:
    def read(match: re.Match[str]) -> tuple[str, Decimal | str]:
        value = (parse(match["n"]) / per).normalize()
        return "rate", f"{prefix}{value:f}" if prefix else value

    return read


def _fen_li(match: re.Match[str]) -> tuple[str, str]:
    fen = parse(match["fen"]) if match["fen"] else Decimal(0)
    li = parse(match["li"]) if match["li"] else Decimal(0)
    return "rate", f"monthly:{((fen * 10 + li) / 1000).normalize():f}"


def _ignored(match: re.Match[str]) -> tuple[str, str]:
    return _NOTHING, ""


def _amount(match: re.Match[str]) -> tuple[str, Decimal] | None:
    return "amount", parse(match[1])


def _yuan_jiao(match: re.Match[str]) -> tuple[str, Decimal]:
    return "amount", parse(match[1]) + parse(match[2]) / 10


def _bare(match: re.Match[str]) -> tuple[str, Decimal] | None:
    text = match[0]
    if re.fullmatch(r"\d{9,}", text):
        return None  # a phone, card or order number
    value = parse(text)
    has_unit = bool(re.search(r"[百千万亿kw佰仟]", text))
    return ("amount" if has_unit or value >= 100 else "number"), value


_N = f"({NUMERAL})"
_NAMED = f"(?P<n>{NUMERAL})"
# Order decides: the first rule that reads a stretch of text owns it.
_RULES: list[tuple[str, Reader]] = [
    (
        rf"第{NUMERAL}[天次期个笔年月日]|双十[一二]|双1[12]|(?:每个?|逢)(?:星期|周|礼拜)[一二三四五六日天1-6]|{NUMERAL}(?:点|时|:\d\d|次|笔|遍|张|家)",
        _ignored,
    ),
    (
        r"一(?:直|下|般|样|起|些|定|共|点|旦|切|律)|万一|十分|百分百|三方|四大|五级|连三累六|千万别|千万不|(?<!\d)(?:123(?:15|21|45|48|56|63|68|77|78)|96110)(?![\d元块万])",
        _ignored,
    ),
    (
        r"((?:19|20)\d{2})\s*[年\-/.]\s*(\d{1,2}|[一二三四五六七八九十]+)\s*[月\-/.]\s*(\d{1,2}|[一二三四五六七八九十]+)[日号]?",
        _iso,
    ),
    (rf"(?:({_MONTH_ALTERNATIVES}))的?({_DAY_NUMBER})[号日]?(?![天个期万千元块])", _relative_month),
    (rf"(\d{{1,2}}|十[一二]?|[一二三四五六七八九])月(?:份)?({_DAY_NUMBER})[日号]?(?![天个期万千元块\d])", _month_day),
    (rf"({_DAY_NUMBER})号", _day_of_month),
    (rf"(?:({_MONTH_ALTERNATIVES})的?|月)底", _month_end),
    (
        r"(?:(上上|上|这|本|下下|下)个?|(?<![一二两三四五六七八九十百几半个\d]))(?:星期|周|礼拜)([一二三四五六日天1-6])(?![个月期年次\d])",
        _weekday,
    ),
    (rf"(?:{_DAY_ALTERNATIVES})", lambda match: ("date", f"today{_DAY_WORDS[match[0]]:+d}")),
    # rates
    (
        rf"(?<![\d一二两三四五六七八九十百千])万(?:分之)?{_NAMED}(?:的?(?:日息|利息|利率))?(?![元块天个])",
        _rate("daily:", Decimal(10_000)),
    ),
    (rf"{_NAMED}\s*%的?(?:日息|日利率|日利)", _rate("daily:", Decimal(100))),
    (rf"{_NAMED}\s*%的?(?:月息|月利率|月利)", _rate("monthly:", Decimal(100))),
    (rf"(?:日息|日利率|日利)(?:是|为)?{_NAMED}\s*%", _rate("daily:", Decimal(100))),
    (rf"(?:月息|月利率|月利)(?:是|为)?{_NAMED}\s*%", _rate("monthly:", Decimal(100))),
    (rf"(?:月息|月利率|月利|每月)(?:是|为)?百分之{_NAMED}", _rate("monthly:", Decimal(100))),
    (rf"(?:日息|日利率|日利)(?:是|为)?千分之{_NAMED}", _rate("daily:", Decimal(1000))),
    (rf"(?:月息|月利)?(?P<fen>{_DIGIT}|\d+)分(?P<li>{_DIGIT}|\d)?厘?(?:的?(?:利息?|月息))", _fen_li),
    (rf"(?:月息|月利率?)(?P<fen>{_DIGIT}|\d+)分(?P<li>{_DIGIT}|\d)?厘?", _fen_li),
    (r"(?:月息|月利率?)?(?P<fen>(?!))?(?P<li>[一二两三四五六七八九]|\d+(?:\.\d+)?)厘(?:的?(?:利息?|月息))?", _fen_li),
    (rf"(?:年化|年利率?|年息|年)?(?:利率|率)?(?:是|为|约|大概)?百分之{_NAMED}", _rate("", Decimal(100))),
    (rf"{_NAMED}\s*%", _rate("", Decimal(100))),
    (
        rf"(?:年化|年利率|年利|年息)(?:利率|率)?(?:是|为|约|大概)?{_NAMED}(?:个点)?(?![元块万天])",
        _rate("", Decimal(100)),
    ),
    (rf"{_NAMED}个点", _rate("", Decimal(100))),
    # 「5万三年」, 「1万12期」: the amount ends where the period begins
    (
        r"((?:\d+(?:\.\d+)?|[一二两三四五六七八九十百]+)[万千w])(?=(?:\d{1,3}|[一二两三四五六七八九十]{1,3})(?:年(?![\d化利息率])|个月|期|天))",
        _amount,
    ),
    # what has no single reading
    (
        rf"(?:半|\d+(?:\.\d+)?|十|{_DIGIT}?十{_DIGIT}?|{_DIGIT})(?:来|多|几|个多|个来)(?:天|个?月|个?星期|个?礼拜|期|块|元|万|千|年|周)",
        _fixed("ambiguous", "来"),
    ),
    (
        rf"(?:半|\d+|{_DIGIT}?十{_DIGIT}?|{_DIGIT})(?:个月|个星期|个礼拜|星期|礼拜|周|天|年|期)(?:多(?![久少长大])|出头)",
        _fixed("ambiguous", "多"),
    ),
    (
        r"(?:好|大概|差不多|有)?几(?:十|百|千|万|个|k|w)*(?:来|多)?(?:天|个?月|期|元|块|年|周|星期)?钱?",
        _fixed("ambiguous", "几"),
    ),
    (
        rf"{_DIGIT}{_DIGIT}(?:[百千万]|个月|个星期|天|期|年|周|百块|千块)(?:天|元|块|个月)?钱?",
        lambda match: _two_digits(match[0]),
    ),
    (
        rf"{_DIGIT}?[百千万]把?(?:来|多)?块?钱?(?:左右)|(?:\d+|{_DIGIT})?[百千万](?:来|把)块?钱?|(?:\d+|{_DIGIT})?[百千万]多(?:块|元)?钱?",
        _fixed("ambiguous", "多"),
    ),
    (
        r"\d+(?:\.\d+)?[万千百kw]?(?:-|~|到|至|、)\d+(?:\.\d+)?[万千百kw]?(?:元|块|天|个月|期|年)?钱?",
        _fixed("ambiguous", "到"),
    ),
    (rf"{_DIGIT}(?:到|至){_DIGIT}(?:[百千万]|个月|天|期|年)(?:元|块)?", _fixed("ambiguous", "到")),
    (r"\d+多(?:万|千|块|元|天)?", _fixed("ambiguous", "多")),
    # periods
    (r"半个月", _fixed("days", Decimal(15))),
    (rf"{_N}个半月", _and_a_half(30, "days")),
    (rf"{_N}年半", _and_a_half(12, "months")),
    (r"半年", _fixed("months", Decimal(6))),
    (rf"{_N}(?:个(?:星期|礼拜|周)|星期|礼拜|周)", _times(7, "days")),
    (r"([俩仨])个?月", _times(1, "months")),
    (rf"{_N}(?:个月|期|个期|月期)", _times(1, "months")),
    (rf"(?<!\d){_N}年(?![\d化利息率])", _times(12, "months")),
    (rf"{_N}(?:天|日(?!息|利))", _times(1, "days")),
    # amounts
    (rf"{_N}(?:块|元)([一二两三四五六七八九]|\d)(?:毛|角)?(?![\d天个期])", _yuan_jiao),
    (rf"[¥￥]\s*{_N}", _amount),
    (rf"{_N}\s*(?:元|块钱|块|圆|人民币|rmb|大洋)", _amount),
    (NUMERAL, _bare),
]
_COMPILED = [(re.compile(pattern), read) for pattern, read in _RULES]


def _two_digits(text: str) -> tuple[str, Decimal | str]:
    """Read two digits side by side before a unit (三五千、两三天) as unclear, in the customer's own words."""
    return "ambiguous", text


_MASKED = re.compile(r"\d*\*{2,}\d*")  # 138****5678 of finlit.privacy: no amounts


def find(text: str) -> list[Quantity]:
    """Return the quantities of ``text`` in order, none within a masked number; never raises for any text."""
    plain = normalise(text)
    taken = [False] * len(plain)
    for masked in _MASKED.finditer(plain):
        taken[masked.start() : masked.end()] = [True] * (masked.end() - masked.start())
    found: list[Quantity] = []
    for pattern, read in _COMPILED:
        for match in _free(pattern, plain, taken):
            start, end = match.span()
            try:
                reading = read(match)
            except (NotANumeral, ArithmeticError, ValueError):
                continue
            if reading is not None:
                taken[start:end] = [True] * (end - start)
                if reading[0] != _NOTHING:
                    found.append(Quantity(reading[0], reading[1], match[0], start, end))
    return sorted(found, key=lambda quantity: quantity.start)


def _free(pattern: re.Pattern[str], plain: str, taken: list[bool]) -> Iterator[re.Match[str]]:
    """Yield the matches that no other reading owns a part of; what stands behind such a part is looked at again."""
    begin = 0
    while (match := pattern.search(plain, begin)) is not None:
        start, end = match.span()
        owned = next((place for place in range(start, end) if taken[place]), None)
        if owned is None and start < end:
            yield match
            begin = end
        else:
            begin = (start if owned is None else owned) + 1
