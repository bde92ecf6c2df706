"""Facts and their sources: where each is used, what expires next."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for

from finlit.console import catalog
from finlit.console.app import console, draft, needs, save_and_tell, tell
from finlit.content import files, yaml_text
from finlit.content.yaml_text import CannotEdit
from finlit.quiz import Bank, Item

pages = Blueprint("facts", __name__)
FACTS, QUIZ = "data/facts.yml", "data/quiz.yml"
FACT_FIELDS = ("title", "statement", "basis", "cite", "confidence", "since", "until", "checked", "note")
FIELD_TITLES = {
    "title": "一句话", "statement": "事实", "basis": "依据全文", "cite": "给客户看的短出处", "confidence": "把握有多大",
    "since": "施行日", "until": "最后一天", "checked": "核对日", "note": "保留意见",
}  # fmt: skip


def _here() -> catalog.Catalog:
    return catalog.of_draft(draft(), console().settings)


@pages.get("/facts")
@needs("viewer")
def show() -> Any:
    """List facts: what expires next first, where each is used."""
    here = _here()
    today = console().settings.now().date()
    known = list(here.registry.facts.values()) if here.registry else []
    rows = [(fact, len(here.where_used(fact.id))) for fact in known]
    rows.sort(key=lambda row: (row[0].until is None, row[0].until or today, row[0].id))
    return render_template("facts.html", rows=rows, today=today)


@pages.route("/facts/<fact_id>", methods=["GET", "POST"])
@needs("viewer")
def one(fact_id: str) -> Any:
    """Show one fact with its uses; save changed fields."""
    text, version = draft().read(FACTS)
    try:
        entry = yaml_text.value_at(text, ["facts", fact_id])
        registered = yaml_text.value_at(text, ["sources"])
    except CannotEdit:
        abort(HTTPStatus.NOT_FOUND)
    if request.method == "POST":
        return _save_fact(fact_id, text, version, entry)
    cited = [(source, registered.get(source, "")) for source in entry.get("sources") or ()]
    return render_template(
        "fact.html", id=fact_id, entry=entry, fields=FACT_FIELDS, titles=FIELD_TITLES, version=version,
        used=_here().where_used(fact_id), cited=cited,
        quizzed=[item for item in _questions() if fact_id in item.sources],
    )  # fmt: skip


def _questions() -> list[Item]:
    try:
        return list(Bank.from_document(yaml_text.value_at(draft().read(QUIZ)[0], [])).items.values())
    except (CannotEdit, OSError, KeyError, TypeError, AttributeError):
        return []  # a faulty quiz is one of the problems shown


@needs("editor")
def _save_fact(fact_id: str, text: str, version: str, entry: dict[str, Any]) -> Any:
    back = redirect(url_for("facts.one", fact_id=fact_id))
    if request.form.get("version") != version:
        tell("这个文件在您打开之后被改过，没有保存。请重新填写。", "error")
        return back
    new = text
    try:
        for field in FACT_FIELDS:
            value = request.form.get(field, "").strip().replace("\r\n", "\n")
            old = "" if entry.get(field) is None else str(entry[field])
            if value == old:
                continue
            path = ["facts", fact_id, field]
            new = yaml_text.set_text(new, path, value) if value else yaml_text.remove_key(new, path)
        sources = [line.strip() for line in request.form.get("sources", "").splitlines() if line.strip()]
        if sources != list(map(str, entry.get("sources") or ())):
            new = yaml_text.set_items(new, ["facts", fact_id, "sources"], sources)
        save_and_tell({FACTS: new}, {FACTS: version}, f"改事实：{fact_id}")
    except (CannotEdit, files.ChangedMeanwhile) as fault:
        tell(str(fault) if isinstance(fault, CannotEdit) else "这个文件刚被改过，请再试一次。", "error")
    return back
