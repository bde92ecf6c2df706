"""All content checks together: what ``finlit validate`` runs, in under two seconds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from finlit.content import answer_checks, facts, question_checks, topics
from finlit.content.problems import Problem, error
from finlit.content.topics import Content, Place
from finlit.settings import Settings

DOMAIN = Place("domain.yml", 1)
FACTS = Place("data/facts.yml", 1)
# Rasa answers these by itself, or something that outranks rules does.
WITHOUT_RULE = frozenset({"restart", "crisis", "nlu_fallback"})
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


def _held_out(root: Path) -> dict[str, list[str]]:
    sets = {}
    for name in HELD_OUT:
        path = root / name
        if path.is_file():
            lines = path.read_text(encoding="utf-8").splitlines()[1:]
            sets[name] = [line.split("\t")[0] for line in lines if line.strip()]
    return sets


def _intents(root: Path) -> frozenset[str]:
    domain = yaml.load((root / "domain.yml").read_text(encoding="utf-8"), Loader=topics.Loader)
    names = [next(iter(entry)) if isinstance(entry, dict) else entry for entry in domain["intents"]]
    return frozenset(map(str, names))


def _question_problems(content: Content, intents: frozenset[str], root: Path) -> Iterator[Problem]:
    yield from question_checks.unknown_intents(content, intents)
    yield from question_checks.too_few(content, sorted(intents - {"nlu_fallback"}), DOMAIN)
    yield from question_checks.duplicates(content)
    yield from question_checks.personal_data(content)
    yield from question_checks.entity_marks(content)
    yield from question_checks.copied(content, _held_out(root))
    yield from question_checks.too_uniform(content)


def problems(settings: Settings) -> list[Problem]:
    """Return everything that is wrong with the content of ``settings.root``, errors first."""
    content = topics.read(settings.data_dir)
    found = [error(place, f"这个文件读不了：{why}。请检查缩进和引号。") for place, why in content.unreadable]
    intents = _intents(settings.root)
    found += _question_problems(content, intents, settings.root)
    try:
        registry = facts.load(settings.data_dir / "facts.yml")
    except (OSError, KeyError, ValueError, yaml.YAMLError) as fault:
        return [error(FACTS, f"事实登记表读不了：{fault}"), *found]
    today = settings.now().date()
    knowledge = intents - CONTROL
    found += answer_checks.answered(content, intents, WITHOUT_RULE, DOMAIN)
    found += answer_checks.sources(content, registry, today)
    found += answer_checks.figures(content, registry)
    found += answer_checks.forbidden(content, registry)
    found += answer_checks.cited(content, knowledge)
    found += answer_checks.reviews(content, knowledge, today)
    found += answer_checks.form(content, registry, today)
    found += answer_checks.buttons(content, intents)
    return sorted(found, key=lambda problem: (problem.severity, problem.where.file, problem.where.line))
