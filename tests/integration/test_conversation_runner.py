"""The runner itself: a thing that is broken on purpose turns exactly the right conversations red."""

import asyncio
import json
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timezone
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from rasa_sdk.events import SlotSet

from finlit import fees, settings
from finlit.conversations import (
    coverage,
    from_tracker,
    html_report,
    junit,
    names,
    playing,
    reading,
    recording,
    running,
    terminal,
    world,
    writing,
)
from finlit.conversations.model import TAP, WAIT, WECHAT
from finlit.db import conversation_events, engine, tables

SUITE = """
对话:
- 标题: 问征信
  过程:
  - 说: 逾期一天会上征信吗
    答案: utter_credit_reported
    包含: 过了约定时点就可能报
- 标题: 算罚息
  过程:
  - 说: 你好
  - 点: 算算罚息
  - 说: 一万块
    槽: {fee_penalty_calculate_amount: 10000}
  - 说: 逾期10天
    槽: {fee_penalty_calculate_days: 10}
  - 说: 年利率18%
    答案: utter_fee_penalty_calculate_result
    包含: "¥64.11–¥75.00"
- 标题: 点转人工
  过程:
  - 说: 谢谢
  - 点: 转人工
    答案: utter_human_handoff_ask_question
- 标题: 轻生
  渠道: 微信
  过程:
  - 说: 我不想活了
    意图: crisis
    数据库: {表: staff_alerts, 条件: {conversation: 本对话}, 值: {kind: crisis}, 行数: 1}
- 标题: 查欠款
  客户: late-20
  过程:
  - 说: 我现在欠多少
    答案: utter_account_status_due
    包含: "¥5,314.11"
  - 过: 31 分钟
  - 说: 我现在欠多少
    答案: utter_account_status
    不包含: "¥5,314.11"
"""


def read(text, tmp_path):
    path = tmp_path / "test_suite.yml"
    path.write_text(text, encoding="utf-8")
    found, problems = reading.read([path], names.load(settings.load()), settings.load())
    assert problems == []
    return found


@pytest.fixture
def conversations(tmp_path):
    return read(SUITE, tmp_path)


@pytest.fixture
def play(assistant):
    worlds = world.Worlds()
    yield lambda conversation: asyncio.run(playing.play(conversation, assistant, worlds))
    worlds.close()


@pytest.fixture
def red(play, conversations):
    """The titles of the conversations that fail, with the words that did not hold."""

    def red():
        results = [play(conversation) for conversation in conversations]
        assert [result.trouble for result in results] == [None] * len(results)
        return {
            result.conversation.title: [failure.word for each in result.played for failure in each.failures]
            for result in results
            if not result.passed
        }

    return red


@pytest.fixture
def response(assistant, monkeypatch):
    """Change one answer of the loaded assistant until the test ends."""

    def change(name, **changes):
        loaded = assistant.agent.processor.nlg.responses
        monkeypatch.setitem(loaded, name, [{**loaded[name][0], **changes}])

    return change


def test_nothing_is_red_while_nothing_is_broken(red):
    assert red() == {}


def test_a_broken_answer_turns_its_conversation_red(red, response):
    response("utter_credit_reported", text="不会上征信，放心。[ADVICE]")
    assert red() == {"问征信": ["包含"]}


def test_a_broken_figure_turns_its_conversation_red(red, monkeypatch):
    right = fees.estimate

    def wrong(*arguments):
        estimate = right(*arguments)
        return replace(estimate, least=replace(estimate.least, amount=estimate.least.amount + Decimal("0.01")))

    monkeypatch.setattr(fees, "estimate", wrong)
    assert red() == {"算罚息": ["包含"]}


def test_a_missing_button_turns_the_conversation_that_taps_it_red(red, response):
    response("utter_thank", buttons=[{"title": "看看还能问什么", "payload": "/help"}])
    assert red() == {"点转人工": ["点"]}


def test_a_slot_that_is_not_kept_turns_its_conversation_red(red, monkeypatch):
    def wrong(name, value=None):
        tasks = [
            {**task, "values": [[each, "11" if each == "days" else said] for each, said in task["values"]]}
            for task in value
        ]
        return SlotSet(name, tasks)

    monkeypatch.setattr("actions.guided.SlotSet", wrong)
    found = red()
    assert list(found) == ["算罚息"] and found["算罚息"][0] == "槽"


