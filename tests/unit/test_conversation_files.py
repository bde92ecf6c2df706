"""What a conversation file may say, and how a slip in it is named: file, line, nearest right word."""

from datetime import timedelta

import pytest

from finlit import settings
from finlit.conversations import names, reading
from finlit.conversations.checks import Row
from finlit.conversations.model import MENU, SEND, TAP, WAIT, WECHAT


@pytest.fixture(scope="module")
def known():
    return names.load(settings.load())


@pytest.fixture
def read(tmp_path, known):
    def read(text):
        path = tmp_path / "test_some.yml"
        path.write_text(text, encoding="utf-8")
        found, problems = reading.read([path], known, settings.load())
        return found, [(problem.where.line, problem.message) for problem in problems]

    return read


GOOD = """
对话:
- 标题: 全都写上
  客户: late-20
  时间: 2026-12-01 08:30
  渠道: 微信
  过程:
  - 说: 还
    重复: 3
    意图: greet
    判断: 直接答
    答案: [utter_greet, utter_help]
    包含: ["¥5,314.11", 逾期 20 天]
    匹配: 共 \\d+ 期
    按钮: 转人工
    出处: F-FEE-02
    槽: {fee_penalty_calculate_days: 10, fee_penalty_calculate_rate: }
    表单: 无
    表格: 有
    数据库:
      表: staff_alerts
      条件: {conversation: 本对话}
      值: {kind: crisis}
      行数: 1
  - 过: 16 分钟
    没有回复: 是
  - 点: 转人工
  - 菜单: 怎么还款
  - 发: 图片
"""


def test_everything_that_can_be_written_is_read(read):
    (conversation,), problems = read(GOOD)
    assert not problems
    assert (conversation.customer, conversation.channel) == ("late-20", WECHAT)
    assert f"{conversation.now:%Y-%m-%d %H:%M}" == "2026-12-01 08:30"
    said, waited, tapped, menu, sent = conversation.turns
    assert [(menu.kind, menu.text), (sent.kind, sent.text)] == [(MENU, "怎么还款"), (SEND, "图片")]
    assert said.text == "还还还"
    assert (waited.kind, waited.wait) == (WAIT, timedelta(minutes=16))
    assert (tapped.kind, tapped.text) == (TAP, "转人工")
    wanted = {check.word: check.wanted for check in said.checks}
    assert wanted["包含"] == ["¥5,314.11", "逾期 20 天"]
    assert wanted["槽"] == {"fee_penalty_calculate_days": "10", "fee_penalty_calculate_rate": "无"}
    assert wanted["数据库"] == [Row("staff_alerts", {"conversation": "本对话"}, {"kind": "crisis"}, 1)]
    assert {check.word: check.where.line for check in said.checks}["答案"] == 12


