"""The page of an intent: its sentences and answers, and what may be done with the intent itself."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for

from finlit.console import catalog
from finlit.console.app import console, draft, needs, save_and_tell, tell
from finlit.console.models import Busy, ModelFailed, seed_model
from finlit.console.pages import answers
from finlit.content import edit, files, intents
from finlit.content.yaml_text import CannotEdit

pages = Blueprint("intents", __name__)


def _here() -> catalog.Catalog:
    return catalog.of_draft(draft(), console().settings)


def _row_or_404(label: str) -> catalog.IntentRow:
    row = _here().intent(label)
    if row is None:
        abort(HTTPStatus.NOT_FOUND)
    return row


def _saved(label: str, texts: dict[str, str], versions: dict[str, str], message: str, anchor: str = "") -> Any:
    """Save and return to the page."""
    save_and_tell(texts, versions, message)
    return redirect(url_for("intents.show", label=label) + anchor)


@pages.get("/intents/<path:label>")
@needs("viewer")
def show(label: str) -> Any:
    """Show everything about one intent."""
    row = _row_or_404(label)
    here = _here()
    found = here.examples_of(label)
    shown = [answers.card(response) for response in here.answers_of(label)]
    lines = {example.where.line: example for example in found}
    wrong = [(lines[p.where.line], p) for p in here.problems_of(row.file) if p.where.line in lines]
    labels = [(other.label, other.question) for other in here.intents]
    known = sorted(here.registry.facts.values(), key=lambda fact: fact.id) if here.registry else []
    return render_template(
        "intent.html", row=row, examples=found, answers=shown, wrong=wrong, labels=labels,
        facts=known, today=console().settings.now().date(), most_buttons=answers.MOST_BUTTONS,
        unsaved=request.args.get("add", ""), code=intents.known_to_code(draft().folder, label.split("/")[0]),
        narrower=intents.NARROWER if "/" in label else "",
    )  # fmt: skip


@pages.post("/intents/<path:label>/examples")
@needs("editor")
def save_examples(label: str) -> Any:
    """Add, reword, move or delete sentences."""
    row = _row_or_404(label)
    form, do = request.form, request.form.get("do", "add")
    here = draft()
    text, version = here.read(row.file)
    texts, versions = {row.file: text}, {row.file: version}
    chosen = form.getlist("chosen")
    try:
        if do == "add":
            message = f"加问法：{label}"
            texts[row.file] = edit.add_examples(text, label, edit.clean_sentences(form.get("sentences", "")))
        elif do == "reword":
            message = f"改问法：{label}"
            texts[row.file] = edit.replace_example(text, label, form.get("old", ""), form.get("new", ""))
        elif do == "delete" and chosen:
            message = f"删问法：{label} {len(chosen)} 句"
            texts[row.file] = edit.remove_examples(text, label, chosen)
        elif do == "move" and chosen:
            target = _here().intent(form.get("target", ""))
            if target is None or target.label == label:
                raise CannotEdit("请选要移到的意图。")
            message = f"移问法：{label} → {target.label} {len(chosen)} 句"
            texts[row.file] = edit.remove_examples(text, label, chosen)
            other, other_version = here.read(target.file)
            versions[target.file] = other_version
            base = texts[row.file] if target.file == row.file else other
            texts[target.file] = edit.add_examples(base, target.label, chosen)
        else:
            raise CannotEdit("请先勾选要处理的句子。")
        return _saved(label, texts, versions, message, "#examples")
    except (CannotEdit, files.ChangedMeanwhile) as fault:
        tell(str(fault) if isinstance(fault, CannotEdit) else "这个文件刚被改过，请再试一次。", "error")
        return redirect(url_for("intents.show", label=label, add=form.get("sentences") or None) + "#examples")


@pages.post("/hint")
@needs("viewer")
def hint() -> Any:
    """Return what the model sees in a sentence that is being typed, and the sentences nearest to it."""
    text = str((request.get_json(silent=True) or {}).get("text", ""))[:200].strip()
    if not text:
        return {"nearest": [], "ranking": []}
    here = draft()
    found: dict[str, Any] = {"nearest": catalog.nearest(here, text), "ranking": []}
    seed_model(here, console().settings)
    try:
        seen = console().models.ask(here.folder, "parse", text=text, wait=0, timeout=40)
        found["ranking"], found["kind"] = seen["ranking"], seen["decision"].get("kind", "")
    except Busy:
        found["note"] = "模型正忙（多半在训练），稍后再看。"
    except ModelFailed as fault:
        found["note"] = str(fault)
    return found


@pages.route("/new-intent", methods=["GET", "POST"])
@needs("editor")
def create() -> Any:
    """Make a new intent in a topic file."""
    here = _here()
    homes = sorted({row.file: row.topic for row in here.intents}.items())
    if request.method == "GET":
        return render_template("new_intent.html", homes=homes, form={}, fault="")
    form = request.form
    try:
        if form.get("topic") not in dict(homes):
            raise CannotEdit("请选一个主题。")
        current = intents.read_all(draft().folder)
        sentences = edit.clean_sentences(form.get("sentences", ""))
        name = form.get("name", "").strip()
        changed = intents.create(
            current, form["topic"], name, form.get("question", ""), sentences, console().settings.now().date()
        )
    except CannotEdit as fault:
        page = render_template("new_intent.html", homes=homes, form=form, fault=str(fault))
        return page, HTTPStatus.UNPROCESSABLE_ENTITY
    versions = {file: files.version_of(current[file].encode()) for file in changed}
    return _saved(name, changed, versions, f"新意图：{name}")


@pages.post("/intents/<path:label>/rename")
@needs("editor")
def rename(label: str) -> Any:
    """Rename an intent everywhere, or merge it into another one."""
    _row_or_404(label)
    current = intents.read_all(draft().folder)
    code = intents.known_to_code(draft().folder, label)
    target = request.form.get("target", "").strip()
    try:
        if request.form.get("do") == "merge":
            changed, message = intents.merge(current, label, target, code), f"合并意图：{label} → {target}"
        else:
            changed, message = intents.rename(current, label, target, code), f"改意图名：{label} → {target}"
    except CannotEdit as fault:
        tell(str(fault), "error")
        return redirect(url_for("intents.show", label=label))
    versions = {file: files.version_of(current[file].encode()) for file in changed}
    return _saved(target, changed, versions, message)
