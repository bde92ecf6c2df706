"""The page of an intent: its sentences and answers, and what may be done with the intent itself."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for

from finlit import answers
from finlit.console import catalog
from finlit.console.app import author, console, draft, needs, note, tell
from finlit.console.models import Busy, ModelFailed, seed_model
from finlit.content import edit, files, intents
from finlit.content.yaml_text import CannotEdit

pages = Blueprint("intents", __name__)
MOST_BUTTONS = 4


def _here() -> catalog.Catalog:
    return catalog.of_draft(draft(), console().settings)


def _row_or_404(label: str) -> catalog.IntentRow:
    row = _here().intent(label)
    if row is None:
        abort(HTTPStatus.NOT_FOUND)
    return row


def _preview(body: dict[str, Any], name: str) -> dict[str, Any]:
    registry = _here().registry
    if registry is None:
        return {"web": {"text": "", "buttons": [], "custom": {}}, "wechat": "", "bytes": 0, "limit": 0}
    built = answers.build(body, name, registry, console().settings.now().date(), answers.PLACEHOLDERS_KEPT)
    wechat = answers.for_wechat(built, registry)["text"]
    return {"web": answers.for_web(built, registry), "wechat": wechat, "bytes": len(wechat.encode()),
            "limit": answers.WECHAT_LIMIT_BYTES}  # fmt: skip


def _saved(label: str, texts: dict[str, str], versions: dict[str, str], message: str, anchor: str = "") -> Any:
    """Save and return to the page; tells what the checks say about the files now."""
    here = draft()
    saved = here.save(texts, versions, message, author())
    if saved.commit is None:
        tell("没有变化，文件一个字节也没动。")
    else:
        note("save", message)
        after = _here()
        wrong = [p for file in texts for p in after.problems_of(file) if p.severity == "error"]
        if wrong:
            tell(f"已存进草稿，但有 {len(wrong)} 个错误要改：{wrong[0].message}", "error")
        else:
            tell("已存进草稿，检查通过。")
    return redirect(url_for("intents.show", label=label) + anchor)


@pages.get("/intents/<path:label>")
@needs("viewer")
def show(label: str) -> Any:
    """Show everything about one intent."""
    row = _row_or_404(label)
    here = _here()
    found = here.examples_of(label)
    text, version = draft().read(row.file)
    shown = []
    for response in here.answers_of(label):
        end = response.text_line + response.text.count("\n")
        home, home_version = draft().read(response.where.file)
        shown.append({"response": response, "preview": _preview(response.body, response.name), "version": home_version,
                      "problems": here.problems_of(response.where.file, response.where.line, end)})  # fmt: skip
    lines = {example.where.line: example for example in found}
    wrong = [(lines[p.where.line], p) for p in here.problems_of(row.file) if p.where.line in lines]
    labels = [(other.label, other.question) for other in here.intents]
    known = sorted(here.registry.facts.values(), key=lambda fact: fact.id) if here.registry else []
    return render_template(
        "intent.html", row=row, examples=found, version=version, answers=shown, wrong=wrong, labels=labels,
        facts=known, today=console().settings.now().date(), most_buttons=MOST_BUTTONS,
        unsaved=request.args.get("add", ""), code=intents.known_to_code(draft().folder, label.split("/")[0]),
    )  # fmt: skip


@pages.post("/intents/<path:label>/answer")
@needs("editor")
def save_answer(label: str) -> Any:
    """Save one answer: text, buttons, question, review date."""
    form = request.form
    name = form.get("name", "")
    response = next((r for r in _here().content.responses if r.name == name), None)
    if response is None:
        abort(HTTPStatus.NOT_FOUND)
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
        return _again(label, name, HTTPStatus.UNPROCESSABLE_ENTITY)
    if version != form.get("version"):
        tell("这个文件在您打开之后被改过。下面左边是现在存着的，右边是您刚写的，请比较后再存。", "error")
        return _again(label, name, HTTPStatus.CONFLICT)
    return _saved(label, {file: new}, {file: version}, f"改答案：{label}", f"#{name}")


def _payload(target: str, title: str, old: list[dict[str, str]]) -> str:
    """Return the payload of a chosen intent; a button that stays keeps its entities."""
    target = target.strip().removeprefix("/")
    for button in old:
        payload = str(button.get("payload", ""))
        if payload.removeprefix("/").split("{")[0] == target and button.get("title") == title.strip():
            return payload
    return f"/{target}"


def _again(label: str, name: str, status: HTTPStatus) -> Any:
    """Show what the editor typed beside what is stored, so that nothing is lost."""
    response = next((r for r in _here().content.responses if r.name == name), None)
    stored, version = draft().read(response.where.file) if response else ("", "")
    page = render_template("again.html", label=label, name=name, response=response, form=request.form, version=version)
    return page, status


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


@pages.post("/preview")
@needs("viewer")
def preview() -> Any:
    """Return how an answer that is being typed will look."""
    body = request.get_json(silent=True) or {}
    metadata = {"reviewed": body.get("reviewed"), "wants_number": bool(body.get("wants_number"))}
    buttons = [{"title": str(t), "payload": "/x"} for t in body.get("titles") or () if str(t).strip()]
    return _preview({"text": str(body.get("text", "")), "buttons": buttons, "metadata": metadata}, "utter_preview")


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
        seen = console().models.ask(here.folder, "parse", text=text, wait=False, timeout=40)
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
