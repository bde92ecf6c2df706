"""Changing one value in a YAML text and nothing else: comments, order and quoting stay.

The text is parsed only to find out where things stand; what changes are its lines. Every edit is
parsed again before it is returned: a text that would not say what was meant raises CannotEdit.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Sequence
from typing import Any

import yaml

from finlit.content.topics import Loader

Path = Sequence["str | int"]
_PLAIN_IN_FLOW = re.compile(r"[,\[\]{}]")


class CannotEdit(ValueError):
    """The edit is not possible; the message says why, in Chinese, for the editor."""


def parse(text: str) -> Any:
    """Return the node tree; raises CannotEdit for a text that is no YAML."""
    try:
        return yaml.compose(text, Loader=Loader)
    except yaml.YAMLError as fault:
        line = getattr(getattr(fault, "problem_mark", None), "line", 0) + 1
        raise CannotEdit(f"第 {line} 行不是正确的 YAML，请先在源文件里改好。") from fault


def value_at(text: str, path: Path) -> Any:
    """Return the plain value at ``path``; raises CannotEdit when there is none."""
    value = yaml.load(text, Loader=Loader)
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError) as fault:
            raise CannotEdit(f"文件里没有 {'/'.join(map(str, path))}。") from fault
    return value


def node_at(root: Any, path: Path) -> Any:
    """Return the node at ``path``; raises CannotEdit when there is none."""
    node = root
    for step in path:
        if isinstance(step, str) and isinstance(node, yaml.MappingNode):
            node = next((value for key, value in node.value if key.value == step), None)
        elif isinstance(step, int) and isinstance(node, yaml.SequenceNode) and step < len(node.value):
            node = node.value[step]
        else:
            node = None
        if node is None:
            raise CannotEdit(f"文件里没有 {'/'.join(map(str, path))}。")
    return node


def key_node(mapping: Any, name: str) -> Any:
    """Return the node of a mapping's key, None when it is not there."""
    return next((key for key, _ in mapping.value if key.value == name), None)


def is_block_text(node: Any) -> bool:
    """Say whether a node is written as ``|`` or ``>`` with its lines below."""
    return isinstance(node, yaml.ScalarNode) and node.style in ("|", ">")


def block_lines(lines: list[str], node: Any) -> tuple[int, int]:
    """Return first and one past last line (from zero) of a literal block, blank lines at its end left out."""
    first, end = node.start_mark.line + 1, node.end_mark.line
    if end < len(lines) and node.end_mark.column > 0 and lines[end].strip():
        end += 1  # the text ends without a line break
    end = min(end, len(lines))
    while end > first and not lines[end - 1].strip():
        end -= 1
    return first, end


def last_line(lines: list[str], node: Any) -> int:
    """Return the last line (from zero) that belongs to ``node``."""
    if is_block_text(node):
        return max(node.start_mark.line, block_lines(lines, node)[1] - 1)
    if isinstance(node, yaml.ScalarNode) or node.flow_style:
        return int(node.end_mark.line)
    children = [node.value[-1][1]] if isinstance(node, yaml.MappingNode) else node.value[-1:]
    return last_line(lines, children[-1]) if children and node.value else int(node.start_mark.line)


def indent_of(line: str) -> int:
    """Return the number of spaces before the first character."""
    return len(line) - len(line.lstrip(" "))


def _reads_back(source: str, value: str) -> bool:
    try:
        return bool(yaml.load(source, Loader=Loader) == [value])
    except yaml.YAMLError:
        return False


def scalar(value: str, style: str | None = None) -> str:
    """Return ``value`` as one-line YAML, in ``style`` (None, ' or ") where that is possible."""
    if style is None and not _PLAIN_IN_FLOW.search(value) and _reads_back(f"[{value}]", value):
        return value
    single = "'" + value.replace("'", "''") + "'"
    if style != '"' and "\n" not in value and _reads_back(f"[{single}]", value):
        return single
    return json.dumps(value, ensure_ascii=False)


def _block(value: str, indent: int) -> list[str]:
    return [" " * indent + line if line.strip() else "" for line in value.split("\n")]


def _slice(lines: list[str], node: Any, new: list[str]) -> None:
    """Put ``new`` (lines) in place of the one or more lines between the node's marks."""
    start, end = node.start_mark, node.end_mark
    before, after = lines[start.line][: start.column], lines[end.line][end.column :]
    lines[start.line : end.line + 1] = [before + new[0], *new[1:]] if len(new) > 1 else [before + new[0] + after]
    if len(new) > 1 and after.strip():
        raise CannotEdit("这一行后面还有别的内容，请在源文件里改。")


def write_scalar(lines: list[str], node: Any, value: str, key_indent: int) -> None:
    """Replace a scalar's text in ``lines``; several lines become a literal block under ``key_indent``."""
    if str(node.value).rstrip("\n") == value:
        return
    if node.style == "|":
        first, end = block_lines(lines, node)
        indent = indent_of(lines[first]) if end > first else key_indent + 2
        lines[first:end] = _block(value, indent)
    elif "\n" in value:
        _slice(lines, node, ["|-", *_block(value, key_indent + 2)])
    else:
        style = node.style if node.style in ("'", '"') else None
        _slice(lines, node, [scalar(value, style)])


