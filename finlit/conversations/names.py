"""The names that a conversation file may use, read from the content without Rasa; and the nearest right one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from finlit.channels import wechat_menu
from finlit.content import topics
from finlit.db import demo, tables
from finlit.settings import Settings
from finlit.tasks.registry import TASKS

NEAR_ENOUGH = 0.4
TASKS_SLOT = "guided_tasks"  # holds all tasks; a file names one answer as <task>_<question>


@dataclass(frozen=True)
class Rule:
    """A rule of the content: after ``intents`` (none: any), in ``loop``, these ``actions`` run in this order."""

    name: str
    intents: tuple[str, ...]
    loop: str | None
    actions: tuple[str, ...]


@dataclass(frozen=True)
class Names:
    """What exists: ``answers`` maps a response's name to its text, ``tables`` a table to its columns, ``menu`` WeChat's items."""

    intents: frozenset[str]
    answers: Mapping[str, str]
    slots: frozenset[str]
    actions: frozenset[str]
    forms: frozenset[str]
    customers: frozenset[str]
    tables: Mapping[str, frozenset[str]]
    rules: tuple[Rule, ...]
    menu: frozenset[str]


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that looks most like ``word``, None when none does."""
    found = difflib.get_close_matches(word, list(known), 1, NEAR_ENOUGH)
    return found[0] if found else None


def _keys(entries: Any) -> list[str]:
    return [str(next(iter(entry)) if isinstance(entry, dict) else entry) for entry in entries or ()]


def _answers_of_tasks() -> frozenset[str]:
    return frozenset(f"{task.name}_{question.name}" for task in TASKS.values() for question in task.questions)


def _rules(document: dict[str, Any]) -> Iterable[Rule]:
    for rule in document.get("rules") or ():
        steps = [step for step in rule.get("steps") or () if isinstance(step, dict)]
        intents: list[str] = []
        for step in steps:
            alternatives = step.get("or") or [step]
            intents += [str(each["intent"]).split("/")[0] for each in alternatives if "intent" in each]
        actions = tuple(str(step["action"]) for step in steps if "action" in step)
        conditions = [each for each in rule.get("condition") or () if "active_loop" in each]
        loop = str(conditions[0]["active_loop"]) if conditions else None
        yield Rule(str(rule.get("rule")), tuple(intents), loop, actions)


def _menu(settings: Settings) -> frozenset[str]:
    try:
        return frozenset(item.title for item in wechat_menu.load(settings.data_dir).items())
    except wechat_menu.BadMenu:
        return frozenset()


def _said_and_ruled(path: Path, tree: Any) -> dict[str, Any]:
    """Return the rules and responses of a topic file; from its node tree when there is one already."""
    if tree is None:
        tree = yaml.compose(path.read_text(encoding="utf-8"), Loader=topics.Loader)
    parts = tree.value if isinstance(tree, yaml.MappingNode) else []
    return {key.value: topics.construct(value) for key, value in parts if key.value in ("rules", "responses")}


def load(settings: Settings, trees: Mapping[Path, Any] | None = None) -> Names:
    """Read the names of ``settings.root``; unreadable content files are left to ``finlit validate``.

    ``trees`` are the node trees of topic files that were read already.
    """
    domain = yaml.load((settings.root / "domain.yml").read_text(encoding="utf-8"), Loader=topics.Loader)
    answers = {name: str(variants[0].get("text") or "") for name, variants in (domain.get("responses") or {}).items()}
    rules: list[Rule] = []
    for path in topics.topic_files(settings.data_dir):
        try:
            document = _said_and_ruled(path, (trees or {}).get(path))
        except (yaml.YAMLError, UnicodeDecodeError):
            continue
        for name, variants in (document.get("responses") or {}).items():
            answers[str(name)] = str(variants[0].get("text") or "")
        rules += _rules(document)
    return Names(
        intents=frozenset(_keys(domain.get("intents"))),
        answers=answers,
        slots=frozenset(_keys(domain.get("slots"))) - {TASKS_SLOT} | _answers_of_tasks(),
        actions=frozenset(_keys(domain.get("actions"))),
        forms=frozenset(_keys(domain.get("forms"))),
        customers=frozenset(customer.id for customer in demo.CUSTOMERS),
        tables={table.name: frozenset(table.columns.keys()) for table in tables.Base.metadata.sorted_tables},
        rules=tuple(rules),
        menu=_menu(settings),
    )
