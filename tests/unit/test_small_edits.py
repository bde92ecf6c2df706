"""Smallest changes to the quiz and to the dictionary of words, and tables that are read again when they change."""

import os
import shutil

import pytest
import yaml

from finlit import settings
from finlit.accounts import others, verification_words
from finlit.channels import wechat_menu
from finlit.channels.wechat_codec import Incoming
from finlit.channels.wechat_messages import hear
from finlit.content import dictionary, quiz_edit
from finlit.content.yaml_text import CannotEdit
from finlit.tasks import phrases

QUIZ = """# a comment stays
topics:
  fees: {title: 费用, words: 费用}
questions:
# 费用
- id: fees-first
  topic: fees
  ask: 第一问
  choices:
    A: 甲
    B: 乙
    C: 丙
  answer: C
  why: 因为
  source: F-FEE-02
  read: fee_penalty   # why this one
# the end
"""


def question(**changes):
    given = {"topic": "fees", "ask": "第一问", "choices": {"A": "甲", "B": "乙", "C": "丙"}, "answer": "C", "why": "因为",
             "sources": ["F-FEE-02"], "read": "fee_penalty"}  # fmt: skip
    return quiz_edit.Question(**{**given, **changes})


def test_every_question_saved_as_it_is_changes_no_byte():
    text = (settings.load().data_dir / "quiz.yml").read_text(encoding="utf-8")
    for entry in yaml.safe_load(text)["questions"]:
        source = entry["source"] if isinstance(entry["source"], list) else [entry["source"]]
        same = quiz_edit.Question(
            entry["topic"], entry["ask"], entry["choices"], entry["answer"], entry["why"], source, entry["read"]
        )
        assert quiz_edit.change(text, entry["id"], same) == text


def test_a_changed_question_touches_its_own_lines_only():
    changed = quiz_edit.change(
        QUIZ,
        "fees-first",
        question(choices={"A": "甲", "B": "乙", "C": "丁", "D": "戊"}, sources=["F-FEE-02", "F-FEE-04"]),
    )
    assert changed == QUIZ.replace("    C: 丙\n", "    C: 丁\n    D: 戊\n").replace("F-FEE-02", "[F-FEE-02, F-FEE-04]")
    assert quiz_edit.change(changed, "fees-first", question()) == QUIZ.replace("F-FEE-02", "F-FEE-02")


def test_a_new_question_stands_behind_the_last_of_its_topic_and_goes_without_a_trace():
    longer = quiz_edit.add(QUIZ, "fees-second", question(ask="第二问：几个点？"))
    assert [entry["id"] for entry in yaml.safe_load(longer)["questions"]] == ["fees-first", "fees-second"]
    assert longer.endswith("# the end\n") and "# why this one" in longer
    assert quiz_edit.remove(longer, "fees-second") == QUIZ


@pytest.mark.parametrize(
    ("changes", "told"),
    [({"choices": {"A": "甲", "C": "丙"}}, "挨着写"), ({"answer": "D"}, "没有内容"), ({"sources": []}, "事实编号"),
     ({"why": " "}, "解释"), ({"read": ""}, "答错后去看")],
)  # fmt: skip
def test_a_question_that_cannot_be_asked_is_refused(changes, told):
    with pytest.raises(CannotEdit, match=told):
        quiz_edit.change(QUIZ, "fees-first", question(**changes))


def test_words_are_added_at_the_end_and_taken_out_line_by_line():
    text = "# 一行一个词\n花呗\n网商贷 20 n\n"
    assert dictionary.with_words(text, "循环贷，花呗\n停催") == text + "循环贷\n停催\n"
    assert dictionary.without(text, ["网商贷"]) == "# 一行一个词\n花呗\n"
    with pytest.raises(CannotEdit, match="不像一个词"):
        dictionary.with_words(text, "这是一整句客户说的话不是词")


@pytest.mark.parametrize(
    ("load", "name"),
    [
        (phrases.load, "task_words.yml"),
        (others.load, "other_people.yml"),
        (verification_words.load, "verification.yml"),
    ],
)
def test_a_published_table_is_read_again_by_the_running_process(tmp_path, load, name):
    path = tmp_path / name
    shutil.copy(settings.load().data_dir / name, path)
    first = load(path)
    assert load(path) is first
    os.utime(path, ns=(1, 1))
    assert load(path) is not first


def test_a_published_wechat_menu_counts_at_the_next_click_and_a_broken_one_does_not(tmp_path):
    def click(key):
        incoming = Incoming("gh", "o1", 1, "event", {"Event": "CLICK", "EventKey": key}, sealed=True)
        heard = hear(incoming, menu.now())
        return heard.text, heard.parse_data["intent"]["name"]

    path = tmp_path / wechat_menu.MENU_FILE
    path.write_text("- title: 还款\n  buttons: [{title: 怎么还款, payload: /repay_how}]\n", encoding="utf-8")
    os.utime(path, ns=(1, 1))
    menu = wechat_menu.LiveMenu(tmp_path)
    assert click("repay_how") == ("怎么还款", "repay_how")
    assert click("fee_penalty")[0] == "［旧菜单］"
    path.write_text("- title: 费用\n  buttons: [{title: 罚息, payload: /fee_penalty}]\n", encoding="utf-8")
    assert click("fee_penalty") == ("罚息", "fee_penalty")
    path.write_text("- title: 费用\n", encoding="utf-8")
    assert click("fee_penalty") == ("罚息", "fee_penalty"), "the last good menu stays"
