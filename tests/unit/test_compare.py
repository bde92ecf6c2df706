"""Comparing two models on the same questions."""

import pytest

from finlit.evaluation import compare
from finlit.evaluation.scores import Outcome


def outcome(text, intent, predicted, kind="answered", candidates=()):
    return Outcome(text, intent, [(predicted, 0.9), ("other", 0.1)], kind, list(candidates), 0.001)


BEFORE = [outcome("a", "x", "y"), outcome("b", "x", "x"), outcome("c", "x", "y"), outcome("d", "x", "x")]


def test_each_changed_question_is_better_worse_or_other_and_the_worse_come_first():
    after = [outcome("a", "x", "x"), outcome("b", "x", "y"), outcome("c", "x", "z"), outcome("d", "x", "x")]
    found = compare.compare(BEFORE, after)
    assert [(change.text, change.verdict) for change in found.changes] == [
        ("b", "worse"),
        ("a", "better"),
        ("c", "other"),
    ]
    assert not found.is_worse


def test_asking_with_the_right_one_among_them_is_better_than_answering_wrong():
    found = compare.compare([outcome("a", "x", "y")], [outcome("a", "x", "y", "asked", ["y", "x"])])
    assert [change.verdict for change in found.changes] == ["better"]


@pytest.mark.parametrize(("predicted", "worse"), [("y", True), ("x", False)])
def test_a_figure_that_drops_makes_the_comparison_worse(predicted, worse):
    after = [outcome("a", "x", "y"), outcome("b", "x", predicted), outcome("c", "x", "y"), outcome("d", "x", "x")]
    assert compare.compare(BEFORE, after).is_worse is worse


def test_rows_survive_their_file_and_the_report_names_what_changed(tmp_path):
    compare.write_rows(tmp_path / "rows.jsonl", BEFORE)
    again = compare.read_rows(tmp_path / "rows.jsonl")
    assert again == BEFORE
    report = compare.as_markdown(compare.compare(again, [outcome("a|b", "x", "x"), outcome("b", "x", "y")]))
    assert "| 变差 | b | x | x（答） | y（答） |" in report and "1 句变差" in report
