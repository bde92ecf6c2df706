"""Checks on what points elsewhere, and on the tables, each shown firing at the right line."""

import argparse
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
import yaml

from finlit.content import checks, crisis_checks, facts, likeness, link_checks, question_checks, table_checks
from finlit.content.topics import Content, Example, Place
from finlit.settings import PROJECT_ROOT, parse
from finlit.text import fingerprints

INTENTS = frozenset({"fee_penalty", "repay_how"})


def tree(text):
    return yaml.compose(text)


def said(problems):
    return [(p.severity, p.where.line, p.message) for p in problems]


def examples(*pairs):
    return Content(
        examples=[Example(text, label, Place("data/faq/x.yml", n)) for n, (text, label) in enumerate(pairs, 1)]
    )


def test_a_rule_to_an_answer_or_action_that_is_not_there_is_an_error():
    content = Content(
        rules={
            "fee_penalty": [("utter_nothing", Place("f", 3)), ("action_nothing", Place("f", 4))],
            "repay_how": [("utter_own", Place("f", 7)), ("action_known", Place("f", 8))],
        }
    )
    found = said(link_checks.rules(content, frozenset({"action_known"}), frozenset({"utter_own"})))
    assert [(severity, line) for severity, line, _ in found] == [("error", 3), ("error", 4)]


def test_a_slot_whose_type_would_make_rasa_import_a_class_is_an_error():
    root = tree(
        "slots:\n  a: {type: text}\n  b: {type: rasa.core.tracker_store.SQLTrackerStore}\n  c: {mappings: []}\n"
    )
    assert [(severity, line) for severity, line, _ in said(link_checks.slots("domain.yml", root))] == [
        ("error", 3), ("error", 4),
    ]  # fmt: skip


def test_slots_merged_into_the_domain_are_an_error_because_rasa_reads_them_too():
    root = tree("intents: []\n<<: {slots: {a: {type: rasa.core.tracker_store.SQLTrackerStore}}}\n")
    assert [(severity, line) for severity, line, _ in said(link_checks.slots("domain.yml", root))] == [("error", 2)]


def test_an_unknown_intent_in_the_follow_up_table_is_an_error_on_either_side():
    root = tree("figure: {fee_penalty: fee_nothing}\nfacets:\n  a:\n    to:\n      gone: repay_how\n      any: same\n")
    found = said(link_checks.follow_ups("f", root, INTENTS))
    assert [line for _, line, _ in found] == [1, 5]
    assert "fee_nothing" in found[0][2] and "gone" in found[1][2]


FACTS = """\
facts:
  F-A-01: {title: x, statement: x, cite: x, sources: [S01], intents: [fee_penalty], until: "2026-12-01"}
  F-A-02: {title: x, statement: x, cite: x, sources: [S99], intents: [gone], until: "2027-06-01"}
  F-A-03: {title: x, statement: "见 http://bad_host/x", cite: x, intents: []}
sources:
  S01: http://www.pbc.gov.cn/a
  S02: "https：//www.pbc.gov.cn/b"
"""


def test_a_fact_without_registered_source_or_with_an_unknown_intent_is_named():
    found = said(link_checks.facts("data/facts.yml", tree(FACTS), INTENTS))
    assert [(severity, line) for severity, line, _ in found] == [("error", 3), ("warning", 3), ("error", 4)]
    assert "S99" in found[0][2] and "gone" in found[1][2] and "没有来源" in found[2][2]


def test_a_fact_that_expires_within_thirty_days_is_a_warning_although_nothing_cites_it():
    registry = facts.parse(yaml.safe_load(FACTS))
    found = said(link_checks.expiries("f", tree(FACTS), registry, date(2026, 11, 23)))
    assert [(severity, line) for severity, line, _ in found] == [("warning", 2)]
    assert not list(link_checks.expiries("f", tree(FACTS), registry, date(2026, 9, 1)))


