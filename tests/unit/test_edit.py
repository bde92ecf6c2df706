"""An edit changes the lines concerned and nothing else; a save without edit changes no byte."""

import difflib
import os
import signal
import subprocess
import sys
from datetime import date

import pytest
import yaml

from finlit.content import edit, files, intents, topics, yaml_text
from finlit.content.yaml_text import CannotEdit
from finlit.settings import PROJECT_ROOT

DATA = PROJECT_ROOT / "data"
TOPICS = [path.relative_to(PROJECT_ROOT).as_posix() for path in topics.topic_files(DATA)]
CONTENT = sorted([*TOPICS, *(path.relative_to(PROJECT_ROOT).as_posix() for path in DATA.glob("*.yml"))])


def text_of(file):
    return (PROJECT_ROOT / file).read_bytes().decode()


def changed_lines(before, after):
    """Return (removed, added) lines."""
    steps = list(difflib.ndiff(before.split("\n"), after.split("\n")))
    return [s[2:] for s in steps if s[0] == "-"], [s[2:] for s in steps if s[0] == "+"]


@pytest.mark.parametrize("file", TOPICS)
def test_saving_every_answer_and_example_as_it_is_changes_no_byte(file):
    text = text_of(file)
    document = yaml.load(text, Loader=topics.Loader)
    for name, variants in document["responses"].items():
        body = variants[0]
        saved = edit.set_answer(
            text, name, answer=body["text"], buttons=body.get("buttons") or [],
            question=(body.get("metadata") or {}).get("question"),
            reviewed=date.fromisoformat(body["metadata"]["reviewed"]) if (body.get("metadata") or {}).get("reviewed") else None,
        )  # fmt: skip
        assert saved == text, name
    for item in document.get("nlu") or ():
        sentences = edit.sentences_of(text, item["intent"])
        assert edit.add_examples(text, item["intent"], sentences) == text
        assert edit.replace_example(text, item["intent"], sentences[0], sentences[0]) == text


