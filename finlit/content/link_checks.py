"""Checks on what points at something else: rules, tables, facts and their sources, addresses.

Nothing here asks the network: an address is judged by its form.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from finlit.content.answer_checks import WARN_BEFORE
from finlit.content.facts import Registry
from finlit.content.problems import Problem, error, warning
from finlit.content.topics import Content, Loader, Place

_ADDRESS = re.compile(r"https?[:：]\S*|www\.\S+", re.IGNORECASE)
_HOST = re.compile(r"^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$", re.IGNORECASE)
SLOT_TYPES = ("text", "bool", "categorical", "float", "list", "any")
_AFTER_ADDRESS = "（），。；、）]」\"'"


def compose(path: Path) -> Any:
    """Return the file's node tree, where each node knows its line; raises what yaml raises."""
    return yaml.compose(path.read_text(encoding="utf-8"), Loader=Loader)


def pairs(node: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield key, value node and key node of a mapping; nothing for anything else."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield str(key.value), value, key


def child(node: Any, name: str) -> Any:
    """Return the value node under ``name``, None when there is none."""
    return next((value for key, value, _ in pairs(node) if key == name), None)


def _place(file: str, node: Any) -> Place:
    return Place(file, node.start_mark.line + 1)


def rules(content: Content, actions: frozenset[str], structural_answers: frozenset[str]) -> Iterator[Problem]:
    """A rule leads to an answer (of a topic or of domain.yml) or to an action that domain.yml registers."""
    answers = content.response_names() | structural_answers
    for intent, steps in sorted(content.rules.items()):
        for action, place in steps:
            if action.startswith("utter_") and action not in answers:
                yield error(place, f"规则里的答案 {action} 没有写。请在 responses 里补上，或改成已有的名字。")
            elif action.startswith("action_") and action not in actions:
                yield error(place, f"规则里的动作 {action} 没有在 domain.yml 登记（意图 {intent}）。")


def slots(file: str, root: Any) -> Iterator[Problem]:
    """A slot has one of Rasa's own types: any other is the name of a class, which Rasa imports and calls."""
    for name, _, key in pairs(root):
        if name == "<<":  # Rasa merges, the checks do not
            yield error(_place(file, key), "这里不能用「<<」合并，请把内容直接写出来。")
    for name, slot, key in pairs(child(root, "slots")):
        kind = child(slot, "type")
        if str(getattr(kind, "value", "")) not in SLOT_TYPES:
            where = _place(file, key if kind is None else kind)
            yield error(where, f"槽 {name} 的类型写错了。只能是 {'、'.join(SLOT_TYPES)}，拿不准请找开发人员。")


def follow_ups(file: str, root: Any, intents: frozenset[str]) -> Iterator[Problem]:
    """The follow-up table names known intents or topics (``overdue_*``); ``any`` and ``same`` stand for the previous one."""
    known = {"any", "same", *intents, *(f"{intent.split('_')[0]}_*" for intent in intents)}
    tables = [child(facet, "to") for _, facet, _ in pairs(child(root, "facets"))]
    for table in [child(root, "figure"), *tables]:
        for name, value, key in pairs(table):
            for intent, node in ((name, key), (str(value.value), value)):
                if intent.split("/")[0] not in known:
                    yield error(_place(file, node), f"追问表里的意图 {intent} 不存在。请改成已有的名字。")


def facts(file: str, root: Any, intents: frozenset[str]) -> Iterator[Problem]:
    """A fact has a registered source and names known intents."""
    registered = {name for name, _, _ in pairs(child(root, "sources"))}
    for fact_id, fact, key in pairs(child(root, "facts")):
        sources = child(fact, "sources")
        listed = list(sources.value) if isinstance(sources, yaml.SequenceNode) else []
        if not listed:
            yield error(_place(file, key), f"{fact_id} 没有来源。请在 sources 里写上出处编号。")
        for node in listed:
            if re.fullmatch(r"S\d+", str(node.value)) and node.value not in registered:
                yield error(_place(file, node), f"{fact_id} 的来源 {node.value} 没有登记。请在文末 sources 补上。")
        named = child(fact, "intents")
        for node in named.value if isinstance(named, yaml.SequenceNode) else ():
            if str(node.value) not in intents:
                yield warning(_place(file, node), f"{fact_id} 写着意图 {node.value}，但没有这个意图。")


def expiries(file: str, root: Any, registry: Registry, today: date) -> Iterator[Problem]:
    """Say which facts are past their last day, or will be within thirty days, cited or not."""
    for fact_id, _, key in pairs(child(root, "facts")):
        until = registry[fact_id].until if fact_id in registry else None
        if until is None or until - today > WARN_BEFORE:
            continue
        if registry.expired(fact_id, today):
            yield warning(_place(file, key), f"{fact_id} 已于 {until} 过期，引用它的行不再说。请复核后改日期，或删去。")
        else:
            yield warning(_place(file, key), f"{fact_id} 将于 {until} 到期，请准备复核。")


def _fault_of(address: str) -> str | None:
    """Return what is wrong with an address, None when its form is good."""
    if "：" in address or "。" in address:
        return "里面有中文标点"
    parts = urlsplit(address if "://" in address else f"http://{address}")
    if not re.fullmatch(r"[^:]*(?::\d{1,5})?", parts.netloc.rpartition("@")[2]):
        return "端口不对"
    if not parts.hostname or not _HOST.match(parts.hostname):
        return "网站名写得不对"
    return None


def addresses(texts: Iterable[tuple[Place, str]]) -> Iterator[Problem]:
    """Each web address is well formed."""
    for place, text in texts:
        for found in _ADDRESS.findall(text):
            address = re.split(f"[{re.escape(_AFTER_ADDRESS)}]", found)[0]
            fault = _fault_of(address or found)
            if fault:
                yield error(place, f"网址「{address or found}」打不开：{fault}。请照官网重新复制。")


def texts_with_addresses(content: Content, file: str, root: Any) -> Iterator[tuple[Place, str]]:
    """Yield every text in answers, facts and sources where an address may stand."""
    for response in content.responses:
        for offset, line in enumerate(response.text.splitlines()):
            yield Place(response.where.file, response.text_line + offset), line
    for _, fact, _ in pairs(child(root, "facts")):
        for _, value, _ in pairs(fact):
            if isinstance(value, yaml.ScalarNode):
                yield _place(file, value), str(value.value)
    for _, value, _ in pairs(child(root, "sources")):
        yield _place(file, value), str(value.value)
