"""Nodes of a conversation file: what they hold, or a fault with its line and the nearest right word."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml

from finlit.conversations.model import SAY, TAP, WAIT
from finlit.conversations.names import nearest

# What people write who know other tools; difflib can't see these.
_SAME_AS = {"user": SAY, "问": SAY, "用户": SAY, "客户说": SAY, "按": TAP, "点击": TAP, "等": WAIT, "title": "标题",
            "contains": "包含", "intent": "意图", "slot": "槽", "slots": "槽", "buttons": "按钮", "steps": "过程",
            "答": "包含", "回答": "包含", "utter": "答案", "bot": "包含"}  # fmt: skip

YAML_SAYS = {
    "did not find expected key": "这一行和上面对不齐",
    "did not find expected '-' indicator": "这一行和上面对不齐，或少了「- 」",
    "could not find expected ':'": "少了冒号，或冒号后面没有空格",
    "mapping values are not allowed in this context": "一行里有两个冒号，或上一行的引号没有关上",
    "found character that cannot start any token": "有制表符，或句子以 @、%、` 开头，请给整句加引号",
    "did not find expected ',' or ']'": "方括号里少了逗号或右括号",
    "did not find expected ',' or '}'": "花括号里少了逗号或右括号",
    "found unexpected end of stream": "引号或括号没有关上",
}


class Fault(Exception):
    """One thing wrong in a file, for the person who wrote it."""

    def __init__(self, node: Any, message: str) -> None:
        super().__init__(message)
        self.line = node.start_mark.line + 1


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return 「，是不是 …？」 with the nearest right word, or nothing."""
    choices = list(known)
    near = _SAME_AS.get(word.lower()) if _SAME_AS.get(word.lower()) in choices else nearest(word, choices)
    return f"，是不是「{near}」？" if near else "。"


def scalar(node: Any, what: str) -> str:
    """Return the text of a single word or sentence; anything else is a fault."""
    if not isinstance(node, yaml.ScalarNode):
        raise Fault(node, f"「{what}」后面应写一句话或一个词。")
    return str(node.value)


def mapping(node: Any, known: Iterable[str], what: str) -> dict[str, Any]:
    """Return the mapping's values by key; a key that is unknown or written twice is a fault."""
    if not isinstance(node, yaml.MappingNode):
        raise Fault(node, f"{what}应写成「词: 内容」，每行一个，冒号用英文半角、后面空一格。")
    entries: dict[str, Any] = {}
    choices = tuple(known)
    for key, value in node.value:
        word = str(key.value)
        if word not in choices:
            raise Fault(key, f"{what}里不能写「{word}」{did_you_mean(word, choices)}可以写：{'、'.join(choices)}。")
        if word in entries:
            raise Fault(key, f"{what}里「{word}」写了两次，请合成一处。")
        entries[word] = value
    return entries


def items(node: Any, what: str) -> list[Any]:
    """Return the nodes of a list, or the single scalar as a list of one."""
    if isinstance(node, yaml.SequenceNode):
        return list(node.value)
    scalar(node, what)
    return [node]


def refuse_split_amounts(node: Any) -> None:
    """Refuse ``[¥5,314.11]``: YAML reads two texts there, and the test would prove less than its author thinks."""
    if isinstance(node, yaml.SequenceNode) and node.flow_style:
        for one, next_one in zip(node.value, node.value[1:]):
            if one.end_mark.index + 1 == next_one.start_mark.index:
                split = f"{one.value},{next_one.value}"
                raise Fault(one, f'方括号里的「{split}」被逗号切成了两段，请加引号："{split}"。')
