"""All content checks together: what ``finlit validate`` runs, in under two seconds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from finlit.content import (
    answer_checks,
    crisis_checks,
    facts,
    link_checks,
    question_checks,
    quiz_checks,
    table_checks,
    task_checks,
    topics,
)
from finlit.content.facts import Registry
from finlit.content.problems import Problem, error
from finlit.content.topics import Content, Place
from finlit.settings import Settings
from finlit.tasks.registry import TASKS

DOMAIN_FILE, FACTS = "domain.yml", "data/facts.yml"
LEXICON, FOLLOW_UPS, QUIZ = "data/lexicon.yml", "data/follow_ups.yml", "data/quiz.yml"
MENU = "data/wechat_menu.yml"
TASK_WORDS, TASK_TEXTS = "data/task_words.yml", "data/tasks/guided.yml"
DOMAIN = Place(DOMAIN_FILE, 1)
RASA_ACTIONS = frozenset({"action_listen", "action_restart", "action_default_fallback", "action_deactivate_loop"})
# Rasa answers these by itself, or something that outranks rules does.
WITHOUT_RULE = frozenset({"crisis", "nlu_fallback"})
# Conversation control: no knowledge, so no source.
CONTROL = frozenset(
    [
        "inform",
        "clarify",
        "restart",
        "greet",
        "goodbye",
        "thank",
        "affirm",
        "deny",
        "help",
        "bot_challenge",
        "human_handoff",
        "abuse",
        "out_of_scope",
        "nlu_fallback",
        "crisis",
        "quiz_start",
        "account_verify",
        "account_unbind",
    ]
)
HELD_OUT = ("tests/nlu/heldout.tsv", "../shared/eval/real_dev.tsv")
Finding = Iterator[Problem]


def held_out(root: Path, names: tuple[str, ...] = HELD_OUT) -> dict[str, list[str]]:
    """Return the sentences of each measuring set that is there."""
    sets = {}
    for name in names:
        path = root / name
        if path.is_file():
            lines = path.read_text(encoding="utf-8").splitlines()[1:]
            sets[name] = [line.split("\t")[0] for line in lines if line.strip()]
    return sets


def _names(node: Any) -> frozenset[str]:
    entries = node.value if isinstance(node, yaml.SequenceNode) else []
    first = [entry.value[0][0] if isinstance(entry, yaml.MappingNode) else entry for entry in entries]
    return frozenset(str(entry.value) for entry in first)


def _read(settings: Settings, file: str, found: list[Problem]) -> Any:
    """Return a file's node tree, None (and a problem in ``found``) when it can't be read."""
    try:
        return link_checks.compose(settings.root / file)
    except yaml.YAMLError as fault:
        found.append(table_checks.yaml_fault(file, fault))
    except UnicodeDecodeError:
        found.append(error(Place(file, 1), "不是 UTF-8 编码，请另存为 UTF-8。"))
    except OSError as fault:
        found.append(error(Place(file, 1), f"打不开这个文件：{fault.strerror}。"))
    return None


def _question_checks(content: Content, intents: frozenset[str], root: Path) -> Iterator[tuple[str, Finding]]:
    yield "unknown_intents", question_checks.unknown_intents(content, intents)
    yield "too_few", question_checks.too_few(content, sorted(intents - {"nlu_fallback"}), DOMAIN)
    yield "duplicates", question_checks.duplicates(content)
    yield "lookalikes", question_checks.lookalikes(content)
    yield "personal_data", question_checks.personal_data(content)
    yield "entity_marks", question_checks.entity_marks(content)
    yield "copied", question_checks.copied(content, held_out(root))
    yield "too_uniform", question_checks.too_uniform(content)


def _answer_checks(
    content: Content, registry: Registry, intents: frozenset[str], today: date
) -> Iterator[tuple[str, Finding]]:
    knowledge = intents - CONTROL
    yield "answered", answer_checks.answered(content, intents, WITHOUT_RULE, DOMAIN)
    yield "sources", answer_checks.sources(content, registry, today)
    yield "figures", answer_checks.figures(content, registry)
    yield "forbidden", answer_checks.forbidden(content, registry)
    yield "cited", answer_checks.cited(content, knowledge)
    yield "reviews", answer_checks.reviews(content, knowledge, today)
    yield "form", answer_checks.form(content, registry, today)
    yield "buttons", answer_checks.buttons(content, intents)


def _table_checks(trees: dict[str, Any], intents: frozenset[str], settings: Settings) -> Iterator[tuple[str, Finding]]:
    yield "lexicon", table_checks.lexicon(LEXICON, trees[LEXICON])
    yield "crisis", crisis_checks.signs(trees[crisis_checks.SIGNS])
    yield (
        "crisis_lines",
        crisis_checks.lines(settings.root, held_out(settings.root, HELD_OUT + crisis_checks.MEASURED_ON)),
    )
    yield "follow_ups", link_checks.follow_ups(FOLLOW_UPS, trees[FOLLOW_UPS], intents)
    yield "menu", table_checks.menu(MENU, trees[MENU], settings.data_dir, intents)
    yield "dictionary", table_checks.dictionary(settings.data_dir / "jieba", settings.root)


def _rules(content: Content, domain: Any) -> Finding:
    def keys(part: str) -> frozenset[str]:
        return frozenset(name for name, _, _ in link_checks.pairs(link_checks.child(domain, part)))

    actions = _names(link_checks.child(domain, "actions")) | keys("forms") | RASA_ACTIONS
    return link_checks.rules(content, actions, keys("responses"))


def _registry(root: Any, found: list[Problem]) -> Registry | None:
    try:
        return facts.parse(topics.construct(root))
    except KeyError as missing:
        found.append(error(Place(FACTS, 1), f"事实登记表里有一条缺了 {missing} 这一项。"))
    except ValueError as fault:
        found.append(error(Place(FACTS, 1), f"事实登记表里有一个日期或数值写错了：{fault}。"))
    except (AttributeError, TypeError, yaml.YAMLError):
        found.append(error(Place(FACTS, 1), "事实登记表读不了，请检查缩进和引号。"))
    return None


def problems(settings: Settings, topic_trees: dict[Path, Any] | None = None) -> list[Problem]:
    """Return everything that is wrong with the content of ``settings.root``, errors first.

    The topic files' node trees are put into ``topic_trees``.
    """
    content = topics.read(settings.data_dir, topic_trees)
    topics.make_comparable(content.examples)
    found = [error(place, f"这个文件读不了：{why}。请检查缩进和引号。") for place, why in content.unreadable]
    read = (DOMAIN_FILE, FACTS, LEXICON, FOLLOW_UPS, QUIZ, MENU, crisis_checks.SIGNS)
    trees = {file: _read(settings, file, found) for file in read}
    found = [replace(problem, check="yaml") for problem in found]
    intents = _names(link_checks.child(trees[DOMAIN_FILE], "intents"))
    today = settings.now().date()
    checks = [*_question_checks(content, intents, settings.root), *_table_checks(trees, intents, settings)]
    checks.append(("task_words", task_checks.words(TASK_WORDS, settings.root)))
    checks.append(("task_texts", task_checks.texts(content, TASKS, Place(TASK_TEXTS, 1))))
    checks.append(("task_prompts", task_checks.prompts(content, TASKS)))
    checks.append(("slots", link_checks.slots(DOMAIN_FILE, trees[DOMAIN_FILE])))
    checks.append(("rules", _rules(content, trees[DOMAIN_FILE])))
    checks.append(("facts", link_checks.facts(FACTS, trees[FACTS], intents)))
    texts = link_checks.texts_with_addresses(content, FACTS, trees[FACTS])
    checks.append(("addresses", link_checks.addresses(texts)))
    registry = _registry(trees[FACTS], found) if trees[FACTS] is not None else None
    checks.append(("quiz", quiz_checks.questions(QUIZ, trees[QUIZ], registry, intents, today)))
    if registry is not None:
        checks += _answer_checks(content, registry, intents, today)
        checks.append(("expiries", link_checks.expiries(FACTS, trees[FACTS], registry, today)))
    found += [replace(problem, check=name) for name, finding in checks for problem in finding]
    return sorted(found, key=lambda problem: (problem.severity, problem.where.file, problem.where.line))
