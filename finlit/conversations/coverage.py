"""What no conversation touches: intents, answers, actions, forms, rules; held against a committed list."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from finlit.answers import RICH
from finlit.conversations import checks
from finlit.conversations.model import Played, Result
from finlit.conversations.names import Names, Rule

FLOOR = "tests/conversations/untouched.yml"
KINDS = ("意图", "答案", "动作", "表单", "规则")
LEAST_LITERAL = 4  # characters that a part of an answer must have to be recognised in what was said
_MARK = re.compile(r"\[(?:F-[A-Z]+-\d+|CONTRACT|ADVICE)\]")
_FIELD = re.compile(r"\\\{(\w+)\\\}")
_AMOUNT = r"-?¥[\d,]+\.\d\d"  # what stands for {amount}
_HEAD = """# 还没有任何对话碰到的内容。新写的意图、答案、动作、表单、规则必须有对话碰到，或者写在这里并说明理由。
# 补了对话就把它从这里删掉；整份可以用 finlit test-conversations --write-untouched 重写。
"""


@dataclass(frozen=True)
class Coverage:
    """All names and the untouched ones, by kind."""

    known: Mapping[str, frozenset[str]]
    untouched: Mapping[str, frozenset[str]]

    def share(self, kind: str) -> tuple[int, int]:
        """Return how many of ``kind`` were touched, and how many there are."""
        return len(self.known[kind]) - len(self.untouched[kind]), len(self.known[kind])


def measure(results: Iterable[Result], names: Names) -> Coverage:
    """Return what ``results`` touch of ``names``."""
    played = [each for result in results for each in result.played]
    known = {
        "意图": names.intents,
        "答案": frozenset(names.answers),
        "动作": names.actions,
        "表单": names.forms,
        "规则": frozenset(rule.name for rule in names.rules),
    }
    touched: dict[str, set[str]] = {
        "意图": {each.seen.intent or "" for each in played},
        "答案": _answers(played, names.answers),
        "动作": {action for each in played for action in each.seen.actions},
        "表单": {form for each in played for form in each.seen.forms},
        "规则": {rule.name for rule in names.rules if any(_follows(rule, each) for each in played)},
    }
    return Coverage(known, {kind: frozenset(known[kind] - touched[kind]) for kind in KINDS})


def _answers(played: Sequence[Played], answers: Mapping[str, str]) -> set[str]:
    """Return answers that were said by name, those whose words stand inside another, and headings of tables."""
    by_name = {answer for each in played for answer in each.seen.answers}
    parts = {leaf for each in played for reply in each.seen.replies for leaf in checks.leaves(_rich(reply["custom"]))}
    said = "\n".join({each.seen.text for each in played} | parts)
    return by_name | {name for name in set(answers) - by_name if _stands_in(said, parts, answers[name])}


def _rich(custom: Mapping[str, Any]) -> list[Any]:
    return [custom.get(part) for part in RICH]


def _stands_in(said: str, parts: set[str], text: str) -> bool:
    plain = _MARK.sub("", text).strip()
    if plain in parts or f"：{plain}\n" in said:
        return True
    if "{amount}" not in plain and len(re.sub(r"\{\w+\}|\s", "", plain)) < LEAST_LITERAL:
        return False
    pattern = _FIELD.sub(lambda field: _AMOUNT if field[1] == "amount" else "[^\n]+?", re.escape(plain))
    return re.search(pattern, said) is not None


def _follows(rule: Rule, played: Played) -> bool:
    seen = played.seen
    if rule.intents and seen.intent not in rule.intents:
        return False
    if rule.loop is not None and rule.loop != seen.form_before:
        return False
    done: Iterator[str] = iter(seen.actions)
    return all(action in done for action in rule.actions)


def allowed(root: Path) -> dict[str, frozenset[str]]:
    """Return the committed list of what may be untouched."""
    path = root / FLOOR
    document = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else None
    return {kind: frozenset(map(str, (document or {}).get(kind) or ())) for kind in KINDS}


def dropped(coverage: Coverage, root: Path) -> dict[str, list[str]]:
    """Return, by kind, the untouched names that the committed list does not allow."""
    may = allowed(root)
    return {kind: lost for kind in KINDS if (lost := sorted(coverage.untouched[kind] - may[kind]))}


def stale(coverage: Coverage, root: Path) -> dict[str, list[str]]:
    """Return, by kind, what the committed list still allows although it is touched now or no longer exists."""
    may = allowed(root)
    return {kind: left for kind in KINDS if (left := sorted(may[kind] - coverage.untouched[kind]))}


def write(coverage: Coverage, root: Path) -> Path:
    """Write the committed list anew from ``coverage``."""
    document = {kind: sorted(coverage.untouched[kind]) for kind in KINDS if coverage.untouched[kind]}
    path = root / FLOOR
    text = yaml.safe_dump(document, allow_unicode=True, sort_keys=False) if document else ""
    path.write_text(_HEAD + text, encoding="utf-8")
    return path
