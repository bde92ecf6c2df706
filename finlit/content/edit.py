"""An editor's changes to a topic file, each the smallest change of its text.

Every function takes the file's text and returns the new one; the same text when nothing changes.
All raise ``CannotEdit`` with a Chinese sentence when the change is not possible.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from finlit.content import yaml_text
from finlit.content.yaml_text import CannotEdit

NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)+")
_MARKS_OF_A_SENTENCE = re.compile(r"[\r\n\t]")


def clean_sentences(pasted: str) -> list[str]:
    """Return the sentences of a pasted text, one a line, list signs and repeats taken away."""
    lines = (re.sub(r"^\s*(?:[-·•*]\s+|\d+[.、)]\s*)", "", line).strip() for line in pasted.splitlines())
    return list(dict.fromkeys(_MARKS_OF_A_SENTENCE.sub(" ", line) for line in lines if line))


def _intent_items(root: Any, label: str) -> list[tuple[Any, Any]]:
    """Return (item, examples node) of each nlu entry of ``label``."""
    found = []
    for item in _section(root, "nlu"):
        entries = {key.value: value for key, value in item.value}
        if "intent" in entries and entries["intent"].value == label and "examples" in entries:
            found.append((item, entries["examples"]))
    return found


def _section(root: Any, name: str) -> list[Any]:
    try:
        return list(yaml_text.node_at(root, [name]).value)
    except CannotEdit:
        return []


def _sentence(line: str) -> str | None:
    stripped = line.strip()
    return stripped[2:].strip() if stripped.startswith("- ") else None


def add_examples(text: str, label: str, sentences: Sequence[str]) -> str:
    """Return ``text`` with ``sentences`` at the end of the intent's examples; those already there are skipped."""
    lines = text.split("\n")
    items = _intent_items(yaml_text.parse(text), label)
    if not items:
        raise CannotEdit(f"这个文件里没有意图 {label} 的问法。")
    there = {_sentence(line) for _, node in items for line in lines[slice(*yaml_text.block_lines(lines, node))]}
    fresh = [sentence for sentence in dict.fromkeys(map(str.strip, sentences)) if sentence and sentence not in there]
    item, node = items[0]
    first, end = yaml_text.block_lines(lines, node)
    indent = yaml_text.indent_of(lines[first]) if end > first else item.start_mark.column + 4
    lines[end:end] = [f"{' ' * indent}- {sentence}" for sentence in fresh]
    return "\n".join(lines)


def remove_examples(text: str, label: str, sentences: Collection[str]) -> str:
    """Return ``text`` without the lines of ``sentences``; raises CannotEdit when one is not there."""
    lines = text.split("\n")
    wanted, doomed = set(sentences), []
    for _, node in _intent_items(yaml_text.parse(text), label):
        for number in range(*yaml_text.block_lines(lines, node)):
            if _sentence(lines[number]) in wanted:
                doomed.append(number)
    missing = wanted - {_sentence(lines[number]) for number in doomed}
    if missing:
        raise CannotEdit(f"{label} 里已经没有「{sorted(map(str, missing))[0]}」。请刷新再试。")
    for number in reversed(doomed):
        del lines[number]
    return "\n".join(lines)


def replace_example(text: str, label: str, old: str, new: str) -> str:
    """Return ``text`` with the sentence ``old`` reworded in its place."""
    new = _MARKS_OF_A_SENTENCE.sub(" ", new).strip()
    if not new:
        raise CannotEdit("问句不能是空的。")
    lines = text.split("\n")
    for _, node in _intent_items(yaml_text.parse(text), label):
        for number in range(*yaml_text.block_lines(lines, node)):
            if _sentence(lines[number]) == old:
                head = lines[number][: lines[number].index("- ") + 2]
                lines[number] = head + new
                return "\n".join(lines)
    raise CannotEdit(f"{label} 里已经没有「{old}」。请刷新再试。")


def set_answer(
    text: str,
    name: str,
    *,
    answer: str | None = None,
    buttons: Sequence[Mapping[str, str]] | None = None,
    question: str | None = None,
    reviewed: date | None = None,
) -> str:
    """Return ``text`` with those parts of the answer ``name`` changed that are given and differ."""
    path: list[Any] = ["responses", name, 0]
    yaml_text.value_at(text, path)
    if answer is not None:
        tidy = "\n".join(line.rstrip() for line in answer.replace("\r\n", "\n").strip().split("\n"))
        if not tidy:
            raise CannotEdit("答案不能是空的。")
        text = yaml_text.set_text(text, [*path, "text"], tidy)
    if buttons is not None:
        text = _set_buttons(text, path, buttons)
    for key, value in (("question", question), ("reviewed", reviewed.isoformat() if reviewed else None)):
        if value is not None:
            text = _set_metadata(text, path, key, value.strip())
    return text