@pytest.mark.parametrize("file", CONTENT)
def test_writing_every_value_of_every_content_file_back_changes_no_byte(file):
    text = text_of(file)

    def walk(value, path):
        if isinstance(value, dict):
            for key, inner in value.items():
                walk(inner, [*path, str(key)])
        elif isinstance(value, list) and all(isinstance(item, str) for item in value) and value:
            assert yaml_text.set_items(text, path, value) == text
        elif isinstance(value, str) and path and isinstance(path[-1], str) and "examples" not in path:
            seen.append(path)

    seen = []
    walk(yaml.load(text, Loader=topics.Loader), [])
    for path in seen[:: max(1, len(seen) // 40)]:
        assert yaml_text.set_text(text, path, yaml_text.value_at(text, path)) == text, path


@pytest.mark.parametrize("file", TOPICS)
def test_a_changed_answer_changes_only_its_line(file):
    text = text_of(file)
    name, variants = next(iter(yaml.load(text, Loader=topics.Loader)["responses"].items()))
    lines = variants[0]["text"].split("\n")
    lines[-1] += "（改）"
    removed, added = changed_lines(text, edit.set_answer(text, name, answer="\n".join(lines)))
    assert len(removed) == len(added) == 1 and added[0] == removed[0].replace(
        removed[0].rstrip("'\""), removed[0].rstrip("'\"") + "（改）"
    )


TOPIC = """\
# 主题
version: "3.1"

nlu:
- intent: fee_penalty # 罚息
  examples: |
    - 罚息怎么算的
    - 晚还了要罚多少

    - 一天罚几块
- intent: fee_other
  examples: |
    - 别的费用
# 规则在下面
rules:
- rule: fee_penalty
  steps:
  - intent: fee_penalty
  - action: utter_fee_penalty
- rule: fee_other
  steps:
  - intent: fee_other
  - action: utter_fee_other
responses:
  utter_fee_penalty: # 说明
  - text: |-
      罚息按天算。[CONTRACT]
      下一步：看合同。
    buttons:
    - title: 算一算
      payload: /fee_penalty_calculate # 计算器
    - title: "其他"
      payload: /fee_other
    metadata:
      question: 罚息怎么算
      reviewed: '2026-11-23'

  utter_fee_other:
  - text: '只有「一行」。[ADVICE]'
"""


def test_an_example_is_added_below_the_last_and_a_known_one_is_skipped():
    removed, added = changed_lines(
        TOPIC, edit.add_examples(TOPIC, "fee_penalty", ["一天罚几块", "罚息咋算", "罚息咋算"])
    )
    assert (removed, added) == ([], ["    - 罚息咋算"])
    assert edit.sentences_of(edit.add_examples(TOPIC, "fee_other", ["x 费"]), "fee_other") == ["别的费用", "x 费"]


def test_an_example_is_removed_or_reworded_in_its_line():
    assert changed_lines(TOPIC, edit.remove_examples(TOPIC, "fee_penalty", ["晚还了要罚多少"])) == (
        ["    - 晚还了要罚多少"],
        [],
    )
    reworded = edit.replace_example(TOPIC, "fee_penalty", "一天罚几块", "一天罚几块钱")
    assert changed_lines(TOPIC, reworded) == (["    - 一天罚几块"], ["    - 一天罚几块钱"])
    with pytest.raises(CannotEdit, match="已经没有"):
        edit.remove_examples(TOPIC, "fee_penalty", ["没有这句"])


def test_quoting_comments_and_order_stay_when_parts_of_an_answer_change():
    buttons = [{"title": "算一下", "payload": "/fee_penalty_calculate"}, {"title": "其他", "payload": "/fee_other"}]
    new = edit.set_answer(TOPIC, "utter_fee_penalty", buttons=buttons, question="罚息咋算", reviewed=date(2026, 11, 24))
    removed, added = changed_lines(TOPIC, new)
    assert added == ["    - title: 算一下", "      question: 罚息咋算", "      reviewed: '2026-11-24'"]
    assert len(removed) == 3 and "payload: /fee_penalty_calculate # 计算器" in new


def test_buttons_are_added_dropped_and_made_where_none_were():
    one = [{"title": "算一算", "payload": "/fee_penalty_calculate"}]
    three = [*one, {"title": "其他", "payload": "/fee_other"}, {"title": "转人工: 现在", "payload": "/human_handoff"}]
    for name, wanted in (
        ("utter_fee_penalty", one),
        ("utter_fee_penalty", three),
        ("utter_fee_other", three),
        ("utter_fee_penalty", []),
    ):
        new = edit.set_answer(TOPIC, name, buttons=wanted)
        assert (yaml_text.value_at(new, ["responses", name, 0]).get("buttons") or []) == wanted
    with pytest.raises(CannotEdit):
        edit.set_answer(TOPIC, "utter_fee_other", buttons=[{"title": "x", "payload": "没有斜线"}])


@pytest.mark.parametrize(
    "answer", ["第一行。[ADVICE]\n第二行: 有冒号 # 和井号", "引号「'」和\"。", "- 像列表", "它's", "1"]
)
def test_any_answer_reads_back_as_it_was_typed(answer):
    for name in ("utter_fee_penalty", "utter_fee_other"):
        new = edit.set_answer(TOPIC, name, answer=answer)
        assert yaml_text.value_at(new, ["responses", name, 0, "text"]) == answer
        assert edit.set_answer(new, name, answer=answer) == new


def test_metadata_is_made_where_none_was():
    new = edit.set_answer(TOPIC, "utter_fee_other", question="别的", reviewed=date(2026, 11, 24))
    assert yaml_text.value_at(new, ["responses", "utter_fee_other", 0, "metadata"]) == {
        "question": "别的",
        "reviewed": "2026-11-24",
    }


def test_a_word_list_changes_in_its_own_line_and_keeps_its_quotes():
    text = 'concepts: # 概念\n  甲: [一, "二", 三]\n  乙: [四]\n'
    assert yaml_text.set_items(text, ["concepts", "甲"], ["一", "二", "五, 六", "三"]) == (
        "concepts: # 概念\n  甲: [一, \"二\", '五, 六', 三]\n  乙: [四]\n"
    )
    block = "signs:\n  # 直白\n  - a|b\n  - c\nend: 1\n"
    assert yaml_text.set_items(block, ["signs"], ["a|b", "x(y)?", "c"]) == block.replace(
        "  - c\n", "  - x(y)?\n  - c\n"
    )


def test_a_broken_file_is_named_not_made_worse():
    with pytest.raises(CannotEdit, match="第 3 行"):
        edit.add_examples("nlu:\n- intent: [\n", "x", ["y"])


FILES = {
    "data/faq/fees.yml": TOPIC,
    "data/follow_ups.yml": "figure: {fee_other: fee_penalty}\n",
    "tests/nlu/heldout.tsv": "text\tintent\n别的呢\tfee_other\n",
    "domain.yml": "intents:\n# fees\n- fee_penalty\n- fee_other\n- greet\n",
}  # fmt: skip


def test_a_new_intent_has_examples_rule_and_answer_and_stands_beside_its_neighbours():
    new = intents.create(
        FILES, "data/faq/fees.yml", "fee_late_notice", "晚还会不会通知", ["晚还通知我吗"], date(2026, 11, 24)
    )
    assert new["domain.yml"].split("\n")[3:5] == ["- fee_other", "- fee_late_notice"]
    removed, _ = changed_lines(TOPIC, new["data/faq/fees.yml"])
    assert removed == []
    document = yaml.safe_load(new["data/faq/fees.yml"])
    assert document["rules"][-1]["steps"] == [{"intent": "fee_late_notice"}, {"action": "utter_fee_late_notice"}]
    assert document["nlu"][-1]["examples"] == "- 晚还通知我吗\n"
    with pytest.raises(CannotEdit, match="已经有"):
        intents.create(FILES, "data/faq/fees.yml", "fee_other", "x", [], date(2026, 11, 24))


def test_a_rename_reaches_every_file_and_only_whole_names():
    new = intents.rename(FILES, "fee_other", "fee_misc", None)
    assert set(new) == set(FILES)
    assert "fee_other" not in "".join(new.values()) and "utter_fee_misc" in new["data/faq/fees.yml"]
    assert "fee_penalty_calculate" in intents.rename(FILES, "fee_penalty", "fee_fine", None)["data/faq/fees.yml"]
    with pytest.raises(CannotEdit, match="开发"):
        intents.rename(FILES, "fee_other", "fee_misc", "finlit/x.py")


def test_a_merge_moves_the_sentences_and_leaves_no_trace():
    new = intents.merge(FILES, "fee_other", "fee_penalty", None)
    document = yaml.safe_load(new["data/faq/fees.yml"])
    assert [item["intent"] for item in document["nlu"]] == ["fee_penalty"]
    assert "- 别的费用" in document["nlu"][0]["examples"]
    assert list(document["responses"]) == ["utter_fee_penalty"] and len(document["rules"]) == 1
    assert "fee_other" not in "".join(new.values())
    assert new["tests/nlu/heldout.tsv"] == "text\tintent\n别的呢\tfee_penalty\n"


def test_code_that_knows_an_intent_is_found():
    assert intents.known_to_code(PROJECT_ROOT, "crisis")
    assert intents.known_to_code(PROJECT_ROOT, "overdue_impact_on_industry") is None


def test_a_file_that_somebody_else_changed_is_not_overwritten(tmp_path):
    path = tmp_path / "x.yml"
    path.write_bytes("a: 1\r\nb: 二".encode())
    text, version = files.read(path)
    assert files.write(path, text, version) == version
    path.write_text("a: 2\n")
    with pytest.raises(files.ChangedMeanwhile):
        files.write(path, "a: 3\n", version)
    assert path.read_text() == "a: 2\n"


SAVER = """
import sys; from pathlib import Path; from finlit.content import files
path, big = Path(sys.argv[1]), ["%d\\n" % n * 200000 for n in (1, 2)]
print("ready", flush=True)
while True:
    for text in big: files.write(path, text)
"""


def test_kill_9_in_the_middle_of_a_save_leaves_the_old_or_the_new_file_whole(tmp_path):
    path = tmp_path / "x.yml"
    path.write_text("1\n" * 200000)
    for moment in (0.01, 0.03, 0.06):
        process = subprocess.Popen([sys.executable, "-c", SAVER, str(path)], cwd=PROJECT_ROOT, stdout=subprocess.PIPE)
        process.stdout.readline()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(moment)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        lines = path.read_text().split("\n")
        assert len(lines) == 200001 and len(set(lines[:-1])) == 1
