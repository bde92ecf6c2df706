"""Reading ``data/`` with file and line of everything, so that a check can point at it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from finlit.text import fingerprint, fingerprints

Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Place:
    """Where something stands: file relative to the project, and line counted from one."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Example:
    """One training sentence of an intent (full label, ``name/sub``)."""

    text: str
    label: str
    where: Place

    @property
    def intent(self) -> str:
        return self.label.split("/")[0]

    @cached_property
    def plain(self) -> str:
        """Return what of the sentence counts when it is compared with another."""
        return fingerprint(self.text)


@dataclass(frozen=True)
class Response:
    """One answer: its text's lines are numbered from ``where`` of the text itself."""

    name: str
    body: dict[str, Any]
    where: Place
    text_line: int

    @property
    def text(self) -> str:
        return str(self.body.get("text") or "")

    @property
    def metadata(self) -> dict[str, Any]:
        return dict(self.body.get("metadata") or {})


@dataclass
class Content:
    """Everything under ``data/`` that the assistant learns and says, plus what could not be read."""

    examples: list[Example] = field(default_factory=list)
    responses: list[Response] = field(default_factory=list)
    rules: dict[str, list[tuple[str, Place]]] = field(default_factory=dict)  # intent -> actions
    unreadable: list[tuple[Place, str]] = field(default_factory=list)

    def by_label(self) -> dict[str, list[Example]]:
        """Return the examples of each full label."""
        grouped: dict[str, list[Example]] = {}
        for example in self.examples:
            grouped.setdefault(example.label, []).append(example)
        return grouped

    def response_names(self) -> set[str]:
        return {response.name for response in self.responses}


def construct(node: Any) -> Any:
    """Return the plain value of a node tree; raises yaml.constructor.ConstructorError."""
    return yaml.constructor.SafeConstructor().construct_document(node)


def make_comparable(examples: Iterable[Example]) -> None:
    """Find what counts of all sentences at once: many times quicker than one by one."""
    examples = list(examples)
    for example, plain in zip(examples, fingerprints(example.text for example in examples)):
        vars(example)["plain"] = plain  # as its cached property would


def topic_files(data: Path) -> list[Path]:
    """Return the topic and task files, sorted."""
    return sorted([*(data / "faq").glob("*.yml"), *(data / "tasks").glob("*.yml")])


def read(data: Path, trees: dict[Path, Any] | None = None) -> Content:
    """Read all topic and task files below ``data``; a broken file is reported, not raised.

    The files' node trees are put into ``trees``, for who needs more of them.
    """
    content = Content()
    for path in topic_files(data):
        name = path.relative_to(data.parent).as_posix()
        try:
            root = yaml.compose(path.read_text(encoding="utf-8"), Loader=Loader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            content.unreadable.append((Place(name, mark.line + 1 if mark else 1), str(error.problem)))
            continue
        except UnicodeDecodeError:
            content.unreadable.append((Place(name, 1), "不是 UTF-8 编码"))
            continue
        if isinstance(root, yaml.MappingNode):
            _read_file(root, name, content)
            if trees is not None:
                trees[path] = root
    return content


def _pairs(node: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield key.value, value, key


def _entry(node: Any, wanted: str) -> Any:
    return next((value for key, value, _ in _pairs(node) if key == wanted), None)


def _items(node: Any) -> list[Any]:
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _read_file(root: yaml.MappingNode, name: str, content: Content) -> None:
    for key, value, _ in _pairs(root):
        if key == "nlu":
            for item in _items(value):
                _read_intent(item, name, content)
        elif key == "rules":
            for item in _items(value):
                _read_rule(item, name, content)
        elif key == "responses":
            for response, variants, key_node in _pairs(value):
                for variant in _items(variants):
                    _read_response(response, variant, Place(name, key_node.start_mark.line + 1), content)


def _read_intent(item: Any, name: str, content: Content) -> None:
    label = _entry(item, "intent")
    examples = _entry(item, "examples")
    if label is None or examples is None:
        return
    if not isinstance(examples, yaml.ScalarNode):
        place = Place(name, examples.start_mark.line + 1)
        content.unreadable.append((place, "examples 应写成 `examples: |` 加每行一句"))
        return
    first = examples.start_mark.line + (2 if examples.style in ("|", ">") else 1)
    for offset, line in enumerate(examples.value.splitlines()):
        text = line.strip()
        if text.startswith("- "):
            content.examples.append(Example(text[2:].strip(), label.value, Place(name, first + offset)))


def _read_rule(item: Any, name: str, content: Content) -> None:
    intent: str | None = None
    for step in _items(_entry(item, "steps")):
        for key, value, _ in _pairs(step):
            if key == "intent":
                intent = value.value
            elif key == "action" and intent:
                place = Place(name, value.start_mark.line + 1)
                content.rules.setdefault(intent, []).append((value.value, place))


def _read_response(response: str, variant: Any, where: Place, content: Content) -> None:
    text = _entry(variant, "text")
    line = where.line
    if text is not None:
        line = text.start_mark.line + (2 if getattr(text, "style", None) in ("|", ">") else 1)
    body = construct(variant)
    content.responses.append(Response(response, body if isinstance(body, dict) else {}, where, line))
