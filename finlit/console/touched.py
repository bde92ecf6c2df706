"""Which conversation tests an edit of answers touches: those that were given one of them, or speak of one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.etree.ElementTree import Element

import yaml

from finlit.content import files, topics
from finlit.conversations.junit import SAID
from finlit.conversations.reading import TOP

REMEMBERED = "said.json"
Said = Mapping[str, list[str]]  # the answers that a conversation was given, by its title


def answers_in(case: Element) -> list[str]:
    """Return the answers that a case of the JUnit report lists."""
    listed = (each.get("value") for each in case.iter("property") if each.get("name") == SAID)
    return next((str(value).split() for value in listed), [])


def remember(var: Path, said: Said) -> None:
    """Keep what all conversations were given."""
    var.mkdir(parents=True, exist_ok=True)
    files.write(var / REMEMBERED, json.dumps(said, ensure_ascii=False))


def remembered(var: Path) -> Said:
    """Return what was kept last; empty before all were played for the first time."""
    try:
        return dict(json.loads((var / REMEMBERED).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def _conversations(path: Path) -> Iterator[tuple[str, int, str]]:
    """Yield title, first line and text of each conversation of a file; a broken file has none."""
    text = path.read_text(encoding="utf-8")
    try:
        root = yaml.compose(text, Loader=topics.Loader)
    except yaml.YAMLError:
        return
    for key, items in root.value if isinstance(root, yaml.MappingNode) else ():
        for item in items.value if key.value == TOP and isinstance(items, yaml.SequenceNode) else ():
            titles = [value.value for word, value in item.value if word.value == "标题"]
            title = str(titles[0]).strip() if titles else ""
            yield title, item.start_mark.line + 1, text[item.start_mark.index : item.end_mark.index]


def by(folder: Path, answers: set[str], changed: list[str], said: Said) -> list[str]:
    """Return the conversations (``file:line``) that were given one of ``answers`` or name one, and whole files.

    A file is played whole when it stands beside a ``changed`` one and no conversation is known to be touched.
    """
    names = {name.removeprefix("utter_") for name in answers} | answers
    homes = {Path(r.where.file).stem for r in topics.read(folder / "data").responses if r.name in answers}
    homes |= {Path(name).stem for name in changed}
    chosen, beside = [], []
    for path in sorted((folder / "tests" / "conversations").glob("test_*.yml")):
        file = path.relative_to(folder).as_posix()
        if path.stem.removeprefix("test_") in homes:
            beside.append(file)
        for title, line, text in _conversations(path):
            if answers & set(said.get(title, ())) or any(name in text for name in names):
                chosen.append(f"{file}:{line}")
    return chosen or beside
