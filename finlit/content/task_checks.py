"""Checks on guided tasks: each question has its texts, and each button says something the task can read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from finlit.content.problems import Problem, error
from finlit.content.topics import Content, Place, Response
from finlit.tasks.hearing import CHANGE
from finlit.tasks.phrases import CONTROLS, Phrases
from finlit.tasks.task import Question, Task

CHOICE = "/inform{"


def words(file: str, root: Path) -> Iterator[Problem]:
    """The list of what people say inside a task can be read: each part is there, each pattern is one."""
    try:
        Phrases.from_document(yaml.safe_load((root / file).read_text(encoding="utf-8")))
    except KeyError as missing:
        yield error(Place(file, 1), f"缺了 {missing} 这一项。")
    except re.error as fault:
        yield error(Place(file, 1), f"有一条说法的写法不对（{fault.msg}）。检查括号和竖线。")
    except (OSError, TypeError, UnicodeDecodeError, yaml.YAMLError):
        yield error(Place(file, 1), "这个文件读不了，请检查缩进和引号。")


def texts(content: Content, tasks: Mapping[str, Task], where: Place) -> Iterator[Problem]:
    """Nothing that a task may have to say is missing."""
    written = content.response_names()
    for task in tasks.values():
        for name in _needed(task):
            if name not in written:
                yield error(where, f"任务 {task.name} 缺一段话：请写 {name}（格式见 data/tasks/guided.yml 开头）。")


def _needed(task: Task) -> Iterator[str]:
    prefix = f"utter_{task.name}"
    yield from (prefix, f"{prefix}_title")
    if task.confirms:
        yield f"{prefix}_confirm"
    for question in task.questions:
        yield from (f"{prefix}_{part}_{question.name}" for part in ("item", "ask", "explain"))
        if not question.optional:
            yield f"{prefix}_no_{question.name}"


def prompts(content: Content, tasks: Mapping[str, Task]) -> Iterator[Problem]:
    """A prompt for a figure never numbers its choices, and each choice is one that the task can read."""
    asked = {
        f"utter_{task.name}_{part}_{question.name}": question
        for task in tasks.values()
        for question in task.questions
        for part in ("ask", "explain", "no")
    }
    for response in content.responses:
        question = asked.get(response.name)
        if question is not None:
            yield from _prompt(response, question)


def _prompt(response: Response, question: Question) -> Iterator[Problem]:
    if question.reader.takes_figure and not response.metadata.get("wants_number"):
        yield error(
            response.where, f"{response.name} 问的是一个数：请写 metadata.wants_number: true，编号才不会被当成选项。"
        )
    for button in response.body.get("buttons") or ():
        payload = str(button.get("payload", ""))
        if not payload.startswith(CHOICE):
            continue
        code = _code(payload)
        readable = code in CONTROLS or code.startswith(CHANGE) or question.reader.tapped(code) is not None
        if not readable:
            yield error(
                response.where, f"{response.name} 的按钮「{button.get('title')}」选的是「{code}」，任务里没有这个选项。"
            )


def _code(payload: str) -> str:
    try:
        return str(json.loads(payload.removeprefix("/inform")).get("choice"))
    except ValueError:
        return ""
