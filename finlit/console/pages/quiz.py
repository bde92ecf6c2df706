"""The quiz, question by question."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for

from finlit.console import catalog
from finlit.console.app import console, draft, needs, save_and_tell, tell
from finlit.content import files, quiz_edit, yaml_text
from finlit.content.yaml_text import CannotEdit
from finlit.quiz import LETTERS

pages = Blueprint("quiz", __name__)
QUIZ = "data/quiz.yml"
NEW = "new"


def _here() -> catalog.Catalog:
    return catalog.of_draft(draft(), console().settings)


@pages.get("/quiz")
@needs("viewer")
def show() -> Any:
    """List the questions by topic."""
    document = yaml_text.value_at(draft().read(QUIZ)[0], [])
    lines = sorted(problem.where.line for problem in _here().problems_of(QUIZ))
    return render_template("quiz.html", topics=document["topics"], questions=document["questions"], wrong=len(lines))


@pages.get("/quiz/<question_id>")
@needs("viewer")
def one(question_id: str) -> Any:
    """Show one question, or an empty form for a new one."""
    text, version = draft().read(QUIZ)
    document = yaml_text.value_at(text, [])
    entry = next((each for each in document["questions"] if each["id"] == question_id), None)
    if entry is None and question_id != NEW:
        abort(HTTPStatus.NOT_FOUND)
    return _form(question_id, version, document["topics"], _shown(entry) if entry else {})


def _shown(entry: dict[str, Any]) -> dict[str, str]:
    sources = entry["source"] if isinstance(entry["source"], list) else [entry["source"]]
    shown = {name: str(entry.get(name, "")) for name in quiz_edit.FIELDS}
    return {**shown, **entry["choices"], "sources": ", ".join(sources)}


def _form(question_id: str, version: str, topics: dict[str, Any], shown: dict[str, Any], status: int = 200) -> Any:
    here = _here()
    labels = [(row.label, row.question) for row in here.intents]
    known = sorted(here.registry.facts.values(), key=lambda fact: fact.id) if here.registry else []
    cited = [fact for fact in known if fact.id in shown.get("sources", "")]
    page = render_template("question.html", id=question_id, is_new=question_id == NEW, version=version, topics=topics,
                           shown=shown, letters=LETTERS, labels=labels, facts=known, cited=cited)  # fmt: skip
    return page, status


@pages.post("/quiz/<question_id>")
@needs("editor")
def save(question_id: str) -> Any:
    """Save one question, add a new one, or take one out."""
    form = request.form
    text, version = draft().read(QUIZ)
    sources = form.get("sources", "").replace("，", ",").split(",")
    choices = {letter: form[letter].strip() for letter in LETTERS if form.get(letter, "").strip()}
    fields = {name: form.get(name, "").strip() for name in quiz_edit.FIELDS}
    try:
        if form.get("version") != version:
            raise CannotEdit("题目在您打开之后被改过，没有保存。下面是您写的，请看一看再存。")
        if form.get("do") == "remove":
            save_and_tell({QUIZ: quiz_edit.remove(text, question_id)}, {QUIZ: version}, f"小测验：去掉 {question_id}")
            return redirect(url_for("quiz.show"))
        question = quiz_edit.Question(choices=choices, sources=[s.strip() for s in sources if s.strip()], **fields)
        if question_id == NEW:
            question_id = form.get("id", "").strip()
            new, message = quiz_edit.add(text, question_id, question), f"小测验：新题 {question_id}"
        else:
            new, message = quiz_edit.change(text, question_id, question), f"小测验：改 {question_id}"
        save_and_tell({QUIZ: new}, {QUIZ: version}, message)
    except (CannotEdit, files.ChangedMeanwhile) as fault:
        tell(str(fault) if isinstance(fault, CannotEdit) else "题目刚被改过，请再试一次。", "error")
        topics = yaml_text.value_at(text, ["topics"])
        return _form(request.view_args["question_id"], version, topics, dict(form), HTTPStatus.UNPROCESSABLE_ENTITY)  # type: ignore[index]
    return redirect(url_for("quiz.one", question_id=question_id))
