"""Making, renaming and merging intents: changes that touch several files of one checkout.

Each function takes ``read(file) -> text`` results as a dictionary {file: text} and returns the
changed files only. Names that Python code knows are refused: code would stop recognising them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from finlit.content import edit, yaml_text
from finlit.content.yaml_text import CannotEdit

DOMAIN = "domain.yml"
NARROWER = "子问题的名字请开发人员改；问句可以移到别的意图。"
# Where an intent's name may stand, apart from topic files.
ALSO_NAMED_IN = ("data/*.yml", "tests/nlu/*.tsv", "tests/conversations/**/*.yml", DOMAIN)
CODE = ("finlit/**/*.py", "actions/**/*.py")

Files = Mapping[str, str]


def read_all(root: Path) -> dict[str, str]:
    """Return the texts of every content file below ``root`` that may name an intent."""
    patterns = ("data/faq/*.yml", "data/tasks/*.yml", *ALSO_NAMED_IN)
    paths = {path for pattern in patterns for path in root.glob(pattern)}
    return {path.relative_to(root).as_posix(): path.read_bytes().decode("utf-8") for path in sorted(paths)}


def known_to_code(root: Path, intent: str) -> str | None:
    """Return the Python file that names ``intent``, None when no code does."""
    word = re.compile(rf"[\"']/?(?:utter_|action_)?{re.escape(intent)}[\"'/]")
    for pattern in CODE:
        for path in sorted(root.glob(pattern)):
            if word.search(path.read_text(encoding="utf-8")):
                return path.relative_to(root).as_posix()
    return None


def _domain_intents(text: str) -> list[str]:
    return [str(name) for name in yaml_text.value_at(text, ["intents"])]


def _word(intent: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z0-9_])(utter_|/)?{re.escape(intent)}(?![A-Za-z0-9_])")


def create(files: Files, topic: str, intent: str, question: str, sentences: list[str], today: date) -> dict[str, str]:
    """Return the topic file and domain.yml with a new intent: examples, rule, and a first answer to be written.

    The answer starts as advice without figures, so that the checks say what is still missing.
    """
    if not edit.NAME.fullmatch(intent):
        raise CannotEdit("意图名用小写英文和下划线，至少两段，例如 fee_late_notice。")
    if intent in _domain_intents(files[DOMAIN]) or f"utter_{intent}" in files[topic]:
        raise CannotEdit(f"已经有意图 {intent} 了。")
    if not question.strip():
        raise CannotEdit("请写「您是想问 …？」里显示的大白话。")
    text = files[topic]
    text = _append(text, "nlu", [f"- intent: {intent} # {question.strip()}", "  examples: |"]
                   + [f"    - {sentence}" for sentence in sentences or [question.strip()]])  # fmt: skip
    text = _append(
        text, "rules", [f"- rule: {intent}", "  steps:", f"  - intent: {intent}", f"  - action: utter_{intent}"]
    )
    answer = ["", f"  utter_{intent}:", "  - text: |-", f"      {question.strip()}：以合同和 App 里写的为准。[CONTRACT]",
              "      下一步：打开 App 的「我的—合同」看对应条款，或者说「转人工」。", "    metadata:",
              f"      question: {yaml_text.scalar(question.strip())}", f"      reviewed: '{today.isoformat()}'"]  # fmt: skip
    text = _append(text, "responses", answer)
    return {topic: text, DOMAIN: _register(files[DOMAIN], intent, text)}


def _append(text: str, section: str, new: list[str]) -> str:
    lines = text.split("\n")
    node = yaml_text.node_at(yaml_text.parse(text), [section])
    at = yaml_text.last_line(lines, node) + 1
    lines[at:at] = new
    text = "\n".join(lines)
    yaml_text.parse(text)
    return text


def _register(domain: str, intent: str, topic_text: str) -> str:
    lines = domain.split("\n")
    entries = yaml_text.node_at(yaml_text.parse(domain), ["intents"]).value
    neighbours = [entry for entry in entries if re.search(rf"intent: {re.escape(str(entry.value))}\b", topic_text)]
    last = (neighbours or entries)[-1]
    lines.insert(last.end_mark.line + 1, f"{lines[last.start_mark.line][: last.start_mark.column]}{intent}")
    return "\n".join(lines)


def _must_be_whole(label: str) -> None:
    """Raise CannotEdit for a narrower label (``intent/question``): it belongs to its intent and has no place in domain.yml."""
    if "/" in label:
        raise CannotEdit(NARROWER)


def rename(files: Files, old: str, new: str, code: str | None) -> dict[str, str]:
    """Return each file in which ``old`` stands, with ``new`` in its place; ``code``: a Python file that knows it."""
    _must_be_whole(old)
    if code:
        raise CannotEdit(f"程序 {code} 认得意图 {old}，改名要请开发人员。")
    if not edit.NAME.fullmatch(new):
        raise CannotEdit("意图名用小写英文和下划线，至少两段，例如 fee_late_notice。")
    if new in _domain_intents(files[DOMAIN]):
        raise CannotEdit(f"已经有意图 {new} 了；要并到一起，请用「合并」。")
    word = _word(old)
    changed = {file: word.sub(lambda match: (match[1] or "") + new, text) for file, text in files.items()}
    return {file: text for file, text in changed.items() if text != files[file]}


def merge(files: Files, source: str, target: str, code: str | None) -> dict[str, str]:
    """Return the files with the examples of ``source`` given to ``target`` and ``source`` gone."""
    _must_be_whole(source)
    if code:
        raise CannotEdit(f"程序 {code} 认得意图 {source}，合并要请开发人员。")
    known = _domain_intents(files[DOMAIN])
    if source == target or source not in known or target not in known:
        raise CannotEdit("请选两个不同的、已有的意图。")
    changed = dict(files)
    sentences: list[str] = []
    for file, text in files.items():
        if file.startswith(("data/faq/", "data/tasks/")) and edit.has_intent(text, source):
            sentences += edit.sentences_of(text, source)
            changed[file] = edit.without_intent(text, source)
    home = next(
        (file for file, text in changed.items() if file.startswith("data/") and edit.has_intent(text, target)), None
    )
    if home is None:
        raise CannotEdit(f"没有找到意图 {target} 的问法。")
    changed[home] = edit.add_examples(changed[home], target, sentences)
    changed[DOMAIN] = _without_entry(changed[DOMAIN], source)
    word = _word(source)
    changed = {file: word.sub(lambda match: (match[1] or "") + target, text) for file, text in changed.items()}
    return {file: text for file, text in changed.items() if text != files[file]}


def _without_entry(domain: str, intent: str) -> str:
    lines = domain.split("\n")
    entry = next(e for e in yaml_text.node_at(yaml_text.parse(domain), ["intents"]).value if e.value == intent)
    del lines[entry.start_mark.line]
    return "\n".join(lines)
