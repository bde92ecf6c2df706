"""Topics, search, what the checks say, any content file as text; the draft itself."""

from __future__ import annotations

from collections import defaultdict
from http import HTTPStatus
from pathlib import Path
from typing import Any

import yaml
from flask import Blueprint, abort, redirect, render_template, request, url_for

from finlit.console import catalog, git
from finlit.console.app import author, console, draft, needs, note, save_and_tell, tell
from finlit.console.drafts import Conflict, NotEditable
from finlit.content import files, topics

pages = Blueprint("content", __name__)
FILE_TITLES = {
    "data/follow_ups.yml": "追问表", "data/crisis/signs.yml": "轻生的说法", "data/crisis/crisis.txt": "轻生的句子", "data/crisis/calm.txt": "听着吓人其实没事的句子", "data/lexicon.yml": "概念词表", "data/facts.yml": "事实与来源", "data/quiz.yml": "小测验的题",
    "data/jieba/finance.txt": "金融词典（jieba）",
    "data/task_words.yml": "任务里的是、不、跳过", "data/other_people.yml": "替别人问的说法", "data/verification.yml": "核验身份的说法", "data/wechat_menu.yml": "微信菜单", "domain.yml": "意图登记", "tests/nlu/heldout.tsv": "保留集",
}  # fmt: skip
MOST_FOUND = 60  # of one kind, on the page of a search


def _title(file: str) -> str:
    """Return what a file is about, in Chinese; its name when nothing says it."""
    if file.startswith(("data/faq/", "data/tasks/")):
        return f"{catalog.title_of(file)}：问法和答案"
    return "对话测试" if file.startswith("tests/conversations/") else FILE_TITLES.get(file, Path(file).name)


def _here() -> catalog.Catalog:
    return catalog.of_draft(draft(), console().settings)


@pages.get("/topics")
@needs("viewer")
def show() -> Any:
    """List topics with their intents."""
    grouped: dict[str, list[catalog.IntentRow]] = defaultdict(list)
    for row in _here().intents:
        grouped[row.file].append(row)
    prompts = _here().unowned()
    return render_template("topics.html", grouped=grouped, prompts=prompts, homes=sorted({*grouped, *prompts}),
                           title_of=catalog.title_of, catalog=_here())  # fmt: skip


@pages.get("/problems")
@needs("viewer")
def problems() -> Any:
    """List everything that the checks say."""
    owner = {(e.where.file, e.where.line): e.label for e in _here().content.examples}
    questions = {row.label: row.question for row in _here().intents}
    for response in _here().content.responses:
        label = response.name.removeprefix("utter_")
        while label and label not in questions:
            label = label.rpartition("_")[0]
        for line in range(response.where.line, response.text_line + response.text.count("\n") + 1):
            owner[(response.where.file, line)] = label
    shown = [(p, owner.get((p.where.file, p.where.line), "")) for p in _here().problems]
    return render_template("problems.html", shown=shown, questions=questions, catalog=_here())


@pages.get("/search")
@needs("viewer")
def search() -> Any:
    """Search intents, sentences, answers and facts."""
    words = request.args.get("q", "").strip()
    found = catalog.search(_here(), words) if words else {}
    questions = {row.label: row.question for row in _here().intents}
    return render_template("search.html", words=words, found=found, questions=questions, most=MOST_FOUND)


def _save(texts: dict[str, str], versions: dict[str, str], message: str) -> None:
    try:
        save_and_tell(texts, versions, message)
    except files.ChangedMeanwhile:
        tell("这个文件刚被改过，没有保存，请再试一次。", "error")


@pages.get("/files")
@needs("viewer")
def all_files() -> Any:
    """List every content file."""
    folder = draft().folder
    found = [*folder.glob("data/**/*"), folder / "domain.yml", *folder.glob("tests/nlu/*.tsv"),
             *folder.glob("tests/conversations/*.yml")]  # fmt: skip
    names = sorted({p.relative_to(folder).as_posix() for p in found if p.is_file() and not p.name.startswith(".")})
    return render_template("files.html", names=names, title_of=_title, changed=set(draft().changed_files()))


@pages.route("/files/<path:file>", methods=["GET", "POST"])
@needs("viewer")
def file(file: str) -> Any:
    """Show a content file as text; save it as a whole."""
    try:
        text, version = draft().read(file)
    except (NotEditable, OSError, UnicodeDecodeError):
        abort(HTTPStatus.NOT_FOUND)
    if request.method == "POST":
        return _save_file(file, text, version)
    shown = _here().problems_of(file)
    return render_template("file.html", file=file, text=text, version=version, problems=shown,
                           title=_title(file), line=request.args.get("line", ""))  # fmt: skip


@needs("editor")
def _save_file(name: str, text: str, version: str) -> Any:
    new = request.form.get("text", "")
    new = new.replace("\r\n", "\n") if "\r\n" not in text else new
    if request.form.get("version") != version:
        tell("这个文件在您打开之后被改过，没有保存。下面是您写的，请比较后再存。", "error")
        page = render_template("file.html", file=name, text=new, version=version, problems=[],
                               title=_title(name), line="")  # fmt: skip
        return page, HTTPStatus.CONFLICT
    try:
        if name.endswith(".yml"):
            yaml.load(new, Loader=topics.Loader)
    except yaml.YAMLError as fault:
        line = getattr(getattr(fault, "problem_mark", None), "line", 0) + 1
        tell(f"第 {line} 行不是正确的 YAML，没有保存。请检查缩进和引号。", "error")
        page = render_template("file.html", file=name, text=new, version=version, problems=[],
                               title=_title(name), line=str(line))  # fmt: skip
        return page, HTTPStatus.UNPROCESSABLE_ENTITY
    _save({name: new}, {name: version}, f"改文件：{name}")
    return redirect(url_for("content.file", file=name))


@pages.get("/draft")
@needs("viewer")
def show_draft() -> Any:
    """Show what the draft changes, save by save, and whether others published meanwhile."""
    here = draft()
    behind = here.is_behind()
    news = git.history(here.folder, f"{here.base()}..{here.published()}", 20) if behind else []
    return render_template("draft.html", saves=here.history(), diff=git.diff(here.folder, here.base(), "HEAD"),
                           behind=behind, news=news, conflicts=request.args.getlist("conflict"))  # fmt: skip


@pages.post("/draft")
@needs("editor")
def change_draft() -> Any:
    """Catch up with what was published, settle a conflict, undo one save, or throw everything away."""
    here, do = draft(), request.form.get("do")
    try:
        if do == "catch_up":
            here.catch_up(author())
            tell("已并入别人发布的修改。")
        elif do == "settle":
            here.settle({key[5:]: value for key, value in request.form.items() if key.startswith("side:")}, author())
            tell("已按您的选择合并。没选中的一方仍在历史里，可以找回。")
        elif do == "undo":
            here.undo(_commit(request.form.get("commit", "")), author())
            tell("已撤销这一次保存。")
        elif do == "discard" and request.form.get("sure") == "yes":
            here.discard()
            tell("草稿已清空，和已发布的一样。")
    except Conflict as conflict:
        tell("有几个文件您和别人改了同样的行，请逐个选择。", "error")
        return redirect(url_for("content.show_draft", conflict=conflict.files))
    except git.GitFailed:
        tell("后来的修改也动了同样的行，不能单独撤销这一次。", "error")
    note("draft", str(do))
    return redirect(url_for("content.show_draft"))


def _commit(given: str) -> str:
    """Return a commit of the draft; anything else (an option for Git, say) is not found."""
    if given not in {save.id for save in draft().history()}:
        abort(HTTPStatus.NOT_FOUND)
    return given
