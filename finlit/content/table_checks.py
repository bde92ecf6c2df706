"""Checks on the other content files: concepts, WeChat's menu, the jieba dictionary."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from finlit.channels import wechat_menu
from finlit.content.link_checks import child, pairs
from finlit.content.problems import Problem, error, warning
from finlit.content.topics import Place


def _place(file: str, node: Any) -> Place:
    return Place(file, node.start_mark.line + 1)


def yaml_fault(file: str, fault: yaml.YAMLError) -> Problem:
    """Return the problem that says where a file stops being YAML."""
    mark = getattr(fault, "problem_mark", None)
    why = getattr(fault, "problem", None) or "格式不对"
    return error(Place(file, mark.line + 1 if mark else 1), f"这个文件读不了：{why}。请检查缩进和引号。")


def lexicon(file: str, root: Any) -> Iterator[Problem]:
    """Each concept lists its words, each once, as text."""
    for concept, words, key in pairs(child(root, "concepts")):
        if not isinstance(words, yaml.SequenceNode) or not words.value:
            yield error(_place(file, key), f"概念「{concept}」后面要写成 [词, 词, …]，至少一个词。")
            continue
        seen: set[str] = set()
        for node in words.value:
            word = str(node.value) if isinstance(node, yaml.ScalarNode) else ""
            if not word.strip():
                yield error(_place(file, node), f"概念「{concept}」里有空的词，请删掉。")
            elif word in seen:
                yield warning(_place(file, node), f"概念「{concept}」里「{word}」写了两次，请删掉一个。")
            seen.add(word)


def menu(file: str, root: Any, data_dir: Path, intents: frozenset[str]) -> Iterator[Problem]:
    """WeChat's menu has the platform's form, and each item leads to a known intent."""
    if root is None:  # said already
        return
    try:
        wechat_menu.load(data_dir)
    except wechat_menu.BadMenu as fault:
        yield error(Place(file, 1), str(fault))
        return
    for group in root.value:
        for item in child(group, "buttons").value:
            node = child(item, "payload")
            if str(node.value).removeprefix("/").split("/")[0] not in intents:
                yield error(_place(file, node), f"菜单项指向没有的意图 {node.value}。请改成已有的名字。")


def dictionary(folder: Path, root: Path) -> Iterator[Problem]:
    """A line of the jieba dictionary is a word, perhaps with a frequency and a tag."""
    for path in sorted(folder.glob("*.txt")):
        file = path.relative_to(root).as_posix()
        seen: dict[str, int] = {}
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            parts = line.split("#")[0].split()
            if not parts:
                continue
            if len(parts) > 3 or (len(parts) > 1 and not parts[1].isdigit()):
                yield error(Place(file, number), f"「{line.strip()}」应是一个词，后面最多再写词频（整数）和词性。")
            elif parts[0] in seen:
                message = f"「{parts[0]}」和第 {seen[parts[0]]} 行重复，请删掉一个。"
                yield warning(Place(file, number), message)
            seen.setdefault(parts[0], number)
