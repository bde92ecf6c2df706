"""What may be expected of a turn: one entry of ``KINDS`` for each word that a file may use."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from finlit import settings
from finlit.conversations.model import AS_DATA, AS_TEXT, INSIDE, Check, Failure, Seen
from finlit.conversations.names import nearest
from finlit.db import engine, tables

NOTHING = "无"
PRESENT, ABSENT = "有", "没有"
THIS_CONVERSATION = "本对话"
DECISIONS = {"直接答": "answered", "反问": "asked", "没答": "refused", "挡下": "trouble"}
_DECISION_WORDS = {kind: word for word, kind in DECISIONS.items()}

Differences = Iterator[tuple[str, str]]  # what was wanted, what came instead


@dataclass(frozen=True)
class Row:
    """What must stand in the database: rows of ``table`` that match ``where`` have ``values``; ``count`` of them."""

    table: str
    where: Mapping[str, str]
    values: Mapping[str, str]
    count: int | None


@dataclass(frozen=True)
class Kind:
    """How an expectation is written (``form``, see ``reading``) and held against what was seen.

    ``shown_by`` is the least that shows it: the bare text, the reply as data, or the process itself.
    """

    form: str
    differences: Callable[[Seen, Any], Differences]
    shown_by: int = AS_TEXT


def show(value: Any) -> str:
    """Return a slot's or a column's value in the way in which a file writes it."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return f"{value.astimezone(settings.SHANGHAI):%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return f"{value:f}".split(".")[0] if value.as_tuple().exponent == 0 else f"{value:f}"
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def listed(words: Sequence[str]) -> str:
    """Return ``words`` as a person reads a list."""
    return "、".join(f"「{word}」" for word in words) if words else NOTHING


def leaves(part: Any) -> Iterator[str]:
    """Yield every text in a custom part, however deep."""
    if isinstance(part, Mapping):
        for value in part.values():
            yield from leaves(value)
    elif isinstance(part, (list, tuple)):
        for value in part:
            yield from leaves(value)
    elif part is not None:
        yield str(part)


def _said(seen: Seen) -> str:
    return "上面这句回答里没有" if seen.text else "什么也没回"


def _contains(seen: Seen, wanted: Sequence[str]) -> Differences:
    yield from ((f"包含「{text}」", _said(seen)) for text in wanted if text not in seen.text)


def _contains_not(seen: Seen, wanted: Sequence[str]) -> Differences:
    yield from ((f"不包含「{text}」", "回答里有") for text in wanted if text in seen.text)


def _matches(seen: Seen, wanted: Sequence[str]) -> Differences:
    yield from ((f"匹配 {text}", "对不上") for text in wanted if not re.search(text, seen.text, re.M))


def _answers(seen: Seen, wanted: Sequence[str]) -> Differences:
    if tuple(wanted) != seen.answers:
        yield f"答案是 {'、'.join(wanted)}", "、".join(seen.answers) or "什么也没回"


def _buttons(seen: Seen, wanted: Sequence[str]) -> Differences:
    if missing := [title for title in wanted if title not in seen.buttons]:
        yield f"有按钮{listed(missing)}", f"按钮是{listed(seen.buttons)}"


def _no_buttons(seen: Seen, unwanted: Sequence[str]) -> Differences:
    if present := [title for title in unwanted if title in seen.buttons]:
        yield f"没有按钮{listed(present)}", f"按钮是{listed(seen.buttons)}"


def _part(name: str, word: str) -> Callable[[Seen, Sequence[str]], Differences]:
    def differences(seen: Seen, wanted: Sequence[str]) -> Differences:
        part = seen.part(name)
        if wanted in ([PRESENT], [ABSENT]):
            if (part is not None) != (wanted == [PRESENT]):
                yield f"{wanted[0]}{word}", PRESENT if part is not None else ABSENT
            return
        inside = list(leaves(part))
        for text in wanted:
            if not any(text in leaf for leaf in inside):
                near = nearest(text, inside)
                yield (
                    f"{word}里有「{text}」",
                    f"没有{word}" if part is None else f"没有这个{f'，最像的是「{near}」' if near else ''}",
                )

    return differences


def _sources(seen: Seen, wanted: Sequence[str]) -> Differences:
    cited = [source["id"] for reply in seen.replies for source in reply["custom"].get("sources") or ()]
    if missing := [fact for fact in wanted if fact not in cited]:
        yield f"出处有 {'、'.join(missing)}", f"出处是 {'、'.join(cited) or NOTHING}"


def _silent(seen: Seen, wanted: bool) -> Differences:
    if wanted and seen.text:
        yield "没有回复", f"回了「{seen.text}」"


def _slots(seen: Seen, wanted: Mapping[str, str]) -> Differences:
    for name, value in wanted.items():
        actual = show(seen.slots.get(name))
        if actual != value:
            yield f"槽 {name} 是「{value}」", f"是「{actual}」"


def _intent(seen: Seen, wanted: str) -> Differences:
    if seen.intent != wanted:
        yield f"意图是 {wanted}", str(seen.intent)


def _decision(seen: Seen, wanted: str) -> Differences:
    actual = seen.decision.get("kind")
    if actual != DECISIONS[wanted]:
        yield f"判断是「{wanted}」", f"是「{decision_word(actual)}」"


def _form(seen: Seen, wanted: str) -> Differences:
    if (seen.form or NOTHING) != wanted:
        yield f"表单是 {wanted}", seen.form or NOTHING


def _rows(seen: Seen, wanted: Sequence[Row]) -> Differences:
    for row in wanted:
        found = _found(row, seen.conversation)
        where = "、".join(f"{name}={value}" for name, value in row.where.items())
        about = f"表 {row.table}{f'（{where}）' if where else ''}"
        if row.count is not None and len(found) != row.count:
            yield f"{about} 有 {row.count} 行", f"有 {len(found)} 行"
        if row.values and not found:
            yield f"{about} 有这样的行", "没有"
        for name, value in row.values.items():
            if others := [show(each[name]) for each in found if show(each[name]) != value]:
                yield f"{about} 的 {name} 是「{value}」", f"是{listed(others)}"


def _found(row: Row, conversation: str) -> list[dict[str, Any]]:
    """Return the rows that match; compared as shown, so that a file writes what it sees."""
    where = {name: conversation if value == THIS_CONVERSATION else value for name, value in row.where.items()}
    table = tables.Base.metadata.tables[row.table]
    with engine.engine_for(settings.load().database_url).connect() as connection:
        every = [dict(found) for found in connection.execute(select(table)).mappings()]
    return [each for each in every if all(show(each[name]) == value for name, value in where.items())]


def decision_word(kind: str | None) -> str:
    """Return the word for a decision of the understanding, as files and reports use it."""
    return _DECISION_WORDS.get(str(kind), NOTHING)


KINDS = {
    "意图": Kind("intent", _intent, INSIDE),
    "判断": Kind("decision", _decision, INSIDE),
    "答案": Kind("answers", _answers, AS_DATA),
    "包含": Kind("texts", _contains),
    "不包含": Kind("texts", _contains_not),
    "匹配": Kind("patterns", _matches),
    "按钮": Kind("texts", _buttons),
    "没有按钮": Kind("texts", _no_buttons),
    "表格": Kind("texts", _part("table", "表格"), AS_DATA),
    "图": Kind("texts", _part("chart", "图"), AS_DATA),
    "明细": Kind("texts", _part("details", "明细"), AS_DATA),
    "出处": Kind("facts", _sources, AS_DATA),
    "没有回复": Kind("yes", _silent),
    "槽": Kind("slots", _slots, INSIDE),
    "表单": Kind("form", _form, INSIDE),
    "数据库": Kind("rows", _rows, INSIDE),
}


def possible(check: Check, seen: Seen) -> bool:
    """Say whether what ``seen`` shows is enough to make ``check``."""
    return KINDS[check.word].shown_by <= seen.shows


def failures(check: Check, seen: Seen) -> list[Failure]:
    """Return how ``check`` fails on ``seen``; needs the conversation's settings in force for database rows."""
    found = KINDS[check.word].differences(seen, check.wanted)
    return [Failure(check.word, check.where, wanted, actual) for wanted, actual in found]