def test_an_alert_that_is_not_stored_turns_its_conversation_red(red, monkeypatch):
    monkeypatch.setattr("finlit.dialogue.alerts.raise_alert", lambda *arguments: None)
    assert red() == {"轻生": ["数据库", "数据库"]}


def test_an_action_that_breaks_does_not_stop_the_others(play, conversations, monkeypatch):
    monkeypatch.setattr("finlit.conversations.playing.verify", lambda *arguments: 1 / 0)
    result = play(conversations[0])
    assert "ZeroDivisionError" in result.trouble and not result.passed
    assert "演不下去了" in terminal.chat(result)


def test_a_failure_reads_like_a_chat_with_the_wrong_line_marked(play, tmp_path):
    (conversation,) = read(
        "对话:\n- 标题: 错的\n  过程:\n  - 说: 你好\n  - 说: 逾期一天会上征信吗\n    包含: 绝对不会\n    按钮: 没有的按钮\n",
        tmp_path,
    )
    result = play(conversation)
    chat = terminal.chat(result).splitlines()
    assert chat[0].startswith("✗ 错的") and chat[0].endswith("test_suite.yml:2")
    (marked,) = [line for line in chat if line.startswith("✗ 我：")]
    assert marked == "✗ 我：逾期一天会上征信吗  （第 5 行）"
    assert any("第 6 行  应该：包含「绝对不会」" in line for line in chat)
    assert any("判断：直接答；当成了 credit_reported（最像：credit_reported" in line for line in chat)


def test_the_html_report_shows_the_wrong_bubble_and_holds_nothing_from_outside(play, conversations, tmp_path, response):
    response("utter_credit_reported", text="<script>alert(1)</script>不会。[ADVICE]")
    results = [play(conversation) for conversation in conversations]
    page = html_report.write(tmp_path / "r.html", results, coverage.measure(results, names.load(settings.load())), 1.0)
    text = page.read_text(encoding="utf-8")
    assert text.count('class="line me wrong"') == 1 and "应该：包含「过了约定时点就可能报」" in text
    assert "<script" not in text and "http" not in text
    assert text.index("没通过的 1 段") < text.index("通过的 4 段")


def test_junit_counts_what_failed_and_carries_the_chat(play, conversations, tmp_path, response):
    response("utter_credit_reported", text="不会。\x01[ADVICE]")
    results = [play(conversation) for conversation in conversations]
    junit.write(tmp_path / "r.xml", results, 1.0)
    suite = ElementTree.parse(tmp_path / "r.xml").getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("5", "1")
    (failure,) = suite.iter("failure")
    assert any("utter_credit_reported" in each.get("value").split() for each in suite.iter("property"))
    assert "包含「过了约定时点就可能报」" in failure.get("message") and "我：逾期一天会上征信吗" in failure.text


def test_time_that_passes_moves_the_clock_of_actions_and_ends_rasa_s_session(assistant, play, tmp_path):
    (conversation,) = read(
        "对话:\n- 标题: 久\n  过程:\n  - 说: 你好\n  - 点: 算算罚息\n  - 说: 一万块\n    槽: {fee_penalty_calculate_amount: 10000}\n"
        "  - 过: 59 分钟\n  - 说: 谢谢\n    槽: {fee_penalty_calculate_amount: 10000}\n"
        "  - 过: 61 分钟\n  - 说: 谢谢\n    槽: {fee_penalty_calculate_amount: 无}\n",
        tmp_path,
    )
    assert play(conversation).passed


def test_each_conversation_has_its_own_database_and_leaves_none_behind(play, conversations):
    before = len(engine._engines)
    assert play(conversations[3]).passed and play(conversations[3]).passed  # one alert each, not two
    assert len(engine._engines) == before
    with engine.sessions(settings.load().database_url)() as session:
        assert session.query(tables.StaffAlert).filter_by(conversation=playing.sender_of(conversations[3])).count() == 0


