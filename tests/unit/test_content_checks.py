"""Each check is shown firing on a small broken content, at the right line."""

from datetime import date
from pathlib import Path

import pytest

from finlit.content import answer_checks, crisis_checks, facts, question_checks, topics
from finlit.content.topics import Place

TODAY = date(2026, 11, 23)
REGISTRY = facts.parse(
    {
        "facts": {
            "F-FEE-02": {"title": "x", "statement": "加收 30%–50%", "cite": "银发〔2003〕251 号"},
            "F-OLD-01": {"title": "x", "statement": "两次免费", "cite": "通知", "until": "2026-06-30"},
            "F-SOON-01": {"title": "x", "statement": "贴息", "cite": "通知", "until": "2026-12-10"},
            "F-LOW-01": {"title": "x", "statement": "电话", "cite": "网文", "confidence": "low"},
            "CONTRACT": {"title": "x", "statement": "看合同", "cite": "合同"},
        },
        "forbidden": [{"pattern": "三天内不上征信", "why": "没有法定宽限期", "fact": "F-CREDIT-09"}],
    }
)
GOOD = """\
nlu:
- intent: fee_penalty
  examples: |
    - 罚息怎么算的
    - 晚还了要罚多少
rules:
- rule: fee_penalty
  steps:
  - intent: fee_penalty
  - action: utter_fee_penalty
responses:
  utter_fee_penalty:
  - text: |-
      罚息按天算。[CONTRACT]
      · 一般加收 30%–50%。[F-FEE-02]
      下一步：看合同。
    buttons:
    - title: 算一算
      payload: /fee_penalty_calculate
    metadata:
      question: 罚息怎么算
      reviewed: "2026-11-23"
"""
INTENTS = frozenset({"fee_penalty", "fee_penalty_calculate"})
KNOWLEDGE = frozenset({"fee_penalty"})


def read(tmp_path: Path, text: str):
    (tmp_path / "data" / "faq").mkdir(parents=True, exist_ok=True)
    (tmp_path / "data" / "faq" / "fees.yml").write_text(text, encoding="utf-8")
    return topics.read(tmp_path / "data")


def answer_problems(content):
    return [
        *answer_checks.sources(content, REGISTRY, TODAY),
        *answer_checks.figures(content, REGISTRY),
        *answer_checks.forbidden(content, REGISTRY),
        *answer_checks.cited(content, KNOWLEDGE),
        *answer_checks.reviews(content, KNOWLEDGE, TODAY),
        *answer_checks.form(content, REGISTRY, TODAY),
        *answer_checks.buttons(content, INTENTS),
    ]


def test_good_content_has_no_problem(tmp_path):
    content = read(tmp_path, GOOD)
    assert answer_problems(content) == []
    assert [example.where.line for example in content.examples] == [4, 5]


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("[F-FEE-02]", "[F-FEE-99]", 15, "没有事实 F-FEE-99"),
        ("[F-FEE-02]", "[F-OLD-01]", 15, "已于 2026-06-30 到期"),
        ("[F-FEE-02]", "[F-SOON-01]", 15, "将于 2026-12-10 到期"),
        ("[F-FEE-02]", "[F-LOW-01]", 15, "置信低"),
        ("30%–50%", "30%–60%", 15, "「60」不在这一行所引的事实里"),
        ("按天算", "按 7 天算", 14, "「7」不在"),
        ("按天算", "三天内不上征信", 14, "没有法定宽限期"),
        ("按天算。[CONTRACT]", "按天算。", 14, "没有出处"),
        ("question: 罚息怎么算", "ask: 罚息怎么算", 12, "缺 metadata.question"),
        ('reviewed: "2026-11-23"', 'reviewed: "2025-11-01"', 12, "已超过一年"),
        ('reviewed: "2026-11-23"', 'reviewed: "2025-12-10"', 12, "30 天内满一年"),
        ('reviewed: "2026-11-23"', 'reviewed: "去年"', 12, "缺复核日期"),
        ("/fee_penalty_calculate", "/fee_nothing", 12, "没有的意图 fee_nothing"),
        ("/fee_penalty_calculate", "/fee_penalty", 12, "指回自己"),
        ("下一步：看合同。", "\n      ".join(f"· 第点{i}。[CONTRACT]" for i in "甲乙丙丁"), 12, "5 个要点"),
        ("按天算", "按天算" * 400, 12, "字节"),
    ],
)  # fmt: skip
def test_a_fault_in_an_answer_is_named_with_its_line(tmp_path, old, new, line, says):
    problems = answer_problems(read(tmp_path, GOOD.replace(old, new, 1)))
    assert any(says in problem.message and problem.where == Place("data/faq/fees.yml", line) for problem in problems), (
        problems
    )


