"""Reading ``tests/conversations/test_*.yml``: conversations, or faults with file, line and the nearest right word."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from finlit.content import facts, topics
from finlit.content.problems import Problem, error
from finlit.content.topics import Place
from finlit.conversations import nodes
from finlit.conversations.checks import ABSENT, DECISIONS, KINDS, NOTHING, PRESENT, Row
from finlit.conversations.model import MENU, SAY, SEND, TAP, WAIT, WEB, WECHAT, Check, Conversation, Turn
from finlit.conversations.names import Names
from finlit.conversations.wechat_turns import SENT
from finlit.settings import SHANGHAI, Settings

TOP = "对话"
FOLDER = "tests/conversations"
GIVEN = ("标题", "客户", "时间", "渠道", "过程")
DRIVERS = (SAY, TAP, WAIT, MENU, SEND)
CHANNELS = {"网页": WEB, "微信": WECHAT}
REPEAT = "重复"
ROW_KEYS = ("表", "条件", "值", "行数")
DEFAULT_NOW = datetime(2026, 11, 23, 10, 0, tzinfo=SHANGHAI)
MOST_REPEATS = 20_000
_UNITS = {"秒": "seconds", "分钟": "minutes", "小时": "hours", "天": "days"}
_WAIT = re.compile(r"^(\d+)\s*(秒|分钟|小时|天)$")
_MOMENT = re.compile(r"^\d{4}-\d\d-\d\d( \d\d:\d\d)?$")
_FULL_WIDTH = re.compile(rf"^\s*(?:-\s*)?({'|'.join((TOP, *GIVEN, *DRIVERS, *KINDS, *ROW_KEYS))})：")


def duration(text: str) -> timedelta | None:
    """Return 「16 分钟」 as a duration, None when it is not one."""
    match = _WAIT.match(text.strip())
    return timedelta(**{_UNITS[match[2]]: int(match[1])}) if match else None


def conversation_files(settings: Settings) -> list[Path]:
    """Return all conversation files of the project, sorted."""
    return sorted((settings.root / FOLDER).glob("test_*.yml"))


def read(paths: Iterable[Path], names: Names, settings: Settings) -> tuple[list[Conversation], list[Problem]]:
    """Return the conversations of ``paths`` and every fault in them; a faulty conversation is left out."""
    known_facts = facts.load(settings.data_dir / "facts.yml").facts
    found: list[Conversation] = []
    problems: list[Problem] = []
    for path in paths:
        name = path.relative_to(settings.root).as_posix() if path.is_relative_to(settings.root) else str(path)
        reader = _Reader(name, names, frozenset(known_facts))
        found += reader.conversations(path)
        problems += reader.problems
    return found, problems + list(_same_titles(found))


def _same_titles(conversations: Iterable[Conversation]) -> Iterator[Problem]:
    first: dict[str, Place] = {}
    for each in conversations:
        if each.title in first:
            yield error(each.where, f"标题「{each.title}」已经用在 {first[each.title]}，请换一个。")
        first.setdefault(each.title, each.where)


class _Reader:
    def __init__(self, file: str, names: Names, known_facts: frozenset[str]) -> None:
        self._file = file
        self._names = names
        self._facts = known_facts
        self.problems: list[Problem] = []

    def _place(self, node: Any) -> Place:
        return Place(self._file, node.start_mark.line + 1)

    def _complain(self, line: int, message: str) -> None:
        self.problems.append(error(Place(self._file, line), message))

    def conversations(self, path: Path) -> Iterator[Conversation]:
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            return self._complain(1, "不是 UTF-8 编码，请另存为 UTF-8。")
        except OSError as fault:
            return self._complain(1, f"打不开：{fault.strerror}。")
        try:
            root = yaml.compose(text, Loader=topics.Loader)
            items = self._top(root)
        except yaml.MarkedYAMLError as fault:
            mark = fault.problem_mark
            line = mark.line + 1 if mark else 1
            why = nodes.YAML_SAYS.get(str(fault.problem), f"（{fault.problem}）")
            return self._complain(*self._full_width(text, line, f"这里读不了：{why}。请检查缩进、引号和冒号。"))
        except nodes.Fault as fault:
            return self._complain(*self._full_width(text, fault.line, str(fault)))
        for item in items:
            try:
                yield self._conversation(item)
            except nodes.Fault as fault:
                self._complain(*self._full_width(text, fault.line, str(fault), only=fault.line))

    @staticmethod
    def _full_width(text: str, line: int, message: str, only: int | None = None) -> tuple[int, str]:
        """Return the place and message of a full-width colon when there is one: the commonest slip in Chinese."""
        for number, row in enumerate(text.splitlines(), start=1):
            match = _FULL_WIDTH.match(row)
            if match and (only is None or only <= number <= only + 1):
                return number, f"「{match[1]}」后面的冒号是全角的，请改成英文半角「:」，后面空一格。"
        return line, message

    @staticmethod
    def _top(root: Any) -> list[Any]:
        if root is None:
            return []
        node = nodes.mapping(root, (TOP,), "文件最外层")[TOP]
        if not isinstance(node, yaml.SequenceNode):
            raise nodes.Fault(node, f"「{TOP}:」下面应是一段段对话，每段以「- 标题: …」开头。")
        return list(node.value)

    def _conversation(self, item: Any) -> Conversation:
        entries = nodes.mapping(item, GIVEN, "一段对话")
        for word in ("标题", "过程"):
            if word not in entries:
                raise nodes.Fault(item, f"这段对话缺「{word}」。")
        title = nodes.scalar(entries["标题"], "标题").strip()
        if not title:
            raise nodes.Fault(entries["标题"], "标题是空的：用一句中文说清这段对话要证明什么。")
        process = entries["过程"]
        if not isinstance(process, yaml.SequenceNode) or not process.value:
            raise nodes.Fault(process, "「过程」下面至少写一步，例如「- 说: 逾期一天会上征信吗」。")
        turns = tuple(self._turn(step) for step in process.value)
        channel = self._channel(entries)
        for step, turn in zip(process.value, turns):
            if turn.kind in (MENU, SEND) and channel != WECHAT:
                raise nodes.Fault(step, f"「{turn.kind}」只有微信里有，请在标题下面写「渠道: 微信」。")
        return Conversation(title, self._place(item), turns, self._customer(entries), self._now(entries), channel)

    def _customer(self, entries: dict[str, Any]) -> str | None:
        if "客户" not in entries:
            return None
        return self._known(entries["客户"], self._names.customers, "演示客户")

    @staticmethod
    def _now(entries: dict[str, Any]) -> datetime:
        if "时间" not in entries:
            return DEFAULT_NOW
        text = nodes.scalar(entries["时间"], "时间").strip()
        try:
            if not _MOMENT.match(text):
                raise ValueError
            moment = datetime.fromisoformat(text if " " in text else f"{text} 10:00")
        except ValueError:
            raise nodes.Fault(entries["时间"], f"时间「{text}」看不懂，请写成 2026-11-23 10:00。") from None
        return moment.replace(tzinfo=SHANGHAI)

    @staticmethod
    def _channel(entries: dict[str, Any]) -> str:
        if "渠道" not in entries:
            return WEB
        word = nodes.scalar(entries["渠道"], "渠道").strip()
        if word not in CHANNELS:
            raise nodes.Fault(entries["渠道"], f"没有渠道「{word}」，只有 {'、'.join(CHANNELS)}。")
        return CHANNELS[word]

    def _known(self, node: Any, known: Iterable[str], what: str) -> str:
        word = nodes.scalar(node, what).strip()
        choices = set(known)
        if word not in choices:
            raise nodes.Fault(node, f"没有{what} {word}{nodes.did_you_mean(word, sorted(choices))}")
        return word

    def _turn(self, step: Any) -> Turn:
        entries = nodes.mapping(step, (*DRIVERS, REPEAT, *KINDS), "一步")
        drivers = [word for word in DRIVERS if word in entries]
        if len(drivers) != 1:
            raise nodes.Fault(step, f"每一步恰好写一个「{'」「'.join(DRIVERS)}」，这里有 {len(drivers)} 个。")
        kind, node = drivers[0], entries[drivers[0]]
        text = nodes.scalar(node, kind)
        if node.tag == "tag:yaml.org,2002:null":
            raise nodes.Fault(node, f'「{kind}」后面没有内容；真要发一条空消息请写 {SAY}: ""。')
        wait = self._wait(node, text) if kind == WAIT else timedelta()
        if kind in (MENU, SEND):
            self._known(node, self._names.menu if kind == MENU else SENT, "菜单项" if kind == MENU else "这种消息")
        if REPEAT in entries:
            text *= self._count(entries[REPEAT], REPEAT, MOST_REPEATS)
        checks = tuple(
            Check(word, self._wanted(word, value), self._place(value))
            for word, value in entries.items()
            if word in KINDS
        )
        return Turn(kind, text, self._place(step), checks, wait)

    @staticmethod
    def _wait(node: Any, text: str) -> timedelta:
        passed = duration(text)
        if passed is None:
            raise nodes.Fault(node, f"「{WAIT}: {text}」看不懂，请写成「{WAIT}: 16 分钟」，单位是{'、'.join(_UNITS)}。")
        return passed

    @staticmethod
    def _count(node: Any, what: str, most: int) -> int:
        text = nodes.scalar(node, what).strip()
        if not text.isdigit() or int(text) > most:
            raise nodes.Fault(node, f"「{what}」后面应是 0 到 {most} 的整数。")
        return int(text)

    def _wanted(self, word: str, node: Any) -> Any:
        readers: dict[str, Callable[[str, Any], Any]] = {
            "texts": self._texts,
            "patterns": self._patterns,
            "answers": lambda word, node: [
                self._known(each, self._names.answers, "答案") for each in nodes.items(node, word)
            ],
            "facts": lambda word, node: [self._known(each, self._facts, "事实") for each in nodes.items(node, word)],
            "intent": lambda word, node: self._known(node, self._names.intents, "意图"),
            "decision": lambda word, node: self._known(node, DECISIONS, "判断"),
            "form": lambda word, node: self._known(node, self._names.forms | {NOTHING}, "表单"),
            "slots": self._slots,
            "rows": lambda word, node: [self._row(each) for each in self._sequence(word, node)],
            "yes": self._yes,
        }
        return readers[KINDS[word].form](word, node)

    @staticmethod
    def _texts(word: str, node: Any) -> list[str]:
        nodes.refuse_split_amounts(node)
        texts = [nodes.scalar(each, word).rstrip("\n") for each in nodes.items(node, word)]
        if not texts or not all(texts):
            raise nodes.Fault(node, f"「{word}」后面是空的，空的什么也查不出。")
        if len(texts) > 1 and {PRESENT, ABSENT} & set(texts):
            raise nodes.Fault(node, f"「{word}」写了「{PRESENT}」或「{ABSENT}」，就不要再列别的。")
        return texts

    def _patterns(self, word: str, node: Any) -> list[str]:
        texts = self._texts(word, node)
        for each, text in zip(nodes.items(node, word), texts):
            try:
                re.compile(text)
            except re.error as fault:
                raise nodes.Fault(each, f"「{text}」不是正则表达式：{fault.msg}。普通文字请用「包含」。") from None
        return texts

    def _slots(self, word: str, node: Any) -> dict[str, str]:
        entries = nodes.mapping(node, sorted(self._names.slots), "槽")
        return {name: nodes.scalar(value, name).strip() or NOTHING for name, value in entries.items()}

    @staticmethod
    def _yes(word: str, node: Any) -> bool:
        if nodes.scalar(node, word) not in ("是", "true"):
            raise nodes.Fault(node, f"「{word}」后面写「是」，不需要就删去这一行。")
        return True

    @staticmethod
    def _sequence(word: str, node: Any) -> list[Any]:
        return list(node.value) if isinstance(node, yaml.SequenceNode) else [node]

    def _row(self, node: Any) -> Row:
        entries = nodes.mapping(node, ROW_KEYS, "数据库")
        if "表" not in entries or not {"值", "行数"} & set(entries):
            raise nodes.Fault(node, "「数据库」要写「表」，再写「值」或「行数」，可以加「条件」。")
        table = self._known(entries["表"], self._names.tables, "表")
        columns = sorted(self._names.tables[table])

        def cells(word: str) -> dict[str, str]:
            if word not in entries:
                return {}
            found = nodes.mapping(entries[word], columns, f"表 {table} 的列")
            return {name: nodes.scalar(value, name).strip() or NOTHING for name, value in found.items()}

        count = self._count(entries["行数"], "行数", MOST_REPEATS) if "行数" in entries else None
        return Row(table, cells("条件"), cells("值"), count)
