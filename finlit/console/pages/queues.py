"""Queues for people: crisis alerts first, handoffs, hardship requests, complaints."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from sqlalchemy import select

from finlit.console.app import console, editor, needs, note, tell
from finlit.db.tables import ConsoleUser, StaffAlert
from finlit.requests import queue
from finlit.requests.words import KIND_NAMES, LINE_NAMES, STATE_NAMES, STEP_NAMES, said

pages = Blueprint("queues", __name__)


@pages.get("/queues")
@needs("viewer")
def show() -> Any:
    """Show open alerts and the open requests of one kind."""
    kind = request.args.get("kind") if request.args.get("kind") in KIND_NAMES else None
    with console().sessions() as session:
        open_alerts = select(StaffAlert).where(StaffAlert.handled_at.is_(None)).order_by(StaffAlert.raised_at)
        alerts = list(session.scalars(open_alerts))
        cases = queue.waiting(session, kind)
        counts = queue.counts(session)
    return render_template(
        "queues.html", alerts=alerts, cases=cases, counts=counts, kinds=KIND_NAMES, states=STATE_NAMES, kind=kind
    )


@pages.post("/alerts/<int:number>")
@needs("editor")
def handle(number: int) -> Any:
    """Mark an alert as taken care of."""
    with console().sessions.begin() as session:
        alert = session.get(StaffAlert, number)
        if alert is None:
            abort(HTTPStatus.NOT_FOUND)
        alert.handled_at = console().settings.now()
    note("handle_alert", f"#{number}")
    tell("已记为处理过。")
    return redirect(url_for("queues.show"))


@pages.get("/queues/<number>")
@needs("viewer")
def one(number: str) -> Any:
    """Show one request."""
    with console().sessions() as session:
        try:
            case = queue.case(session, number)
        except queue.UnknownRequest:
            abort(HTTPStatus.NOT_FOUND)
        users = session.scalars(select(ConsoleUser).where(ConsoleUser.disabled_at.is_(None))).all()
        people = {str(user.name): str(user.full_name) for user in users}
    note("read_request", number)
    return render_template("request.html", case=case, kinds=KIND_NAMES, states=STATE_NAMES, steps=STEP_NAMES, people=people,
                           lines=[(LINE_NAMES[name], said(name, text)) for name, text in case.lines.items()])  # fmt: skip


@pages.post("/queues/<number>")
@needs("editor")
def act(number: str) -> Any:
    """Assign, answer or close a request."""
    form, now, me = request.form, console().settings.now(), editor().name
    try:
        with console().sessions.begin() as session:
            if form.get("do") == "assign":
                queue.assign(session, number, form.get("to") or me, me, now)
            elif form.get("do") == "answer":
                queue.answer(session, number, form.get("words", ""), me, now)
            elif form.get("do") == "close":
                queue.close(session, number, me, now, form.get("note", "").strip() or None)
    except queue.UnknownRequest:
        abort(HTTPStatus.NOT_FOUND)
    except queue.AlreadyClosed:
        tell("这一件已经关闭了，不能再改。", "error")
    except queue.NoWords:
        tell("请写要告诉客户的话。", "error")
    else:
        note(f"request_{form.get('do')}", number)
        tell("已保存。")
    return redirect(url_for("queues.one", number=number))
