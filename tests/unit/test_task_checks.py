"""The checks on guided tasks, each shown firing on one fault in the real content; and none is left out of the editors' table."""

import re
import shutil

import pytest

from finlit.content import task_checks, topics
from finlit.content.topics import Content, Place, Response
from finlit.settings import PROJECT_ROOT
from finlit.tasks.registry import TASKS

WORDS = "data/task_words.yml"
HERE = Place("data/tasks/guided.yml", 1)
CONTENT = topics.read(PROJECT_ROOT / "data")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("\nleave:", "\nleaves:", "缺了 'leave'"),
        ("- 算|算了|", "- (算|算了|", "写法不对"),
        ("leads: [", "leads: [[", "读不了"),
    ],
)
def test_a_fault_in_the_words_that_steer_a_task_is_named(tmp_path, old, new, told):
    (tmp_path / "data").mkdir()
    shutil.copy(PROJECT_ROOT / WORDS, tmp_path / WORDS)
    text = (tmp_path / WORDS).read_text(encoding="utf-8")
    assert not list(task_checks.words(WORDS, tmp_path))
    assert old in text
    (tmp_path / WORDS).write_text(text.replace(old, new), encoding="utf-8")
    (problem,) = task_checks.words(WORDS, tmp_path)
    assert (problem.severity, problem.where.file) == ("error", WORDS)
    assert told in problem.message


@pytest.mark.parametrize(
    "missing",
    [
        "utter_affordability_check",
        "utter_affordability_check_title",
        "utter_affordability_check_ask_income",
        "utter_affordability_check_explain_income",
        "utter_affordability_check_no_income",
        "utter_affordability_check_item_income",
        "utter_hardship_apply_confirm",
    ],
)
def test_a_text_that_a_task_may_have_to_say_and_nobody_wrote_is_named(missing):
    assert not list(task_checks.texts(CONTENT, TASKS, HERE))
    left = Content(responses=[response for response in CONTENT.responses if response.name != missing])
    (problem,) = task_checks.texts(left, TASKS, HERE)
    assert problem.severity == "error" and f"请写 {missing}（" in problem.message


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"text": "多少？"}, "wants_number: true"),
        (
            {
                "text": "多少？",
                "metadata": {"wants_number": True},
                "buttons": [{"title": "点我", "payload": '/inform{"choice": "nonsense"}'}],
            },
            "按钮「点我」选的是「nonsense」",
        ),
    ],
)
def test_a_prompt_that_its_task_cannot_read_is_named(body, told):
    assert not list(task_checks.prompts(CONTENT, TASKS))
    prompt = Response("utter_affordability_check_ask_income", body, HERE, 2)
    (problem,) = task_checks.prompts(Content(responses=[prompt]), TASKS)
    assert (problem.severity, problem.where) == ("error", HERE)
    assert told in problem.message


def test_every_check_stands_in_the_editors_table():
    code = (PROJECT_ROOT / "finlit" / "content" / "checks.py").read_text(encoding="utf-8")
    named = set(re.findall(r'(?:yield |yield \(\s*|append\(\()"([a-z_]+)"', code))
    table = (PROJECT_ROOT / "docs" / "editors.md").read_text(encoding="utf-8")
    listed = {name for row in re.findall(r"^\| ([a-z_、]+) \|", table, re.M) for name in row.split("、")}
    assert len(named) > 25
    assert named <= listed
