"""Smallest changes to the text of the quiz (``data/quiz.yml``): one question at a time. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from finlit.content import yaml_text
from finlit.content.yaml_text import CannotEdit
from finlit.quiz import LETTERS

ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")
LEAST_CHOICES = 3
FIELDS = {"topic": "话题", "ask": "问法", "answer": "正确的选项", "why": "解释", "read": "答错后去看"}


@dataclass(frozen=True)
class Question:
    """What an editor wrote of one question; ``choices`` by letter, those left empty not among them."""

    topic: str
    ask: str
    choices: Mapping[str, str]
    answer: str
    why: str
    sources: Sequence[str]
    read: str


def _questions(text: str) -> list[dict[str, Any]]:
    return list(yaml_text.value_at(text, ["questions"]))


def _position(text: str, question_id: str) -> int:
    for number, entry in enumerate(_questions(text)):
        if entry.get("id") == question_id:
            return number
    raise CannotEdit(f"没有题目 {question_id}。")


def _check(question: Question) -> None:
    for name, title in FIELDS.items():
        value = str(getattr(question, name)).strip()
        if not value or "\n" in value:
            raise CannotEdit(f"「{title}」要写，而且写在一行里。")
    letters = list(question.choices)
    if letters != list(LETTERS[: len(letters)]) or len(letters) < LEAST_CHOICES:
        raise CannotEdit(f"选项从 A 起挨着写，至少 {LEAST_CHOICES} 个。")
    if question.answer not in letters:
        raise CannotEdit("正确的选项没有内容。")
    if not question.sources:
        raise CannotEdit("至少写一个事实编号：题目和解释要有依据。")


def change(text: str, question_id: str, question: Question) -> str:
    """Return ``text`` with one question saying what ``question`` says; raises CannotEdit."""
    _check(question)
    path: list[Any] = ["questions", _position(text, question_id)]
    old = yaml_text.value_at(text, path)
    for name in FIELDS:
        text = yaml_text.set_text(text, [*path, name], str(getattr(question, name)).strip())
    for letter in LETTERS:
        if letter in question.choices:
            text = yaml_text.set_text(text, [*path, "choices", letter], question.choices[letter])
        elif letter in old["choices"]:
            text = yaml_text.remove_key(text, [*path, "choices", letter])
    sources = [old["source"]] if isinstance(old["source"], str) else list(old["source"])
    if sources != list(question.sources):
        text = _set_sources(text, [*path, "source"], question.sources)
    return text


def _set_sources(text: str, path: list[Any], sources: Sequence[str]) -> str:
    lines = text.split("\n")
    node = yaml_text.node_at(yaml_text.parse(text), path)
    start, end = node.start_mark, node.end_mark
    if start.line != end.line:
        raise CannotEdit("依据写了几行，请在源文件里改。")
    line = lines[start.line]
    lines[start.line] = line[: start.column] + _sources(sources) + line[end.column :]
    text = "\n".join(lines)
    if yaml_text.value_at(text, path) != (sources[0] if len(sources) == 1 else list(sources)):
        raise CannotEdit("依据只写事实编号，例如 F-FEE-02。")
    return text


def _sources(sources: Sequence[str]) -> str:
    return sources[0] if len(sources) == 1 else f"[{', '.join(sources)}]"


def add(text: str, question_id: str, question: Question) -> str:
    """Return ``text`` with a new question behind the last one of its topic; raises CannotEdit."""
    _check(question)
    known = _questions(text)
    if not ID.fullmatch(question_id):
        raise CannotEdit("编号用小写英文和短横，例如 fees-daily-rate。")
    if any(entry.get("id") == question_id for entry in known):
        raise CannotEdit(f"编号 {question_id} 已经有了。")
    same = [number for number, entry in enumerate(known) if entry.get("topic") == question.topic]
    if not same:
        raise CannotEdit("请选一个已有的话题。")
    lines = text.split("\n")
    node = yaml_text.node_at(yaml_text.parse(text), ["questions", same[-1]])
    at = yaml_text.last_line(lines, node) + 1
    dash = lines[node.start_mark.line].index("-") * " "
    said = yaml_text.scalar
    lines[at:at] = [
        f"{dash}- id: {question_id}", f"{dash}  topic: {said(question.topic)}", f"{dash}  ask: {said(question.ask)}",
        f"{dash}  choices:", *(f"{dash}    {letter}: {said(words)}" for letter, words in question.choices.items()),
        f"{dash}  answer: {question.answer}", f"{dash}  why: {said(question.why)}",
        f"{dash}  source: {_sources(question.sources)}", f"{dash}  read: {said(question.read)}",
    ]  # fmt: skip
    text = "\n".join(lines)
    _position(text, question_id)
    return text


def remove(text: str, question_id: str) -> str:
    """Return ``text`` without one question; raises CannotEdit."""
    lines = text.split("\n")
    node = yaml_text.node_at(yaml_text.parse(text), ["questions", _position(text, question_id)])
    del lines[node.start_mark.line : yaml_text.last_line(lines, node) + 1]
    text = "\n".join(lines)
    yaml_text.parse(text)
    return text