def test_a_missing_answer_or_rule_is_named(tmp_path):
    content = read(tmp_path, GOOD)
    messages = [p.message for p in answer_checks.answered(content, INTENTS, frozenset(), Place("domain.yml", 1))]
    assert any("fee_penalty_calculate 没有答案" in message for message in messages)
    assert any("fee_penalty_calculate 没有规则" in message for message in messages)
    assert not any(message.startswith("意图 fee_penalty 没有") for message in messages)


def test_the_same_sentence_under_two_intents_is_an_error_whatever_its_punctuation(tmp_path):
    other = "- intent: fee_penalty_calculate\n  examples: |\n    - 罚息，怎么算的？\nrules:\n"
    problems = list(question_checks.duplicates(read(tmp_path, GOOD.replace("rules:\n", other, 1))))
    assert [(p.severity, p.where.line) for p in problems] == [("error", 8)]


def test_an_unknown_intent_is_named(tmp_path):
    content = read(tmp_path, GOOD.replace("intent: fee_penalty\n  ex", "intent: fee_penalti\n  ex", 1))
    assert "fee_penalti" in next(question_checks.unknown_intents(content, INTENTS)).message


def test_too_few_sentences_are_counted(tmp_path):
    problems = list(question_checks.too_few(read(tmp_path, GOOD), ["fee_penalty"], Place("domain.yml", 1)))
    assert "只有 2 句，至少要 60 句" in problems[0].message


def test_a_sentence_from_a_measuring_set_is_an_error_even_with_a_word_changed(tmp_path):
    content = read(tmp_path, GOOD.replace("晚还了要罚多少", "请问花呗逾期之后会被冻结多久啊"))
    problems = list(question_checks.copied(content, {"held.tsv": ["花呗逾期之后会被冻结吗"]}))
    assert [p.where.line for p in problems] == [5]
    assert not list(question_checks.copied(content, {"held.tsv": ["逾期会冻结"]}))


def test_personal_data_and_entity_marks_in_sentences_are_errors(tmp_path):
    content = read(
        tmp_path, GOOD.replace("晚还了要罚多少", "我手机13812345678").replace("罚息怎么算的", "[五百](amount)罚多少")
    )
    assert [p.where.line for p in question_checks.personal_data(content)] == [5]
    assert [p.where.line for p in question_checks.entity_marks(content)] == [4]


def test_template_sentences_are_more_uniform_than_lively_ones(tmp_path):
    same = [f"    - {name}逾期一天会不会上征信" for name in ("花呗", "借呗", "白条", "金条", "微粒贷")]
    lively = [
        "    - 晚还一天记不记",
        "    - 拖两天征信上看得到吗",
        "    - 征信多久报一次",
        "    - 央行那边查得到我吗",
        "    - 会留案底不",
    ]
    uniform = read(tmp_path, GOOD.replace("    - 罚息怎么算的\n    - 晚还了要罚多少", "\n".join(same)))
    varied = read(tmp_path, GOOD.replace("    - 罚息怎么算的\n    - 晚还了要罚多少", "\n".join(lively)))
    assert question_checks.uniformity(uniform.examples) > 0.5 > 0.2 > question_checks.uniformity(varied.examples)


def test_broken_yaml_is_reported_with_its_line_not_raised(tmp_path):
    content = read(tmp_path, GOOD.replace("  steps:", "  steps: [", 1))
    ((place, _),) = content.unreadable
    assert place.file == "data/faq/fees.yml" and place.line >= 8


def test_a_sentence_can_not_be_both_danger_and_none_nor_come_from_a_measuring_set(tmp_path):
    (tmp_path / "data" / "crisis").mkdir(parents=True)
    (tmp_path / "data/crisis/crisis.txt").write_text(
        "# 说明\n不想醒来了\n我先走了，别找我，猫托付给你\n", encoding="utf-8"
    )
    (tmp_path / "data/crisis/calm.txt").write_text("不想醒来了。\n打 13812345678 找我\n", encoding="utf-8")
    problems = list(crisis_checks.lines(tmp_path, {"unseen": ["今晚我先走了，别找我，猫托付给你"]}))
    assert [(p.where.file[-10:], p.where.line) for p in problems] == [
        ("s/calm.txt", 1), ("s/calm.txt", 2), ("crisis.txt", 3)]  # fmt: skip
