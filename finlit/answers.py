"""An answer's text with its marks, and the two forms in which customers see it.

Editors write one text; each line ends in the facts that it rests on: ``…30%–50%。[F-FEE-02]``.
A line whose fact has expired is not said any more. The web gets text, buttons and sources as
data; WeChat gets plain text with numbered choices, in messages of at most 2,048 bytes.

Beside the text a reply may carry ``RICH`` parts, as values of the same name:
``table`` {"caption", "columns", "rows"}, ``chart`` {"title", "unit", "series"} (its figures stand in
a table or in the text too) and ``details`` [{"title", "lines"}], what unfolds. The web gets them as
data; in WeChat a table becomes plain lines, and details wait behind a button.
A button with ``only: wechat`` (or ``web``) is offered there and nowhere else.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from finlit.content.facts import FIGURELESS, Registry

logger = logging.getLogger(__name__)

WECHAT = "wechat"  # the channel's name
WECHAT_LIMIT_BYTES = 2048
WECHAT_PART_BYTES = 1900  # leaves room for 「回复 1 继续」
CHOICES_HEADING = "回复数字继续："
UNNUMBERED_HEADING = "也可以回复："
RICH = ("table", "chart", "details")
_NEXT_STEP = "下一步"
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_MARK = re.compile(r"\[((?:F-[A-Z]+-\d+)|CONTRACT|ADVICE)\]")
_SENTENCE_END = re.compile(r"(?<=[。！？；\n])")


class _PlaceholdersKept(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return f"{{{name}}}"


PLACEHOLDERS_KEPT: Mapping[str, str] = _PlaceholdersKept()  # for looking at an answer before its figures are known


@dataclass(frozen=True)
class Line:
    """One line as the customer reads it, and the ids of the facts that it cites."""

    text: str
    cites: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """An answer that is ready to be sent; ``wants_number`` marks a prompt that expects a figure."""

    name: str
    lines: tuple[Line, ...]
    buttons: tuple[dict[str, str], ...] = ()
    reviewed: str | None = None
    wants_number: bool = False
    custom: dict[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)

    @property
    def cites(self) -> list[str]:
        """Return the cited ids, each once, in order."""
        return list(dict.fromkeys(cite for line in self.lines for cite in line.cites))


def parse_lines(text: str) -> tuple[Line, ...]:
    """Split an editor's text into lines and their citation marks."""
    lines = []
    for raw in text.strip().splitlines():
        cites = tuple(_MARK.findall(raw))
        lines.append(Line(_MARK.sub("", raw).strip(), cites))
    return tuple(line for line in lines if line.text)


def fill(text: str, values: Mapping[str, Any]) -> str:
    """Return ``text`` with each ``{name}`` replaced; raises KeyError for a name without a value.

    Values are put in once and as they are: braces or marks within them mean nothing.
    """
    return _PLACEHOLDER.sub(lambda match: str(values[match[1]]), text)


def _filled(text: str, name: str, values: Mapping[str, Any]) -> Iterator[Line]:
    """Yield the lines of ``text`` with values; a line that is only ``{name}`` becomes the lines of its value."""
    for line in parse_lines(text):
        whole = _PLACEHOLDER.fullmatch(line.text)
        try:
            if whole:
                yield from parse_lines(str(values[whole[1]]))
            else:
                yield Line(fill(line.text, values), line.cites)
        except KeyError as missing:  # better one line less than a brace shown to a customer
            logger.error("answer %s has no value for %s", name, missing)


def build(
    response: dict[str, Any], name: str, registry: Registry, today: date, values: Mapping[str, Any] | None = None
) -> Answer:
    """Return the answer of a Rasa response, ``values`` put in, without lines that rest on an expired fact."""
    metadata = response.get("metadata") or {}
    values = {} if values is None else values
    lines = _filled(response.get("text") or "", name, values)
    rich = {part: values[part] for part in RICH if values.get(part)}
    return Answer(
        name=name,
        lines=tuple(line for line in lines if not any(registry.expired(cite, today) for cite in line.cites)),
        buttons=tuple(response.get("buttons") or ()),
        reviewed=metadata.get("reviewed"),
        wants_number=bool(metadata.get("wants_number")),
        custom={**(response.get("custom") or {}), **rich},
    )


def shortened(answer: Answer) -> Answer:
    """Return ``answer`` with its conclusion and its next step only: for someone who has just read the whole."""
    steps = tuple(line for line in answer.lines[1:] if line.text.startswith(_NEXT_STEP))
    return replace(answer, lines=answer.lines[:1] + steps)


def choices_only(answer: Answer) -> Answer:
    """Return ``answer`` with nothing to read but its buttons: for someone who has read its conclusion twice."""
    return replace(answer, lines=())


def preceded(first: Answer, answer: Answer) -> Answer:
    """Return ``answer`` with the lines of ``first`` before its own."""
    return replace(answer, lines=first.lines + answer.lines)


def followed(answer: Answer, last: Answer) -> Answer:
    """Return ``answer`` with the lines of ``last`` after its own, and the buttons of ``last`` first."""
    return replace(answer, lines=answer.lines + last.lines, buttons=last.buttons + answer.buttons)


