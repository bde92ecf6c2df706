"""An edited answer is tried on the conversations that it touches, not on whole files."""

from xml.etree import ElementTree

from finlit.console import touched
from finlit.conversations import junit

TOPIC = """responses:
  utter_fee_waiver:
  - text: 能申请。
  utter_fee_dispute:
  - text: 能查。
"""
TALKS = """对话:
- 标题: 求减免
  过程:
  - 说: 能不能减免罚息
    包含: 能申请
- 标题: 问依据
  过程:
  - 说: 多扣钱了
    答案: utter_fee_dispute
- 标题: 打招呼
  过程:
  - 说: 你好
"""


def folder_with(tmp_path, **talks):
    (tmp_path / "data/faq").mkdir(parents=True)
    (tmp_path / "data/faq/fees.yml").write_text(TOPIC, "utf-8")
    (tmp_path / "tests/conversations").mkdir(parents=True)
    for name, text in talks.items():
        (tmp_path / f"tests/conversations/test_{name}.yml").write_text(text, "utf-8")
    return tmp_path


FILE = "tests/conversations/test_talks.yml"


def test_a_conversation_is_touched_when_it_was_given_the_answer_or_names_it(tmp_path):
    folder = folder_with(tmp_path, talks=TALKS)
    said = {"求减免": ["utter_fee_waiver"], "打招呼": ["utter_greet"]}
    assert touched.by(folder, {"utter_fee_waiver"}, ["data/faq/fees.yml"], said) == [f"{FILE}:2"]
    assert touched.by(folder, {"utter_fee_dispute"}, [], said) == [f"{FILE}:6"]
    assert touched.by(folder, {"utter_greet"}, [], said) == [f"{FILE}:10"]


def test_without_a_known_one_the_file_beside_the_edit_is_played(tmp_path):
    folder = folder_with(tmp_path, talks=TALKS, fees="对话: [\n")
    assert touched.by(folder, {"utter_fee_waiver"}, [], {}) == ["tests/conversations/test_fees.yml"]
    assert touched.by(folder, {"utter_other"}, [], {}) == []


def test_what_all_conversations_were_given_comes_back_from_their_report(tmp_path):
    case = ElementTree.fromstring(
        f'<testcase name="x"><properties><property name="{junit.SAID}" value="utter_a utter_b/c"/></properties></testcase>'
    )
    assert touched.answers_in(case) == ["utter_a", "utter_b/c"]
    assert touched.answers_in(ElementTree.fromstring("<testcase/>")) == []
    assert touched.remembered(tmp_path) == {}
    touched.remember(tmp_path, {"求减免": ["utter_a"]})
    assert touched.remembered(tmp_path) == {"求减免": ["utter_a"]}
