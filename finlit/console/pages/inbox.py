"""The inbox: what customers really said that we missed, and what is done with it."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from sqlalchemy import select

from finlit.console import catalog, inbox, talks
from finlit.console.app import author, console, draft, editor, needs, note, tell
from finlit.content import edit, files
from finlit.content.yaml_text import CannotEdit
from finlit.db.tables import AnswerFeedback, InboxMark
from finlit.text import fingerprint

pages = Blueprint("inbox", __name__)
DAYS = 30
SHOWN = 60
OUT_OF_SCOPE = "out_of_scope"


def _thumbs_down() -> dict[str, set[int]]:
    down: dict[str, set[int]] = defaultdict(set)
    with console().sessions() as session:
        rows = session.execute(
            select(AnswerFeedback.conversation, AnswerFeedback.turn).where(AnswerFeedback.rating == -1)
        )
        for conversation, turn in rows:
            down[conversation].add(turn)
    return down


def waiting() -> list[inbox.Group]:
    """Return what waits in the signed-in editor's inbox."""
    current = console().settings
    since = current.now() - timedelta(days=DAYS)
    with console().sessions() as session:
        decided = set(session.scalars(select(InboxMark.fingerprint).where(InboxMark.decision == "ignored")))
    here = catalog.of_draft(draft(), current)
    learned = {fingerprint(example.text) for example in here.content.examples}
    found = inbox.missed(talks.read(current.tracker_database, since), _thumbs_down())
    return inbox.groups(found, learned, decided)


@pages.get("/inbox")
@needs("viewer")
def show() -> Any:
    """List the groups."""
    found = waiting()
    here = catalog.of_draft(draft(), console().settings)
    labels = [(row.label, row.question) for row in here.intents]
    likely = {group.sentences[0][0]: _likely(group) for group in found[:SHOWN]}
    return render_template("inbox.html", groups=found[:SHOWN], more=max(0, len(found) - SHOWN), labels=labels,
                           likely=likely, days=DAYS, reasons=inbox.REASONS)  # fmt: skip


def _likely(group: inbox.Group) -> str:
    near = catalog.nearest(draft(), group.sentences[0][0], 1)
    return near[0]["label"] if near else ""


@pages.get("/conversations/<path:conversation>")
@needs("viewer")
def conversation(conversation: str) -> Any:
    """Show a whole conversation, masked."""
    found = talks.read(console().settings.tracker_database, console().settings.now(), conversation)
    if not found or not found[0].turns:
        abort(HTTPStatus.NOT_FOUND)
    note("read_conversation", conversation)
    return render_template("conversation.html", talk=found[0], marked=request.args.get("n", ""))


@pages.post("/inbox")
@needs("editor")
def decide() -> Any:
    """Give sentences to an intent, say they are not our subject, or ignore them."""
    form = request.form
    do, chosen = form.get("do"), form.getlist("chosen")
    if not chosen:
        tell("请先勾选句子。", "error")
        return redirect(url_for("inbox.show"))
    if do == "ignore":
        _mark(chosen, "ignored", "")
        tell(f"已忽略 {len(chosen)} 句。")
        return redirect(url_for("inbox.show"))
    target = OUT_OF_SCOPE if do == "out_of_scope" else form.get("target", "")
    here = catalog.of_draft(draft(), console().settings)
    row = here.intent(target)
    if row is None:
        tell("请选一个意图。", "error")
        return redirect(url_for("inbox.show"))
    text, version = draft().read(row.file)
    try:
        new = edit.add_examples(text, target, chosen)
        draft().save({row.file: new}, {row.file: version}, f"收件箱：{len(chosen)} 句给 {target}", author())
    except (CannotEdit, files.ChangedMeanwhile) as fault:
        tell(str(fault) if isinstance(fault, CannotEdit) else "这个文件刚被改过，请再试一次。", "error")
        return redirect(url_for("inbox.show"))
    _mark(chosen, "assigned", target)
    note("inbox", f"{len(chosen)} 句 → {target}")
    wrong = [p for p in catalog.of_draft(draft(), console().settings).problems_of(row.file) if p.severity == "error"]
    if wrong:
        tell(f"已加进草稿的 {target}，但有错误要改：{wrong[0].message}", "error")
    else:
        tell(f"已把 {len(chosen)} 句加进草稿的 {target}。训练后就学会了。")
    return redirect(url_for("inbox.show"))


def _mark(sentences: list[str], decision: str, intent: str) -> None:
    now = console().settings.now()
    with console().sessions.begin() as session:
        for sentence in sentences:
            session.merge(
                InboxMark(
                    fingerprint=inbox.mark_of(sentence),
                    decision=decision,
                    intent=intent,
                    user_name=editor().name,
                    at=now,
                )  # fmt: skip
            )