def sources(answer: Answer, registry: Registry) -> list[dict[str, Any]]:
    """Return the sources as the customer may unfold them; plain advice is not a source."""
    return [registry[cite].for_customer() for cite in answer.cites if cite in registry and cite != "ADVICE"]


def source_line(answer: Answer, registry: Registry) -> str:
    """Return one short line 「依据：…」 for plain text, empty when nothing is cited."""
    cited = [registry[cite].cite for cite in answer.cites if cite in registry and cite not in FIGURELESS]
    names = list(dict.fromkeys(cited))
    if not names and "CONTRACT" in answer.cites and "CONTRACT" in registry:
        names = [registry["CONTRACT"].cite]
    return f"依据：{'；'.join(names)}" if names else ""


def for_web(answer: Answer, registry: Registry) -> dict[str, Any]:
    """Return the Rasa message for the web: text, buttons, and sources in ``custom``."""
    custom = {**answer.custom, "answer": answer.name}
    cited = sources(answer, registry)
    if cited:
        custom["sources"] = cited
    if answer.reviewed:
        custom["reviewed"] = answer.reviewed
    if answer.wants_number:
        custom["wants_number"] = True
    return {"text": answer.text, "buttons": _buttons_for("web", answer), "custom": custom}


def _buttons_for(channel: str, answer: Answer) -> list[dict[str, str]]:
    offered = [button for button in answer.buttons if button.get("only", channel) == channel]
    return [{name: value for name, value in button.items() if name != "only"} for button in offered]


def flatten(text: str) -> str:
    """Return ``text`` without Markdown: WeChat shows the signs."""
    text = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", text)
    # Four asterisks and more are a masked number: 138****5678
    return re.sub(r"(?<!\*)[*_`#>]{1,3}(?!\*)(?=\S)|(?<=[^\s*])[*_`]{1,3}(?!\*)", "", text)


def table_lines(table: Mapping[str, Any]) -> list[str]:
    """Return a table as plain lines: its caption, its columns, then one line for each row."""
    heading = [table["caption"]] if table.get("caption") else []
    return heading + ["｜".join(row) for row in (table["columns"], *table["rows"])]


def _with_table(text: str, table: Mapping[str, Any]) -> str:
    """Put the lines of ``table`` before the next step of ``text``."""
    said, step, next_step = text.rpartition(f"\n{_NEXT_STEP}")
    before, after = (said, step + next_step) if step else (text, "")
    return "\n".join([before, *table_lines(table)]) + after


def choice_lines(titles: Sequence[str], first: int = 1) -> str:
    """Return the numbered choices below a text in WeChat, counted from ``first``."""
    return "\n".join([CHOICES_HEADING, *(f"{number}. {title}" for number, title in enumerate(titles, start=first))])


def for_wechat(answer: Answer, registry: Registry) -> dict[str, Any]:
    """Return the Rasa message for WeChat: one plain text, choices numbered; ``split`` cuts it into messages.

    The choices stay as ``buttons`` data too: the tap resolver maps a number to them.
    """
    text = flatten(answer.text)
    table = answer.custom.get("table")
    lines = [_with_table(text, table) if table else text]
    line = source_line(answer, registry)
    if line:
        lines.append(line)
    numbered = not answer.wants_number
    buttons = _buttons_for("wechat", answer)
    titles = [button["title"] for button in buttons]
    if titles:
        lines.append(choice_lines(titles) if numbered else UNNUMBERED_HEADING + "、".join(titles))
    custom = {"answer": answer.name, "numbered": bool(buttons) and numbered}
    return {"text": "\n".join(lines), "buttons": buttons, "custom": custom}


def wechat_turn(messages: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the texts of one turn's ``for_wechat`` messages with their choices numbered through.

    Numbers count over all buttons of the turn, as the tap resolver counts them.
    """
    texts, offered = [], 0
    for message in messages:
        text = str(message.get("text") or "")
        titles = [str(button["title"]) for button in message.get("buttons") or ()]
        if offered and titles and (message.get("custom") or {}).get("numbered"):
            text = text.removesuffix(choice_lines(titles)) + choice_lines(titles, first=offered + 1)
        offered += len(titles)
        if text:
            texts.append(text)
    return texts


def split(texts: Iterable[str], limit: int = WECHAT_PART_BYTES) -> list[str]:
    """Return ``texts`` as few messages of at most ``limit`` UTF-8 bytes, cut at sentence borders.

    Choices stay together; a sentence that is too long by itself is cut between characters.
    """
    messages: list[str] = []
    for text in texts:
        gap = "\n\n"  # between two answers; within one, pieces carry their own line ends
        for piece in _pieces(text, limit):
            joined = f"{messages[-1]}{gap}{piece}" if messages else piece
            if messages and len(joined.rstrip().encode()) <= limit:
                messages[-1] = joined
            else:
                messages.append(piece)
            gap = ""
    return [message.strip() for message in messages if message.strip()]


def _pieces(text: str, limit: int) -> Iterator[str]:
    """Yield what must not be cut: sentences, and the block of numbered choices."""
    body, heading, choices = text.partition(CHOICES_HEADING)
    for sentence in [*_SENTENCE_END.split(body), heading + choices]:
        while len(sentence.encode()) > limit:
            kept = sentence.encode()[:limit].decode(errors="ignore")
            yield kept
            sentence = sentence[len(kept) :]
        if sentence:
            yield sentence
