"""What stands in a checkout's content, as the pages list it; read again only when a commit changed it."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from finlit.console.drafts import Draft
from finlit.content import checks, facts, likeness, question_checks, topics
from finlit.content.problems import Problem
from finlit.content.topics import Example, Response
from finlit.settings import Settings

TOPIC_TITLES = {
    "overdue": "逾期", "credit": "征信", "fees": "费用", "repayment": "还款", "loan": "借款与额度", "safety": "权益与安全",
    "general": "通用", "account": "我的账户", "fee_calculator": "罚息计算", "plan_compare": "还款方式比较",
    "affordability": "负担测试", "hardship": "困难还款", "quiz": "小测验", "handoff": "转人工", "complaint": "投诉",
    "account_verify": "核验身份", "account_unbind": "取消身份验证", "guided": "任务之间", "wechat": "微信",
}  # fmt: skip


def title_of(file: str) -> str:
    """Return what a topic's or task's file is about, in Chinese."""
    stem = Path(file).stem
    return TOPIC_TITLES.get(stem, stem)


@dataclass(frozen=True)
class IntentRow:
    """One intent (full label) as the lists show it."""

    label: str
    file: str
    question: str
    examples: int
    uniformity: float
    reviewed: str
    errors: int
    warnings: int

    @property
    def topic(self) -> str:
        return title_of(self.file)


@dataclass(frozen=True)
class Catalog:
    """Content, registry and problems of one state of a checkout."""

    content: topics.Content
    registry: facts.Registry | None
    problems: tuple[Problem, ...]
    intents: tuple[IntentRow, ...]

    def intent(self, label: str) -> IntentRow | None:
        return next((row for row in self.intents if row.label == label), None)

    def examples_of(self, label: str) -> list[Example]:
        return [example for example in self.content.examples if example.label == label]

    def answers_of(self, label: str) -> list[Response]:
        """Return the intent's own answer first, then those whose name begins with it."""
        mine = [response for response in self.content.responses if self.owner_of(response.name) == label]
        return sorted(mine, key=lambda response: (response.name != f"utter_{label}", response.where.line))

    def owner_of(self, name: str) -> str | None:
        """Return the intent on whose page an answer stands; None for what belongs to no intent."""
        rest = name.removeprefix("utter_")
        labels = {row.label for row in self.intents}
        while rest and rest not in labels:
            rest = rest[: max(rest.rfind("_"), rest.rfind("/"), 0)]
        return rest or None

    def unowned(self) -> dict[str, list[Response]]:
        """Return by file the answers that belong to no intent: the prompts of tasks, what is said in between."""
        found: dict[str, list[Response]] = defaultdict(list)
        for response in self.content.responses:
            if self.owner_of(response.name) is None:
                found[response.where.file].append(response)
        return found

    def problems_of(self, file: str, first: int = 0, last: int = 10**9) -> list[Problem]:
        return [p for p in self.problems if p.where.file == file and first <= p.where.line <= last]

    def errors(self) -> int:
        return sum(problem.severity == "error" for problem in self.problems)

    def where_used(self, fact_id: str) -> list[Response]:
        return [r for r in self.content.responses if f"[{fact_id}]" in r.text]


def _rows(content: topics.Content, problems: list[Problem]) -> list[IntentRow]:
    examples = content.by_label()
    answers = {response.name: response for response in content.responses}
    homes = {label: found[0].where.file for label, found in examples.items()}
    marks: dict[str, Counter[str]] = defaultdict(Counter)
    owner: dict[tuple[str, int], str] = {}
    for label, found in examples.items():
        owner.update({(example.where.file, example.where.line): label for example in found})
    for response in content.responses:
        label = response.name.removeprefix("utter_")
        for line in range(response.where.line, response.text_line + response.text.count("\n") + 1):
            owner[(response.where.file, line)] = label
    for problem in problems:
        mine = owner.get((problem.where.file, problem.where.line))
        if mine:
            marks[mine][problem.severity] += 1
    rows = []
    for label in sorted(examples, key=lambda name: (homes[name], examples[name][0].where.line)):
        metadata = answers[f"utter_{label}"].metadata if f"utter_{label}" in answers else {}
        rows.append(
            IntentRow(
                label,
                homes[label],
                str(metadata.get("question") or ""),
                len(examples[label]),
                question_checks.uniformity(examples[label]),
                str(metadata.get("reviewed") or ""),
                marks[label]["error"],
                marks[label]["warning"],
            )  # fmt: skip
        )
    return rows


@lru_cache(maxsize=6)  # each holds all content, about 60 MB
def _catalog(folder: Path, commit: str, day: str, settings: Settings) -> Catalog:
    here = replace(settings, root=folder)
    found = checks.problems(here)
    content = topics.read(here.data_dir)
    topics.make_comparable(content.examples)
    try:
        registry = facts.load(here.data_dir / "facts.yml")
    except Exception:  # noqa: BLE001 - a broken registry is one of the problems shown
        registry = None
    return Catalog(content, registry, tuple(found), tuple(_rows(content, found)))


def of_draft(draft: Draft, settings: Settings) -> Catalog:
    """Return the catalog of the draft as it is saved."""
    return _catalog(draft.folder, draft.head(), settings.now().date().isoformat(), settings)


@lru_cache(maxsize=4)
def _index(folder: Path, commit: str) -> tuple[likeness.Likeness, tuple[Example, ...]]:
    examples = tuple(topics.read(folder / "data").examples)
    topics.make_comparable(examples)
    return likeness.Likeness([example.plain for example in examples]), examples


def nearest(draft: Draft, text: str, most: int = 5) -> list[dict[str, Any]]:
    """Return the draft's sentences that look most like ``text``."""
    index, examples = _index(draft.folder, draft.head())
    return [
        {"text": examples[n.position].text, "label": examples[n.position].label, "likeness": round(n.likeness, 2)}
        for n in index.nearest(text, most)
    ]


def search(catalog: Catalog, words: str) -> dict[str, list[Any]]:
    """Return all intents, sentences, answers and facts that hold every one of ``words``; empty when nothing does."""
    parts = words.lower().split()

    def holds(text: str) -> bool:
        return all(part in text.lower() for part in parts)

    known = catalog.registry.facts.values() if catalog.registry else ()
    found: dict[str, list[Any]] = {
        "intents": [row for row in catalog.intents if holds(f"{row.label} {row.question}")],
        "examples": [example for example in catalog.content.examples if holds(example.text)],
        "answers": [r for r in catalog.content.responses if holds(f"{r.name} {r.text}")],
        "facts": [fact for fact in known if holds(f"{fact.id} {fact.title} {fact.statement} {fact.cite}")],
    }
    return found if any(found.values()) else {}
