"""Conversations over the wire: a real server, its web channel, and WeChat's signed and encrypted messages."""

import pytest

from finlit import settings
from finlit.channels.wechat_double import WeChatDouble
from finlit.conversations import live, live_wechat, names, reading, terminal
from finlit.conversations.live_web import Unreachable
from finlit.conversations.model import SAY
from tests import wechat
from tests.integration.running_server import Running

SUITE = """
对话:
- 标题: 网页上点按钮
  过程:
  - 说: 你好
    意图: greet
    答案: utter_greet
  - 点: 算算罚息
    答案: utter_fee_penalty_calculate_ask_amount
  - 说: 一万块逾期10天
  - 说: 年利率18%
    包含: "¥64.11–¥75.00"
    槽: {fee_penalty_calculate_days: 10}
- 标题: 微信里点编号、长回答读到底
  渠道: 微信
  过程:
  - 说: 你好
    按钮: 算算罚息
    答案: utter_greet
  - 点: 算算罚息
    包含: 多少
  - 说: 一万块逾期10天
  - 说: 年利率18%
    包含: "¥64.11–¥75.00"
    没有按钮: 不存在的
- 标题: 微信里错的期望
  渠道: 微信
  过程:
  - 说: 我不想活了
    包含: ["12356", 一句没有的话]
  - 点: 没有的按钮
- 标题: 微信里关注、点菜单、发图片
  渠道: 微信
  过程:
  - 发: 关注
    按钮: 罚息怎么算
  - 菜单: 怎么还款
    包含: 还款
  - 发: 图片
    包含: 图片我看不了
- 标题: 网页上错的期望
  过程:
  - 说: 我不想活了
    答案: utter_greet
- 标题: 时间和验证码到不了服务器
  过程:
  - 说: 你好
  - 过: 16 分钟
  - 说: "{验证码}"
    包含: 不会演到的
- 标题: 核验过的客户
  客户: late-20
  过程: [{说: 我现在欠多少}]
- 标题: 别的日子
  时间: 2026-12-01
  过程: [{说: 你好}]
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with WeChatDouble("wx0123456789abcdef", wechat.environment()["WECHAT_APP_SECRET"]) as double:
        started = Running(tmp_path_factory.mktemp("live"), double.url).wait_until_up()
        yield started
        started.stop()


@pytest.fixture
def conversations(tmp_path):
    path = tmp_path / "test_live.yml"
    path.write_text(SUITE, encoding="utf-8")
    found, problems = reading.read([path], names.load(settings.load()), settings.load())
    assert problems == []
    return found


def served(running, channel_is_on=True):
    url = f"http://127.0.0.1:{running.port}"
    said = names.load(settings.load()).answers
    return live.Server(url, live_wechat.Wire(running.config, url, wechat.now, said) if channel_is_on else None)


def red(results):
    return {
        result.conversation.title: [failure.word for each in result.played for failure in each.failures]
        for result in results
        if not result.passed
    }


def test_right_expectations_hold_and_wrong_ones_turn_red_on_both_channels(running, conversations):
    results = live.play_all(conversations, served(running))
    assert [result.trouble for result in results] == [None] * len(results)
    assert red(results) == {"微信里错的期望": ["包含", "点"], "网页上错的期望": ["答案"]}


def test_what_a_server_cannot_show_is_skipped_by_name_and_counted(running, conversations):
    summary = terminal.summary(live.play_all(conversations, served(running)), 1.0)
    (line,) = [line for line in summary.splitlines() if "跳过" in line]
    for told in ("意图 1 处", "槽 1 处", "答案 1 处", f"{live.CLOCK} 2 处", "已核验的客户 1 处", "指定的时间 1 处"):
        assert told in line, line
    without = terminal.summary(live.play_all(conversations, served(running, channel_is_on=False)), 1.0)
    assert f"{live.NO_WECHAT} 3 处" in without


def test_an_answer_that_comes_in_parts_is_read_to_its_end(running):
    said = names.load(settings.load()).answers
    wire = live_wechat.Wire(running.config, f"http://127.0.0.1:{running.port}", wechat.now, said)
    parts = iter(["第一段。\n\n回复「1」继续看。", "我还在查，请稍等几秒，再回复「1」看回答。", "第二段。"])
    asked = []
    wire._delivered = lambda openid, kind, text: asked.append(text) or next(parts)
    wire_text = wire.say("oLong", SAY, "长的")
    assert wire_text == "第一段。\n第二段。" and asked == ["长的", "1", "1"]


def test_a_wrong_key_is_said_so(running, conversations):
    url = f"http://127.0.0.1:{running.port}"
    other = wechat.config(WECHAT_TOKEN="AnotherTokenOfAnother")
    wire = live_wechat.Wire(other, url, wechat.now, names.load(settings.load()).answers)
    result = live.play(conversations[1], live.Server(url, wire))
    assert not result.passed and "WECHAT_" in result.trouble


def test_no_server_is_said_so(conversations):
    with pytest.raises(Unreachable, match="连不上"):
        live.play_all(conversations, live.Server("http://127.0.0.1:9", None))
