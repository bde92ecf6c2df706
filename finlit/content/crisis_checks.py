"""Checks on what the crisis detector learns: its patterns, and its sentences with and without danger."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from finlit.content import question_checks
from finlit.content.link_checks import child
from finlit.content.problems import Problem, error
from finlit.content.topics import Content, Example, Place, make_comparable

SIGNS = "data/crisis/signs.yml"
LINES = {"crisis": "data/crisis/crisis.txt", "calm": "data/crisis/calm.txt"}
MEASURED_ON = ("tests/nlu/crisis.tsv", "tests/nlu/crisis_unseen.tsv")


def signs(root: Any) -> Iterator[Problem]:
    """Each sign and idiom is a pattern that can be searched for."""
    for part in ("signs", "idioms", "negations"):
        patterns = child(root, part)
        for node in patterns.value if isinstance(patterns, yaml.SequenceNode) else ():
            try:
                re.compile(str(node.value))
            except re.error as fault:
                place = Place(SIGNS, node.start_mark.line + 1)
                yield error(place, f"这条说法写错了，无法匹配：{fault}。请检查括号和竖线。")


def lines(root: Path, held_out: dict[str, list[str]]) -> Iterator[Problem]:
    """Each sentence stands once, under one of the two, without personal data, and in no measuring set."""
    content = Content()
    for label, file in LINES.items():
        try:
            text = (root / file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            yield error(Place(file, 1), "这个文件打不开，或不是 UTF-8 编码。")
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            if line.strip() and not line.startswith("#"):
                content.examples.append(Example(line.strip(), label, Place(file, number)))
    make_comparable(content.examples)
    yield from question_checks.duplicates(content)
    yield from question_checks.personal_data(content)
    yield from question_checks.copied(content, held_out)