def _checked(lines: list[str], path: Path, expected: Any) -> str:
    text = "\n".join(lines)
    found = value_at(text, path)
    if isinstance(found, str):
        found = found.rstrip("\n")
    if found != expected:
        raise CannotEdit("这样改会读不回来，请在源文件里改。")
    return text


def set_text(text: str, path: Path, value: str) -> str:
    """Return ``text`` with the scalar at ``path`` saying ``value``; a missing last key is added.

    ``value`` may have several lines. Nothing changes when it already stands there.
    """
    value = value.rstrip("\n")
    lines, root = text.split("\n"), parse(text)
    parent = node_at(root, path[:-1])
    name = path[-1]
    if isinstance(name, str) and isinstance(parent, yaml.MappingNode) and key_node(parent, name) is None:
        _add_key(lines, parent, name, value)
        return _checked(lines, path, value)
    node = node_at(root, path)
    if not isinstance(node, yaml.ScalarNode):
        raise CannotEdit("这里不是一段文字。")
    if str(node.value).rstrip("\n") == value:
        return text
    key = key_node(parent, name) if isinstance(name, str) and isinstance(parent, yaml.MappingNode) else None
    write_scalar(lines, node, value, key.start_mark.column if key else indent_of(lines[node.start_mark.line]))
    found = value_at("\n".join(lines), path)
    return _checked(lines, path, value if isinstance(found, str) else found)


def _add_key(lines: list[str], parent: Any, name: str, value: str) -> None:
    if parent.flow_style or not parent.value:
        raise CannotEdit(f"这里加不了 {name}，请在源文件里改。")
    indent = parent.value[0][0].start_mark.column
    after = last_line(lines, parent) + 1
    if "\n" in value:
        lines[after:after] = [f"{' ' * indent}{name}: |-", *_block(value, indent + 2)]
    else:
        lines.insert(after, f"{' ' * indent}{name}: {scalar(value)}")


def remove_key(text: str, path: Path) -> str:
    """Return ``text`` without the key at ``path`` of a block mapping."""
    lines, root = text.split("\n"), parse(text)
    parent = node_at(root, path[:-1])
    node, key = node_at(root, path), key_node(parent, str(path[-1]))
    if parent.flow_style:
        raise CannotEdit("这一项写在一行里，请在源文件里改。")
    first, last = key.start_mark.line, last_line(lines, node)
    if lines[first][: key.start_mark.column].strip() == "-":
        raise CannotEdit("这是列表的第一项，请在源文件里改。")
    if last + 1 < len(lines) and not lines[last + 1].strip() and (first == 0 or not lines[first - 1].strip()):
        last += 1  # one of the two blank lines around it goes, too
    del lines[first : last + 1]
    text = "\n".join(lines)
    parse(text)
    return text


def set_items(text: str, path: Path, items: Sequence[str]) -> str:
    """Return ``text`` with the list of words at ``path`` made ``items``; unchanged ones keep their source."""
    lines, root = text.split("\n"), parse(text)
    node = node_at(root, path)
    if not isinstance(node, yaml.SequenceNode) or not all(isinstance(item, yaml.ScalarNode) for item in node.value):
        raise CannotEdit("这里不是一列词。")
    old = [str(item.value) for item in node.value]
    if old == list(items):
        return text
    steps = difflib.SequenceMatcher(a=old, b=list(items), autojunk=False).get_opcodes()
    if node.flow_style:
        _write_flow(lines, node, steps, items)
    else:
        _write_block_list(lines, node, steps, items)
    return _checked(lines, path, list(items))


def _source(lines: list[str], node: Any) -> str:
    start, end = node.start_mark, node.end_mark
    if start.line != end.line:
        raise CannotEdit("这一项跨行，请在源文件里改。")
    return lines[start.line][start.column : end.column]


def _write_flow(lines: list[str], node: Any, steps: list[Any], items: Sequence[str]) -> None:
    if node.start_mark.line != node.end_mark.line:
        raise CannotEdit("这一列词跨行，请在源文件里改。")
    new: list[str] = []
    for kind, i1, i2, j1, j2 in steps:
        if kind == "equal":
            new += [_source(lines, item) for item in node.value[i1:i2]]
        else:
            new += [scalar(item) for item in items[j1:j2]]
    _slice(lines, node, ["[" + ", ".join(new) + "]"])


def _write_block_list(lines: list[str], node: Any, steps: list[Any], items: Sequence[str]) -> None:
    if not node.value:
        raise CannotEdit("这一列是空的，请在源文件里改。")
    dash = lines[node.value[0].start_mark.line].index("-")
    for kind, i1, i2, j1, j2 in reversed(steps):
        if kind == "equal":
            continue
        fresh = [f"{' ' * dash}- {scalar(item)}" for item in items[j1:j2]]
        if i1 < i2:
            first, last = node.value[i1].start_mark.line, last_line(lines, node.value[i2 - 1])
            lines[first : last + 1] = fresh
        else:
            at = last_line(lines, node.value[i1 - 1]) + 1 if i1 else node.value[0].start_mark.line
            lines[at:at] = fresh