def test_two_processes_give_the_same_results_in_the_same_order(tmp_path):
    text = "对话:\n" + "".join(
        f"- 标题: 第 {n} 段\n  过程:\n  - 说: 你好\n    答案: {'utter_greet' if n % 3 else 'utter_help'}\n"
        for n in range(12)
    )
    conversations = read(text, tmp_path)
    running.prepare()
    together, alone = running.play_all(conversations, 2), running.play_all(conversations, 1)
    assert [result.passed for result in together] == [result.passed for result in alone]
    assert [result.passed for result in together] == [bool(n % 3) for n in range(12)]
    assert [result.conversation.title for result in together] == [f"第 {n} 段" for n in range(12)]


def test_coverage_knows_what_was_said_by_name_and_as_a_part_of_another_answer(play, conversations, tmp_path):
    known = names.load(settings.load())
    measured = coverage.measure([play(conversation) for conversation in conversations], known)
    assert {"crisis", "greet", "account_status"} & measured.untouched["意图"] == set()
    assert "account_bill" in measured.untouched["意图"] and "utter_account_bill_loan" in measured.untouched["答案"]
    assert "utter_account_status_loan_overdue" not in measured.untouched["答案"]  # only ever a part
    assert "action_account_status" not in measured.untouched["动作"]
    assert "account_status" not in measured.untouched["规则"] and "account_bill" in measured.untouched["规则"]


def test_what_loses_its_conversation_is_named(play, conversations, tmp_path):
    known = names.load(settings.load())
    (tmp_path / "tests/conversations").mkdir(parents=True)
    results = [play(conversation) for conversation in conversations]
    coverage.write(coverage.measure(results, known), tmp_path)
    assert coverage.dropped(coverage.measure(results, known), tmp_path) == {}
    fewer = coverage.measure(results[1:], known)
    assert "utter_credit_reported" in coverage.dropped(fewer, tmp_path)["答案"]
    assert coverage.dropped(fewer, tmp_path)["意图"] == ["credit_reported"]
    coverage.write(fewer, tmp_path)
    assert "credit_reported" in coverage.stale(coverage.measure(results, known), tmp_path)["意图"]


def test_what_was_recorded_passes_when_it_is_played(assistant, play, tmp_path):
    with recording.recording(assistant, "late-20", WECHAT, reading.DEFAULT_NOW) as record:
        record.say("我现在欠多少")
        record.say("转人工")
        record.wait(replace(record.conversation.turns[0], kind=WAIT, text="31 分钟", wait=reading.duration("31 分钟")))
        record.say("我现在欠多少")
    path = tmp_path / "test_recorded.yml"
    path.write_text("# 手写的注释\n对话:\n- 标题: 先有的\n  过程:\n  - 说: 好\n", encoding="utf-8")
    writing.append(path, replace(record.conversation, title="录下的"))
    assert path.read_text(encoding="utf-8").startswith(
        "# 手写的注释\n对话:\n- 标题: 先有的\n  过程:\n  - 说: 好\n- 标题: 录下的\n"
    )
    found, problems = reading.read([path], names.load(settings.load()), settings.load())
    assert problems == [] and [turn.kind for turn in found[1].turns] == ["说", TAP, WAIT, "说"]
    assert (found[1].channel, found[1].customer) == (WECHAT, "late-20")
    assert play(found[1]).passed
    assert [check.wanted for check in found[1].turns[0].checks] == ["account_status", ["utter_account_status_due"]]


def stored(url, events):
    target = engine.engine_for(url)
    conversation_events.create(target)
    rows = [conversation_events.Event(each["event"], each.get("timestamp", 0.0), json.dumps(each)) for each in events]
    if rows:
        with target.begin() as connection:
            conversation_events.append(connection, "web-1", 0, rows, None)


def user(text, at, intent, **decision):
    moment = datetime(2026, 11, 20, 2, at, tzinfo=timezone.utc).timestamp()
    data = {"intent": {"name": intent}, "decision": decision}
    return {"event": "user", "text": text, "timestamp": moment, "input_channel": "wechat", "parse_data": data}


def bot(answer, *titles):
    buttons = [{"title": title, "payload": "/help"} for title in titles]
    return {"event": "bot", "text": "…", "data": {"custom": {"answer": answer}, "buttons": buttons}}