def test_a_fact_past_its_last_day_is_a_warning_although_nothing_cites_it():
    registry = facts.parse(yaml.safe_load(FACTS))
    ((severity, line, message),) = said(link_checks.expiries("f", tree(FACTS), registry, date(2026, 12, 20)))
    assert (severity, line) == ("warning", 2)
    assert "F-A-01 已于 2026-12-01 过期" in message


def test_a_web_address_that_cannot_be_opened_is_an_error():
    texts = link_checks.texts_with_addresses(Content(), "f", tree(FACTS))
    found = said(link_checks.addresses(texts))
    assert [line for _, line, _ in found] == [4, 7]
    good = [(Place("f", 1), "见 https://www.nfra.gov.cn/cn/view?id=1（2026 年）和 www.12377.cn。")]
    assert not list(link_checks.addresses(good))


def test_a_concept_without_words_or_with_a_repeated_one_is_named():
    root = tree("concepts:\n  甲: []\n  乙: [一, 二, 一]\n  丙: 一\n  丁: [好]\n")
    assert [(s, line) for s, line, _ in said(table_checks.lexicon("f", root))] == [
        ("error", 2), ("warning", 3), ("error", 4),
    ]  # fmt: skip


def test_a_crisis_sign_that_is_no_pattern_is_an_error():
    root = tree("signs:\n- 跳楼(?!价)\n- 跳河(\nidioms: ['[']\nnegations: [没]\n")
    assert [line for _, line, _ in said(crisis_checks.signs(root))] == [3, 4]


def test_a_line_of_the_dictionary_that_is_no_word_is_named(tmp_path):
    (tmp_path / "jieba").mkdir()
    (tmp_path / "jieba" / "w.txt").write_text("# 说明\n花呗\n借呗 10 n\n白条 很多\n花呗\n", encoding="utf-8")
    found = said(table_checks.dictionary(tmp_path / "jieba", tmp_path))
    assert [(severity, line) for severity, line, _ in found] == [("error", 4), ("warning", 5)]


def test_a_sentence_that_looks_like_another_intents_more_than_its_own_is_a_warning():
    content = examples(
        ("还款入口在哪", "repay_how"), ("怎么还钱呢", "repay_how"), ("从哪儿还", "repay_how"),
        ("罚息多少一天", "fee_penalty"), ("逾期罚多少", "fee_penalty"), ("还款入口在哪里", "fee_penalty"),
    )  # fmt: skip
    found = said(question_checks.lookalikes(content))
    assert any(line == 6 and "更像 repay_how" in message for _, line, message in found)
    assert not any(line == 4 for _, line, _ in found)


def test_a_near_duplicate_is_a_warning_and_an_equal_one_is_left_to_the_other_check():
    content = examples(
        ("花呗还了之后额度什么时候恢复", "repay_how"), ("花呗还了之后额度什么时候恢复呀", "repay_how"),
        ("罚息多少", "fee_penalty"), ("罚息，多少？", "fee_penalty"), ("怎么还", "repay_how"),
    )  # fmt: skip
    found = said(question_checks.lookalikes(content))
    assert [line for _, line, message in found if "几乎一样" in message] == [2]


def test_likeness_finds_the_nearest_and_groups_what_belongs_together():
    sentences = ["花呗逾期几天上征信", "花呗逾期上征信吗", "怎么申请延期还款", "能申请延期还款吗", "你好"]
    index = likeness.Likeness(fingerprints(sentences))
    assert index.nearest("逾期上征信吗")[0].position == 1
    assert index.nearest("xyz") == []
    assert {frozenset(group) for group in index.groups(0.3)} == {frozenset({0, 1}), frozenset({2, 3}), frozenset({4})}


@pytest.fixture
def project(tmp_path):
    """A copy of the project's content."""
    shutil.copytree(PROJECT_ROOT / "data", tmp_path / "data")
    shutil.copy(PROJECT_ROOT / "domain.yml", tmp_path)
    return tmp_path


def problems_of(root):
    return checks.problems(parse({"FINLIT_NOW": "2026-11-23T10:00", "FINLIT_ENV": "test"}, root))


