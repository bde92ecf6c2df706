"""One answer or prompt: its words, buttons and review date, and how it will look."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for

from finlit import answers
from finlit.console import catalog
from finlit.console.app import console, draft, needs, save_and_tell, tell
from finlit.content import edit, files
from finlit.content.topics import Response
from finlit.content.yaml_text import CannotEdit

pages = Blueprint("answers", __name__)
MOST_BUTTONS = 4


def _here() -> catalog.Catalog:
    return catalog.of_draft(draft(), console().settings)


def _response_or_404(name: str) -> Response:
    response = next((r for r in _here().content.responses if r.name == name), None)
    if response is None:
        abort(HTTPStatus.NOT_FOUND)
    return response


def preview_of(body: dict[str, Any], name: str) -> dict[str, Any]:
    """Return an answer as the web and as WeChat show it, with WeChat's bytes and their limit."""
    registry = _here().registry
    if registry is None:
        return {"web": {"text": "", "buttons": [], "custom": {}}, "wechat": "", "bytes": 0, "limit": 0}
    built = answers.build(body, name, registry, console().settings.now().date(), answers.PLACEHOLDERS_KEPT)
    wechat = answers.for_wechat(built, registry)["text"]
    return {"web": answers.for_web(built, registry), "wechat": wechat, "bytes": len(wechat.encode()),
            "limit": answers.WECHAT_LIMIT_BYTES}  # fmt: skip


def card(response: Response) -> dict[str, Any]:
    """Return what the form of one answer shows."""
    end = response.text_line + response.text.count("\n")
    problems = _here().problems_of(response.where.file, response.where.line, end)
    version = draft().read(response.where.file)[1]
    preview = preview_of(response.body, response.name)
    owned = _here().owner_of(response.name) is not None
    return {"response": response, "preview": preview, "version": version, "problems": problems, "owned": owned}


def address_of(name: str) -> str:
    """Return where an answer is edited: on the page of its intent, or on one of its own."""
    owner = _here().owner_of(name)
    return url_for("intents.show", label=owner) + f"#{name}" if owner else url_for("answers.show", name=name)


@pages.get("/answers/<path:name>")
@needs("viewer")
def show(name: str) -> Any:
    """Show an answer that belongs to no intent: what a task asks, what the assistant says in between."""
    response, here = _response_or_404(name), _here()
    if here.owner_of(name):
        return redirect(address_of(name))
    labels = [(row.label, row.question) for row in here.intents]
    known = sorted(here.registry.facts.values(), key=lambda fact: fact.id) if here.registry else []
    return render_template("answer.html", a=card(response), labels=labels, facts=known,
                           today=console().settings.now().date(), most_buttons=MOST_BUTTONS)  # fmt: skip


@pages.post("/answers/<path:name>")
@needs("editor")
def save(name: str) -> Any:
    """Save one answer: text, buttons, question, review date."""
    form = request.form
    response = _response_or_404(name)
    file = response.where.file
    pairs = zip(form.getlist("title"), form.getlist("payload"))
    old = [dict(button) for button in response.body.get("buttons") or ()]
    buttons = [{"title": t.strip(), "payload": _payload(p, t, old)} for t, p in pairs if t.strip() or p.strip()]
    try:
        reviewed = date.fromisoformat(form["reviewed"]) if form.get("reviewed") else None
        text, version = draft().read(file)
        new = edit.set_answer(text, name, answer=form.get("text", ""), buttons=buttons,
                              question=form.get("question", ""), reviewed=reviewed)  # fmt: skip
    except (CannotEdit, ValueError) as fault:
        tell(str(fault) if isinstance(fault, CannotEdit) else "复核日期要写成 2026-11-23。", "error")
        return _again(name, HTTPStatus.UNPROCESSABLE_ENTITY)
    if version != form.get("version"):
        tell("这个文件在您打开之后被改过。下面左边是现在存着的，右边是您刚写的，请比较后再存。", "error")
        return _again(name, HTTPStatus.CONFLICT)
    try:
        save_and_tell({file: new}, {file: version}, f"改答案：{name.removeprefix('utter_')}")
    except files.ChangedMeanwhile:
        tell("这个文件刚被改过。下面左边是现在存着的，右边是您刚写的，请比较后再存。", "error")
        return _again(name, HTTPStatus.CONFLICT)
    return redirect(address_of(name))


def _payload(target: str, title: str, old: list[dict[str, str]]) -> str:
    """Return the payload of a chosen intent; a button that stays keeps its entities."""
    target = target.strip().removeprefix("/")
    for button in old:
        payload = str(button.get("payload", ""))
        if payload.removeprefix("/").split("{")[0] == target and button.get("title") == title.strip():
            return payload
    return f"/{target}"


def _again(name: str, status: HTTPStatus) -> Any:
    """Show what the editor typed beside what is stored, so that nothing is lost."""
    response = _response_or_404(name)
    version = draft().read(response.where.file)[1]
    page = render_template("again.html", name=name, response=response, form=request.form, version=version,
                           back=address_of(name))  # fmt: skip
    return page, status


@pages.post("/preview")
@needs("viewer")
def preview() -> Any:
    """Return how an answer that is being typed will look."""
    body = request.get_json(silent=True) or {}
    metadata = {"reviewed": body.get("reviewed"), "wants_number": bool(body.get("wants_number"))}
    buttons = [{"title": str(t), "payload": "/x"} for t in body.get("titles") or () if str(t).strip()]
    return preview_of({"text": str(body.get("text", "")), "buttons": buttons, "metadata": metadata}, "utter_preview")