@pytest.mark.parametrize(
    ("written", "instead", "line", "told"),
    [
        ("意图: greet", "意图: great", 10, "没有意图 great，是不是「greet」"),
        ("客户: late-20", "客户: late20", 4, "没有演示客户 late20，是不是「late-20」"),
        ("utter_help", "utter_hepl", 12, "没有答案 utter_hepl，是不是「utter_help」"),
        (
            "fee_penalty_calculate_days",
            "fee_penalty_calculate_day",
            17,
            "不能写「fee_penalty_calculate_day」，是不是「fee_penalty_calculate_days」",
        ),
        ("staff_alerts", "staff_alert", 21, "没有表 staff_alert，是不是「staff_alerts」"),
        ("{kind: crisis}", "{kid: crisis}", 23, "不能写「kid」，是不是「kind」"),
        ("F-FEE-02", "F-FEE-2", 16, "没有事实 F-FEE-2，是不是「F-FEE-"),
        ("包含:", "包函:", 13, "不能写「包函」，是不是「包含」"),
        ("意图: greet", "intent: greet", 10, "不能写「intent」，是不是「意图」"),
        ("标题:", "题目:", 3, "不能写「题目」，是不是「标题」"),
        ("渠道: 微信", "渠道: 短信", 6, "没有渠道「短信」"),
        ("判断: 直接答", "判断: 直答", 11, "没有判断 直答，是不是「直接答」"),
        ("过: 16 分钟", "过: 十六分钟", 25, "请写成「过: 16 分钟」"),
        ("2026-12-01 08:30", "2026-13-01 08:30", 5, "请写成 2026-11-23 10:00"),
        ('"¥5,314.11"', "¥5,314.11", 13, '请加引号："¥5,314.11"'),
        ("共 \\d+ 期", "共 [\\d+ 期", 14, "不是正则表达式"),
        ("意图: greet", "意图：greet", 10, "全角"),
        ("  - 点: 转人工", "  - 点: 转人工\n    说: 好", 27, "恰好写一个"),
        ("菜单: 怎么还款", "菜单: 怎么还钱", 28, "没有菜单项 怎么还钱，是不是「怎么还款」"),
        ("发: 图片", "发: 照片", 29, "没有这种消息 照片，是不是「图片」"),
        ("渠道: 微信", "渠道: 网页", 28, "「菜单」只有微信里有"),
        ("表单: 无", "表单: hardship_form", 18, "没有表单 hardship_form"),
        ("重复: 3", "重复: 三", 9, "应是 0 到"),
        ("没有回复: 是", "没有回复: 对", 26, "后面写「是」"),
        ("包含: [", "包含: [有, ", 13, "就不要再列别的"),
        ("行数: 1", "行数: 一", 24, "应是 0 到"),
        ("      行数: 1\n", "      行次: 1\n", 24, "不能写「行次」，是不是「行数」"),
        ("按钮: 转人工", "按扭: 转人工", 15, "不能写「按扭」，是不是「按钮」"),
        ("- 标题: 全都写上", "- 标题:", 3, "标题是空的"),
        ("意图: greet", "意图: greet\n    意图: help", 11, "写了两次"),
        ("- 说: 还", "- 说:", 8, '说: ""'),
        ("  渠道: 微信", " 渠道: 微信", 6, "读不了"),
        ("  过程:", "  过程: 好", 8, "读不了"),
    ],
)
def test_a_slip_is_named_with_its_line_and_the_nearest_right_word(read, written, instead, line, told):
    assert GOOD.count(written) >= 1
    found, problems = read(GOOD.replace(written, instead, 1))
    assert found == [] and len(problems) == 1, problems
    assert problems[0][0] == line and told in problems[0][1], problems


def test_one_broken_conversation_does_not_hide_the_others_nor_their_faults(read):
    found, problems = read(
        "对话:\n- 标题: 甲\n  过程:\n  - 说: 好\n    意图: grett\n- 标题: 乙\n  过程:\n  - 说: 好\n"
        "- 标题: 丙\n  过程:\n  - 书: 好\n"
    )
    assert [each.title for each in found] == ["乙"]
    assert [line for line, _ in problems] == [5, 11]


def test_a_title_stands_once(read):
    found, problems = read("对话:\n- {标题: 甲, 过程: [{说: 好}]}\n- {标题: 甲, 过程: [{说: 好}]}\n")
    assert problems == [(3, problems[0][1])] and "已经用在" in problems[0][1]


def test_a_file_that_is_not_utf8_or_has_another_top_word_is_named(tmp_path, known, read):
    assert "可以写：对话" in read("conversations:\n- 标题: 甲\n")[1][0][1]
    path = tmp_path / "test_gbk.yml"
    path.write_bytes("对话:\n- 标题: 甲\n".encode("gbk"))
    assert "UTF-8" in reading.read([path], known, settings.load())[1][0].message


def test_the_project_s_own_conversation_files_have_no_faults(known):
    current = settings.load()
    found, problems = reading.read(reading.conversation_files(current), known, current)
    assert found and problems == []