def _set_metadata(text: str, path: list[Any], key: str, value: str) -> str:
    body = yaml_text.value_at(text, path)
    old = (body.get("metadata") or {}).get(key)
    if (old is None and not value) or str(old) == value:
        return text
    if not value:
        return yaml_text.remove_key(text, [*path, "metadata", key])
    if "metadata" in body:
        return yaml_text.set_text(text, [*path, "metadata", key], value)
    lines, root = text.split("\n"), yaml_text.parse(text)
    node = yaml_text.node_at(root, path)
    indent = " " * node.value[0][0].start_mark.column
    at = yaml_text.last_line(lines, node) + 1
    lines[at:at] = [f"{indent}metadata:", f"{indent}  {key}: {yaml_text.scalar(value)}"]
    return "\n".join(lines)


def _set_buttons(text: str, path: list[Any], buttons: Sequence[Mapping[str, str]]) -> str:
    wanted = [{"title": b["title"].strip(), "payload": b["payload"].strip()} for b in buttons]
    if any(not b["title"] or not b["payload"].startswith("/") for b in wanted):
        raise CannotEdit("每个按钮要有标题和去处（/意图名）。")
    old = list(yaml_text.value_at(text, path).get("buttons") or ())
    if [dict(b) for b in old] == wanted:
        return text
    if old and not wanted:
        return yaml_text.remove_key(text, [*path, "buttons"])
    for number, (before, after) in enumerate(zip(old, wanted)):
        for key in ("title", "payload"):
            if before.get(key) != after[key]:
                text = yaml_text.set_text(text, [*path, "buttons", number, key], after[key])
    lines = text.split("\n")
    node = yaml_text.node_at(yaml_text.parse(text), path)
    if not old:
        at = yaml_text.last_line(lines, yaml_text.node_at(node, ["text"])) + 1
        indent = " " * node.value[0][0].start_mark.column
        lines[at:at] = [f"{indent}buttons:", *_button_lines(wanted, indent)]
        return "\n".join(lines)
    items = yaml_text.node_at(node, ["buttons"]).value
    if len(wanted) < len(old):
        del lines[items[len(wanted)].start_mark.line : yaml_text.last_line(lines, items[-1]) + 1]
    elif len(wanted) > len(old):
        first = lines[items[0].start_mark.line]
        at = yaml_text.last_line(lines, items[-1]) + 1
        lines[at:at] = _button_lines(wanted[len(old) :], " " * first.index("-"))
    return "\n".join(lines)


def _button_lines(buttons: Sequence[Mapping[str, str]], indent: str) -> list[str]:
    lines = []
    for button in buttons:
        lines.append(f"{indent}- title: {yaml_text.scalar(button['title'])}")
        lines.append(f"{indent}  payload: {yaml_text.scalar(button['payload'])}")
    return lines


def has_intent(text: str, label: str) -> bool:
    """Say whether the topic file teaches ``label``."""
    return bool(_intent_items(yaml_text.parse(text), label))


def sentences_of(text: str, label: str) -> list[str]:
    """Return the example sentences of ``label`` in their order."""
    lines = text.split("\n")
    nodes = [node for _, node in _intent_items(yaml_text.parse(text), label)]
    found = [_sentence(line) for node in nodes for line in lines[slice(*yaml_text.block_lines(lines, node))]]
    return [sentence for sentence in found if sentence]


def without_intent(text: str, label: str) -> str:
    """Return ``text`` without the examples, rules and answer of ``label``."""
    root = yaml_text.parse(text)
    lines = text.split("\n")
    doomed = [item for item, _ in _intent_items(root, label)]
    if len(doomed) == len(_section(root, "nlu")):
        raise CannotEdit(f"{label} 是这个文件里唯一的意图，合并后文件会空，请开发人员来做。")
    for rule in _section(root, "rules"):
        steps = [value for key, value in rule.value if key.value == "steps"]
        intents = [v.value for step in (steps[0].value if steps else ()) for k, v in step.value if k.value == "intent"]
        if intents == [label]:
            doomed.append(rule)
    for item in sorted(doomed, key=lambda node: -node.start_mark.line):
        del lines[item.start_mark.line : yaml_text.last_line(lines, item) + 1]
    text = "\n".join(lines)
    names = [key.value for key, _ in _section(yaml_text.parse(text), "responses")]
    for name in names:
        if name == f"utter_{label}" or name.startswith(f"utter_{label}/"):
            text = yaml_text.remove_key(text, ["responses", name])
    yaml_text.parse(text)
    return text
