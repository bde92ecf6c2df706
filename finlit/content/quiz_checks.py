"""Checks on the questions of the quiz (``data/quiz.yml``): each can be asked, judged and explained."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

import yaml

from finlit.answers import WECHAT_LIMIT_BYTES
from finlit.content.answer_checks import figures_in, said_in
from finlit.content.facts import Registry
from finlit.content.link_checks import child, pairs
from finlit.content.problems import Problem, error, warning
from finlit.content.topics import Place, construct
from finlit.quiz import LETTERS, ROUND, Bank, Item
from finlit.text import fingerprint

LEAST_QUESTIONS = 40
LEAST_CHOICES = 3
FRAME_BYTES = 300  # 「这题容易选错 …」, 「第 2 题 …」, the numbers, the buttons below
MOST_SHARE = 0.5  # of all right answers behind one letter


def questions(
    file: str, root: Any, registry: Registry | None, intents: frozenset[str], today: date
) -> Iterator[Problem]:
    """Everything that is wrong with the bank; ``root`` is the file's node tree."""
    nodes = child(root, "questions")
    entries = list(nodes.value) if isinstance(nodes, yaml.SequenceNode) else []
    if len(entries) < LEAST_QUESTIONS:
        yield error(Place(file, 1), f"只有 {len(entries)} 道题，至少要 {LEAST_QUESTIONS} 道。")
    items: list[tuple[Place, Item]] = []
    for node in entries:
        place = Place(file, node.start_mark.line + 1)
        try:
            items += [(place, item) for item in _bank(root, node).items.values()]
        except KeyError as missing:
            yield error(place, f"这道题缺了 {missing} 这一项。")
        except (AttributeError, TypeError):
            yield error(place, "这道题的格式不对，请照着别的题写。")
    topics = {name for name, _, _ in pairs(child(root, "topics"))}
    for place, item in items:
        for problem in (*_form(item, topics, intents), *(_sources(item, registry, today) if registry else ())):
            yield problem(place)
    yield from _together(file, items, topics)


def _bank(root: Any, node: Any) -> Bank:
    return Bank.from_document({"topics": {}, "questions": [construct(node)]})


def _form(item: Item, topics: set[str], intents: frozenset[str]) -> Iterator[Any]:
    """Yield what is wrong with one question by itself, as functions of its place."""

    def wrong(message: str) -> Any:
        return lambda place: error(place, f"{item.id}：{message}")

    if item.topic not in topics:
        yield wrong(f"话题 {item.topic} 没有写在 topics 里。")
    if tuple(item.choices) != LETTERS[: len(item.choices)] or not LEAST_CHOICES <= len(item.choices) <= len(LETTERS):
        yield wrong("选项要从 A 起按顺序写，三个或四个。")
    if item.answer not in item.choices:
        yield wrong(f"答案 {item.answer} 不在选项里。")
    same = [words for words, count in Counter(map(fingerprint, item.choices.values())).items() if count > 1]
    if same:
        yield wrong(f"两个选项一样：「{same[0]}」。")
    if item.read not in intents:
        yield wrong(f"建议看的意图 {item.read} 不存在。")
    size = len("".join([item.ask, *item.choices.values()]).encode())
    told = len((item.why + item.choices.get(item.answer, "")).encode())
    if size + FRAME_BYTES > WECHAT_LIMIT_BYTES // 2 or told + FRAME_BYTES > WECHAT_LIMIT_BYTES // 2:
        yield wrong("太长：上一题的解释和这一题要放进同一条微信，请缩短题目、选项或解释。")


def _sources(item: Item, registry: Registry, today: date) -> Iterator[Any]:
    """Yield what is wrong with the facts behind a question: what is told as right must stand in them."""

    def wrong(message: str) -> Any:
        return lambda place: error(place, f"{item.id}：{message}")

    unknown = [source for source in item.sources if source not in registry]
    for source in unknown:
        yield wrong(f"没有事实 {source}。请查 data/facts.yml。")
    if not item.sources:
        yield wrong("没有出处。")
    known = [source for source in item.sources if source in registry]
    for source in known:
        fact = registry[source]
        if fact.confidence == "low":
            yield wrong(f"{source} 置信低，不能拿来出题。")
        if fact.expired_on(today):
            yield lambda place, fact=fact: warning(
                place, f"{item.id}：{fact.id} 已于 {fact.until} 到期，这道题不会再问。"
            )
    allowed = {figure for source in known for figure in figures_in(said_in(registry[source]))}
    told = (item.ask, item.choices.get(item.answer, ""), item.why)
    for figure in dict.fromkeys(figure for text in told for figure in figures_in(text)):
        if figure not in allowed:
            yield wrong(f"「{figure}」不在所引的事实里。请补上出处，或去掉这个数字。")
    for claim in registry.forbidden:
        if any(re.search(claim.pattern, text) for text in told[1:]):
            yield wrong(f"不能这样说：{claim.why}")


def _together(file: str, items: list[tuple[Place, Item]], topics: set[str]) -> Iterator[Problem]:
    """Yield what is wrong among the questions: the same twice, too few of a topic, one letter always right."""
    seen: dict[str, str] = {}
    for place, item in items:
        for key in (item.id, fingerprint(item.ask)):
            if key in seen:
                yield error(place, f"{item.id} 和 {seen[key]} 重复，请只留一道。")
        seen |= {item.id: item.id, fingerprint(item.ask): item.id}
    counts = Counter(item.topic for _, item in items)
    for topic in sorted(topics):
        if counts[topic] < ROUND:
            yield error(Place(file, 1), f"话题 {topic} 只有 {counts[topic]} 道题，考这个话题要 {ROUND} 道。")
    letters = Counter(item.answer for _, item in items)
    for letter, count in letters.items():
        if len(items) >= LEAST_QUESTIONS and count > len(items) * MOST_SHARE:
            yield warning(Place(file, 1), f"一半以上的题都选 {letter}，一猜就中，请换换顺序。")