def test_the_projects_own_content_has_no_error(project):
    assert [str(p) for p in problems_of(project) if p.severity == "error"] == []


@pytest.mark.parametrize(
    ("file", "old", "new", "check"),
    [
        ("data/facts.yml", "facts:\n", "facts: [\n", "yaml"),
        ("data/lexicon.yml", "concepts:\n", "concepts: {\n", "yaml"),
        ("domain.yml", "intents:\n", "intents: [\n", "yaml"),
        ("data/wechat_menu.yml", "payload: /repay_how", "payload: /repay_hwo", "menu"),
        ("data/wechat_menu.yml", "title:", "titel:", "menu"),
        ("data/follow_ups.yml", "{any: overdue_legal}", "{any: overdue_leagl}", "follow_ups"),
        ("data/faq/safety.yml", "action: utter_crisis", "action: utter_cris", "rules"),
        ("data/faq/safety.yml", "    - 怎么举报你们\n", "    - 怎么举报你们13812345678\n", "personal_data"),
        ("data/faq/safety.yml", "payload: /credit_repair", "payload: /credit_repare", "buttons"),
    ],
)  # fmt: skip
def test_a_fault_anywhere_is_found_by_the_whole_run_and_names_its_check(project, file, old, new, check):
    path = project / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert any(p.check == check and p.severity == "error" and p.where.file == file for p in problems_of(project))


def test_the_checks_import_neither_rasa_nor_sklearn():
    code = (
        "import sys, finlit.content.checks; sys.exit(any(m in sys.modules for m in ('rasa', 'tensorflow', 'sklearn')))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=PROJECT_ROOT).returncode == 0


def test_the_ci_form_points_at_file_and_line(project, capsys, monkeypatch):
    from finlit.cli import validate
    from finlit.content.problems import error

    monkeypatch.setattr(checks, "problems", lambda *_: [error(Place("data/faq/x.yml", 7), "100% 错\n两行")])
    assert validate.execute(arguments("--ci")) == 1
    assert "::error file=data/faq/x.yml,line=7,title=::100%25 错%0A两行" in capsys.readouterr().out


def arguments(*given):
    from finlit.cli import validate

    parser = argparse.ArgumentParser()
    validate.add_arguments(parser)
    return parser.parse_args(given)


@pytest.mark.parametrize("form", [(), ("--ci",)])
def test_a_long_list_of_warnings_is_short_to_read_and_leaves_no_error_out(form, project, capsys, monkeypatch):
    from finlit.cli import validate
    from finlit.content.problems import Problem

    found = [
        *(Problem("warning", Place("data/faq/x.yml", line), f"像{line:03}", "lookalikes") for line in range(40)),
        *(Problem("error", Place("data/faq/y.yml", line), f"错{line:03}，请改。", "figures") for line in range(40)),
        Problem("warning", Place("data/faq/z.yml", 9), "雷同009", "too_uniform"),
    ]
    monkeypatch.setattr(checks, "problems", lambda *_: found)

    def lines(*more):
        assert validate.execute(arguments(*form, *more)) == 1
        return capsys.readouterr().out.splitlines()

    said = lines()
    assert all(any(f"错{line:03}，请改。" in row and "data/faq/y.yml" in row for row in said) for line in range(40))
    assert [row[-5:][-4:] for row in said if "像0" in row and "lookalikes：" not in row] == ["像000", "像001", "像002"]
    assert any("雷同009" in row for row in said), "each kind is shown"
    assert any("lookalikes：40 个提醒" in row and "--all" in row for row in said)
    assert not any("too_uniform：" in row for row in said), "nothing of it is left out"
    assert "40 个错误，41 个提醒" in said[-1]
    assert sum("像0" in row for row in lines("--all")) == 40


def test_files_are_read_from_the_given_root_only(tmp_path):
    found = problems_of(tmp_path)
    assert {p.where.file for p in found if p.check == "yaml"} >= {"domain.yml", "data/facts.yml"}
    assert Path(tmp_path).exists()