def test_a_stored_conversation_becomes_a_test_without_anybody_s_data(tmp_path):
    url = f"sqlite:///{tmp_path / 'conversations.db'}"
    events = [
        {"event": "action", "name": "action_session_start"},
        user("我叫李大刚，手机138****5678，钱玲也是这个138****5678", 0, "inform"),
        bot("utter_inform", "算罚息", "转人工"),
        user("2", 1, "human_handoff", tapped=True),
        bot("utter_human_handoff"),
        user("身份证500101********，卡6222****0123", 20, "inform"),
    ]
    stored(url, events)
    found = from_tracker.conversation_of(from_tracker.stored_events(url, "web-1"), None, ["钱玲"])
    text = writing.as_yaml(replace(found, title="真的"))
    assert all(secret not in text for secret in ("5678", "李大刚", "钱玲", "500101", "0123", "*"))
    first, tap, wait, last = found.turns
    assert first.text.count("13900000901") == 2
    assert (tap.kind, tap.text, wait.text) == (TAP, "转人工", "19 分钟")
    assert (found.channel, f"{found.now:%H:%M}") == (WECHAT, "10:00")
    assert reading_of(text, tmp_path).turns[1].checks[1].wanted == ["utter_human_handoff"]


def reading_of(text, tmp_path):
    return read("对话:\n" + text, tmp_path)[0]


def test_a_conversation_that_is_not_stored_is_said_so(tmp_path):
    with pytest.raises(from_tracker.NoConversation, match="TRACKER_DATABASE"):
        from_tracker.stored_events(f"sqlite:///{tmp_path / 'none.db'}", "web-1")
    url = f"sqlite:///{tmp_path / 'conversations.db'}"
    stored(url, [])
    with pytest.raises(from_tracker.NoConversation, match="没有 web-1"):
        from_tracker.stored_events(url, "web-1")


def test_the_command_line_prints_the_counts_and_fails_with_one(tmp_path):
    path = tmp_path / "test_suite.yml"
    path.write_text(SUITE.replace("¥64.11–¥75.00", "¥64.12–¥75.00"), encoding="utf-8")
    command = [sys.executable, "-m", "finlit.cli.main", "test-conversations", str(path), "--jobs", "1"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=settings.load().root)
    assert done.returncode == 1, done.stderr
    assert "5 段对话，1 段没通过" in done.stdout and "各不相同的有 5 种；四轮以上的有 1 段" in done.stdout
    assert "碰到的：意图" in done.stdout
    path.write_text(SUITE.replace("utter_credit_reported", "utter_credit_reportd"), encoding="utf-8")
    done = subprocess.run(command, capture_output=True, text=True, cwd=settings.load().root)
    assert done.returncode == 2 and "test_suite.yml:6  没有答案 utter_credit_reportd" in done.stderr


WECHAT_SUITE = """
对话:
- 标题: 编号按整屏数，两条回答一起
  渠道: 微信
  客户: late-20
  过程:
  - 说: 我要申请延期还款
  - 说: 失业了
  - 菜单: 会不会上征信
    答案: [utter_credit_reported, utter_task_offer]
  - 点: 影响房贷吗
    答案: [utter_credit_impact, utter_task_offer]
- 标题: 长回答断开，回 1 看下一段
  渠道: 微信
  客户: two-loans
  过程:
  - 说: 我的还款计划
    包含: 回复「1」继续看
  - 说: "1"
    包含: "2028-12-29"
    不包含: 回复「1」继续看
- 标题: 图片看不了
  渠道: 微信
  过程:
  - 发: 图片
    答案: utter_wechat_image
"""


@pytest.fixture
def on_the_phone(play, tmp_path):
    def titles_that_fail():
        results = [play(conversation) for conversation in read(WECHAT_SUITE, tmp_path)]
        assert [result.trouble for result in results] == [None] * len(results)
        return [result.conversation.title for result in results if not result.passed]

    return titles_that_fail


def test_wechat_is_played_as_a_phone_shows_it(on_the_phone):
    assert on_the_phone() == []


def test_a_choice_that_the_phone_does_not_show_is_no_choice(on_the_phone, monkeypatch):
    monkeypatch.setattr("finlit.answers.choice_lines", lambda titles, first=1: "回复数字继续：")
    assert on_the_phone() == ["编号按整屏数，两条回答一起"]


def test_a_long_answer_that_loses_its_rest_turns_red(on_the_phone, monkeypatch):
    from finlit import answers

    whole = answers.split
    monkeypatch.setattr(answers, "split", lambda texts, **more: whole(texts, **more)[:1])
    assert on_the_phone() == ["长回答断开，回 1 看下一段"]
