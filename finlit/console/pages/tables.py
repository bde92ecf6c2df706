"""The tables of words: concepts with their synonyms, and the dictionary that keeps a word in one piece."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from finlit.console.app import draft, needs, save_and_tell, tell
from finlit.content import dictionary, files, yaml_text
from finlit.content.yaml_text import CannotEdit
from finlit.nlu import jieba_words
from finlit.text import normalise

pages = Blueprint("tables", __name__)
LEXICON, DICTIONARY = "data/lexicon.yml", "data/jieba/finance.txt"
LONGEST = 200


@pages.route("/lexicon", methods=["GET", "POST"])
@needs("viewer")
def lexicon() -> Any:
    """Show the concepts and their words; save one of them."""
    text, version = draft().read(LEXICON)
    if request.method == "POST":
        return _save_concept(text, version)
    concepts = yaml_text.value_at(text, ["concepts"])
    return render_template("lexicon.html", concepts=concepts, version=version)


@needs("editor")
def _save_concept(text: str, version: str) -> Any:
    concept = request.form.get("concept", "")
    words = request.form.get("words", "").replace("，", ",").replace("、", ",").replace("\n", ",").split(",")
    kept = list(dict.fromkeys(word.strip() for word in words if word.strip()))
    try:
        if request.form.get("version") != version:
            raise CannotEdit("词表在您打开之后被改过，没有保存。请再改一次。")
        new = yaml_text.set_items(text, ["concepts", concept], kept)
        save_and_tell({LEXICON: new}, {LEXICON: version}, f"改词表：{concept}")
    except (CannotEdit, files.ChangedMeanwhile) as fault:
        tell(str(fault) if isinstance(fault, CannotEdit) else "词表刚被改过，请再改一次。", "error")
    return redirect(url_for("tables.lexicon") + f"#{concept}")


@pages.get("/words")
@needs("viewer")
def words() -> Any:
    """Show the dictionary, and how a sentence is cut with it."""
    text, _ = draft().read(DICTIONARY)
    sentence = request.args.get("sentence", "").strip()[:LONGEST]
    known = jieba_words.read_words(draft().folder / "data" / "jieba")
    cut = list(jieba_words.segmenter_for(known).cut(normalise(sentence))) if sentence else []
    return render_template("words.html", words=dictionary.words(text), sentence=sentence, cut=cut)


@pages.post("/words")
@needs("editor")
def save_words() -> Any:
    """Add words or take chosen ones out."""
    text, version = draft().read(DICTIONARY)
    form = request.form
    try:
        if form.get("do") == "remove":
            chosen = form.getlist("chosen")
            new, message = dictionary.without(text, chosen), f"金融词：去掉 {len(chosen)} 个"
        else:
            new, message = dictionary.with_words(text, form.get("words", "")), "金融词：加词"
        save_and_tell({DICTIONARY: new}, {DICTIONARY: version}, message)
    except (CannotEdit, files.ChangedMeanwhile) as fault:
        tell(str(fault) if isinstance(fault, CannotEdit) else "词典刚被改过，请再试一次。", "error")
    return redirect(url_for("tables.words"))
