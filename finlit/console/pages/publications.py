"""Training and measuring a draft, publishing it, the history, taking a publication back."""

from __future__ import annotations

import json
import time
from http import HTTPStatus
from threading import Thread
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from sqlalchemy import select

from finlit.console import git, published, publishing, rollback
from finlit.console.app import Console, author, console, draft, editor, needs, note, tell
from finlit.console.drafts import Conflict, Draft
from finlit.console.faults import told
from finlit.console.measuring import must_not_be_published
from finlit.db.tables import Publication

pages = Blueprint("publications", __name__)
SHOWN = 50
STATES = {
    "waiting": "等待复核",
    "running": "进行中",
    "published": "已发布",
    "failed": "没有发布",
    "returned": "已自动恢复",
}


def _state(row: Publication) -> str:
    """Return how a publication stands, in Chinese."""
    return "没能完全恢复" if row.step == publishing.STUCK else STATES[str(row.state)]


@pages.get("/publish")
@needs("viewer")
def show() -> Any:
    """Show the draft's report, the form to publish, what is going on, and the history."""
    here = draft()
    with console().sessions() as session:
        found = list(session.scalars(select(Publication).order_by(Publication.id.desc()).limit(SHOWN)))
        workers = published.live_workers(console().settings, session)
    running = next((row for row in found if row.state in publishing.OPEN_STATES), None)
    report = console().publisher.measuring.kept(here)
    refusal = must_not_be_published(report, "x") if report else None
    return render_template(
        "publish.html", changed=here.changed_files(), report=report, refusal=refusal, running=running, found=found,
        workers=workers, working=console().working.get(here.name), state_of=_state, behind=here.is_behind(),
        review=console().settings.console_needs_review,
    )  # fmt: skip


@pages.post("/measure")
@needs("editor")
def measure() -> Any:
    """Train and measure the draft in the background."""
    here = draft()
    if console().working.get(here.name, {}).get("done", True):
        try:
            here.catch_up(author())
        except Conflict as conflict:
            tell("别人发布的修改和您的冲突，请先合并。", "error")
            return redirect(url_for("content.show_draft", conflict=conflict.files))
        state: dict[str, Any] = {"step": "开始", "started": time.time(), "done": False, "fault": ""}
        console().working[here.name] = state
        note("measure")
        Thread(target=_measure, args=(console(), here, state), daemon=True).start()
    return redirect(url_for("publications.show"))


def _measure(shared: Console, here: Draft, state: dict[str, Any]) -> None:
    try:
        shared.publisher.measuring.report(here, lambda step: state.update(step=step))
    except Exception as fault:  # noqa: BLE001 - the page must say that it ended, whatever it was
        state["fault"] = told(fault)
    finally:
        state["seconds"] = round(time.time() - state["started"], 1)
        state["done"] = True


@pages.get("/progress")
@needs("viewer")
def progress() -> Any:
    """Return how far measuring and publishing are, for the page's progress line."""
    state = console().working.get(draft().name) or {}
    with console().sessions() as session:
        row = session.scalar(select(Publication).order_by(Publication.id.desc()).limit(1))
        open_ = row is not None and row.state in publishing.OPEN_STATES
        publication = {"state": row.state, "log": row.log} if row is not None else {}
    working = bool(state) and not state["done"]
    seconds = round(time.time() - state["started"]) if working else 0
    return {"working": working, "step": state.get("step", ""), "seconds": seconds, "open": open_,
            "publication": publication}  # fmt: skip


@pages.post("/publish")
@needs("publisher")
def publish() -> Any:
    """Ask for a publication of one's own draft."""
    message = request.form.get("message", "").strip()
    if len(message) < 4:
        tell("请用一句话写明改了什么、为什么。", "error")
        return redirect(url_for("publications.show"))
    wanted = publishing.Wanted("publish", editor().name, editor().name, message, request.form.get("reason", "").strip())
    try:
        number = console().publisher.ask(wanted)
    except publishing.NotNow as refusal:
        tell(str(refusal), "error")
    else:
        note("publish", f"#{number} {message}")
    return redirect(url_for("publications.show"))


@pages.get("/publications/<int:number>")
@needs("viewer")
def one(number: int) -> Any:
    """Show one publication: what changed, how it went, what was measured."""
    with console().sessions() as session:
        row = session.get(Publication, number)
    if row is None:
        abort(HTTPStatus.NOT_FOUND)
    root = console().settings.root
    if row.after_commit:
        diff = git.diff(root, str(row.before_commit), str(row.after_commit))
    else:
        waiting = Draft(root, str(row.draft))
        asked = str(row.asked_commit or "refs/heads/" + waiting.branch)
        diff = git.diff(root, waiting.base(), asked) if waiting.exists() else ""
    report = json.loads(str(row.report)) if row.report else None
    return render_template("publication.html", row=row, diff=diff, report=report, state_of=_state)


@pages.post("/publications/<int:number>/<do>")
@needs("publisher")
def act(number: int, do: str) -> Any:
    """Approve, withdraw or take back a publication."""
    publisher = console().publisher
    try:
        if do == "approve":
            publisher.approve(number, editor().name)
        elif do == "withdraw":
            publisher.withdraw(number)
        elif do == "rollback":
            with console().sessions() as session:
                row = session.get(Publication, number)
            if row is None or row.state != "published":
                raise publishing.NotNow("只能回退已发布的。")
            rollback.ask(publisher, console().settings, row, editor().name, author())
        else:
            abort(HTTPStatus.NOT_FOUND)
    except publishing.NotNow as refusal:
        tell(str(refusal), "error")
    else:
        note(do, f"#{number}")
    return redirect(url_for("publications.show"))
