"""The dictionary of words that are not cut (``data/jieba/*.txt``) as text: one word a line, smallest changes. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection

from finlit.content.yaml_text import CannotEdit

LONGEST = 12  # characters of one word


def _word(line: str) -> str:
    entry = line.split("#")[0].split()
    return entry[0] if entry else ""


def words(text: str) -> list[str]:
    """Return the words in their order."""
    return [word for line in text.splitlines() if (word := _word(line))]


def with_words(text: str, pasted: str) -> str:
    """Return ``text`` with the words of ``pasted`` (by lines, commas or spaces) at its end; raises CannotEdit."""
    fresh = [word for word in dict.fromkeys(re.split(r"[\s,，、;；]+", pasted)) if word]
    bad = [word for word in fresh if len(word) > LONGEST or "#" in word or len(word) < 2]
    if not fresh:
        raise CannotEdit("请先写要加的词。")
    if bad:
        raise CannotEdit(f"「{bad[0]}」不像一个词：两个字到 {LONGEST} 个字，不带 #。")
    known = set(words(text))
    added = "".join(f"{word}\n" for word in fresh if word not in known)
    return text + ("" if text.endswith("\n") or not added else "\n") + added


def without(text: str, chosen: Collection[str]) -> str:
    """Return ``text`` without the lines of the ``chosen`` words; raises CannotEdit when none is chosen."""
    if not chosen:
        raise CannotEdit("请先勾选要去掉的词。")
    return "".join(line for line in text.splitlines(keepends=True) if _word(line) not in chosen)
