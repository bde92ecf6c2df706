"""Checks on answers: sources known and in force, figures covered, no forbidden claim, right form."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

from finlit import answers
from finlit.content.facts import FIGURELESS, Fact, Registry
from finlit.content.problems import Problem, error, warning
from finlit.content.topics import Content, Place, Response

# What is said when a message can't be answered; finlit.dialogue.nlg picks among them.
ALWAYS_NEEDED = ("utter_ask", "utter_ask_again", "utter_refuse", "utter_refuse_again", "utter_out_of_scope_again",
                 "utter_empty", "utter_too_long", "utter_only_symbols", "utter_command",
                 "utter_service_down", "utter_conversations_down", "utter_told", "utter_told_more")  # fmt: skip
MOST_POINTS = 4
MOST_CHARACTERS = 300
REVIEW_LASTS = timedelta(days=365)
WARN_BEFORE = timedelta(days=30)
# Figures count when they say something checkable; 一 as in 一次 does not.
_FIGURE = re.compile(r"\d+(?:[.,]\d+)*")
_MARK = re.compile(r"\[(F-[A-Z]+-\d+|CONTRACT|ADVICE|[A-Z]+-[A-Z0-9-]+)\]")
_PLACEHOLDER = re.compile(r"\{[a-z_]+\}")


def _lines(response: Response) -> Iterator[tuple[Place, str, tuple[str, ...]]]:
    for offset, raw in enumerate(response.text.rstrip("\n").split("\n")):
        place = Place(response.where.file, response.text_line + offset)
        yield place, _PLACEHOLDER.sub("", _MARK.sub("", raw)).strip(), tuple(_MARK.findall(raw))


def figures_in(text: str) -> list[str]:
    """Return the figures of ``text`` that have to stand in a fact."""
    return _FIGURE.findall(text)


def said_in(fact: Fact) -> str:
    """Return everything that a fact says."""
    return f"{fact.title} {fact.statement} {fact.basis} {fact.cite}"


def sources(content: Content, registry: Registry, today: date) -> Iterator[Problem]:
    """Each cited fact must exist, be in force and be sure enough to be said."""
    for response in content.responses:
        for place, _, cites in _lines(response):
            for cite in cites:
                if cite not in registry:
                    yield error(place, f"没有事实 {cite}。请查 data/facts.yml，或先在那里登记。")
                elif registry.expired(cite, today):
                    until = registry[cite].until
                    yield error(place, f"{cite} 已于 {until} 到期，这一行不会再说。请复核事实或删去这一行。")
                elif registry[cite].until and registry[cite].until - today <= WARN_BEFORE:  # type: ignore[operator]
                    yield warning(place, f"{cite} 将于 {registry[cite].until} 到期，请准备复核。")
                elif registry[cite].confidence == "low":
                    yield error(place, f"{cite} 置信低，不能说给客户。")


def figures(content: Content, registry: Registry) -> Iterator[Problem]:
    """Each figure, period and article must stand in a fact that its line cites."""
    for response in content.responses:
        for place, text, cites in _lines(response):
            known = {
                figure
                for cite in cites
                if cite in registry and cite not in FIGURELESS
                for figure in figures_in(said_in(registry[cite]))
            }
            for figure in figures_in(text):
                if figure not in known:
                    yield error(place, f"「{figure}」不在这一行所引的事实里。请补上出处（[F-…]），或去掉这个数字。")


def forbidden(content: Content, registry: Registry) -> Iterator[Problem]:
    """Claims that bots usually get wrong, and numbers that the facts call unreliable."""
    patterns = [(re.compile(claim.pattern), claim) for claim in registry.forbidden]
    for response in content.responses:
        for place, text, _ in _lines(response):
            for pattern, claim in patterns:
                if pattern.search(text):
                    fact = f"（见 {claim.fact}）" if claim.fact else ""
                    yield error(place, f"不能这样说：{claim.why}{fact}")


def cited(content: Content, knowledge: frozenset[str]) -> Iterator[Problem]:
    """Each line of a knowledge answer, apart from the next step, carries a source."""
    for response in content.responses:
        if response.name.removeprefix("utter_").split("/")[0] not in knowledge:
            continue
        for place, text, cites in _lines(response):
            if text and not cites and not text.startswith("下一步"):
                yield error(place, "这一行没有出处：行尾写 [F-…]、[CONTRACT] 或 [ADVICE]。")


def reviews(content: Content, knowledge: frozenset[str], today: date) -> Iterator[Problem]:
    """Each knowledge answer has a plain question and a review date of the last year."""
    for response in content.responses:
        if response.name.removeprefix("utter_").split("/")[0] not in knowledge:
            continue
        if not response.metadata.get("question"):
            yield error(response.where, f"{response.name} 缺 metadata.question：「您是想问 …？」里显示的大白话。")
        try:
            reviewed = date.fromisoformat(str(response.metadata.get("reviewed")))
        except ValueError:
            yield error(response.where, f'{response.name} 缺复核日期 metadata.reviewed，写成 "2026-11-23"。')
            continue
        if today - reviewed > REVIEW_LASTS:
            yield error(
                response.where, f"{response.name} 上次复核是 {reviewed}，已超过一年。请对照事实复核并更新日期。"
            )
        elif today - reviewed > REVIEW_LASTS - WARN_BEFORE:
            yield warning(response.where, f"{response.name} 的复核将在 30 天内满一年。")


def form(content: Content, registry: Registry, today: date) -> Iterator[Problem]:
    """Conclusion, at most four points, short enough for WeChat."""
    for response in content.responses:
        answer = answers.build(response.body, response.name, registry, today, answers.PLACEHOLDERS_KEPT)
        points = sum(line.text.startswith("·") for line in answer.lines)
        if points > MOST_POINTS:
            yield error(response.where, f"{response.name} 有 {points} 个要点，最多 {MOST_POINTS} 个。")
        if len(answer.text) > MOST_CHARACTERS:
            yield warning(
                response.where, f"{response.name} 有 {len(answer.text)} 个字，尽量不超过 {MOST_CHARACTERS} 个。"
            )
        size = len(answers.for_wechat(answer, registry)["text"].encode())
        whole = len(f"{answers.flatten(answer.text)}".encode())
        if size >= answers.WECHAT_LIMIT_BYTES or whole > answers.WECHAT_LIMIT_BYTES:
            yield error(response.where, f"{response.name} 在微信里超过 {answers.WECHAT_LIMIT_BYTES} 字节，请缩短。")


def buttons(content: Content, intents: frozenset[str]) -> Iterator[Problem]:
    """A button leads to a known intent, has its own title, and does not lead back to its own answer."""
    for response in content.responses:
        offered = [button for button in response.body.get("buttons") or () if isinstance(button, dict)]
        titles = Counter(str(button.get("title")) for button in offered)
        for title, count in titles.items():
            if count > 1:
                yield error(response.where, f"{response.name} 有 {count} 个按钮都叫「{title}」。")
        for button in offered:
            label = re.sub(r"\{.*", "", str(button.get("payload", ""))).removeprefix("/")
            intent = label.split("/")[0]
            if intent not in intents:
                yield error(response.where, f"{response.name} 的按钮「{button.get('title')}」指向没有的意图 {intent}。")
            elif f"utter_{label}" == response.name:
                yield error(response.where, f"{response.name} 的按钮「{button.get('title')}」指回自己。")


def answered(
    content: Content, intents: frozenset[str], without_rule: frozenset[str], where: Place
) -> Iterator[Problem]:
    """Each intent has an answer and a rule; each answer stands once."""
    names = content.response_names()
    for name in ALWAYS_NEEDED:
        if name not in names:
            yield error(where, f"没有 {name}：听不懂或答不了时要说它，请在 data/faq/general.yml 补上。")
    for intent in sorted(intents):
        if f"utter_{intent}" not in names and intent != "nlu_fallback":
            yield error(where, f"意图 {intent} 没有答案：请写 utter_{intent}。")
        if intent not in content.rules and intent not in without_rule:
            yield error(where, f"意图 {intent} 没有规则：请在它的主题文件里写 rules。")
    for name, count in Counter(response.name for response in content.responses).items():
        if count > 1:
            place = next(response.where for response in content.responses if response.name == name)
            yield error(place, f"{name} 写了 {count} 次，请只保留一处。")
