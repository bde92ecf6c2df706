"""JUnit XML, the form in which CI servers read test results."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from finlit.conversations.model import Result
from finlit.conversations.terminal import chat

SAID = "said"  # the property that lists the answers which a conversation was given


def _xml_safe(text: str) -> str:
    """Return ``text`` without the control characters that XML can't carry."""
    return "".join(char for char in text if char in "\n\t" or (char.isprintable() and not "\ud800" <= char <= "\udfff"))


def write(path: Path, results: Sequence[Result], seconds: float) -> None:
    """Write one test case for each conversation; a skipped one is marked as such."""
    failed = sum(not result.passed for result in results)
    suite = ElementTree.Element(
        "testsuite", name="conversations", tests=str(len(results)), failures=str(failed), errors="0",
        skipped=str(sum(result.skipped is not None for result in results)), time=f"{seconds:.3f}",
    )  # fmt: skip
    for result in results:
        where = result.conversation.where
        case = ElementTree.SubElement(
            suite, "testcase", classname=where.file, name=_xml_safe(result.conversation.title),
            file=where.file, line=str(where.line), time=f"{result.seconds:.3f}",
        )  # fmt: skip
        said = dict.fromkeys(answer for played in result.played for answer in played.seen.answers if answer)
        properties = ElementTree.SubElement(case, "properties")
        ElementTree.SubElement(properties, "property", name=SAID, value=" ".join(said))
        if result.skipped:
            ElementTree.SubElement(case, "skipped", message=result.skipped)
        elif not result.passed:
            wrong = [failure for played in result.played for failure in played.failures]
            message = "；".join(f"应该{each.wanted}，实际{each.actual}" for each in wrong) or "演不下去了"
            failure = ElementTree.SubElement(case, "failure", message=_xml_safe(message))
            failure.text = _xml_safe(chat(result))
    path.parent.mkdir(parents=True, exist_ok=True)
    ElementTree.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)
