"""One turn can be followed by its name through the answer, the log and both databases."""

import json
import re
import sqlite3

import pytest

from finlit.channels.wechat_double import WeChatDouble
from tests import wechat
from tests.integration.running_server import Running, WebClient, wait_for

PHONE = "13900000006"  # of a demo customer
CALCULATION = "借了5000年化18逾期20天罚息多少"


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with WeChatDouble("wx0123456789abcdef", wechat.environment()["WECHAT_APP_SECRET"]) as double:
        started = Running(
            tmp_path_factory.mktemp("names"), double.url, FINLIT_LOG_FORMAT="json", FINLIT_TRUSTED_PROXIES="127.0.0.1"
        ).wait_until_up()
        yield started
        started.stop()


def lines(running, request):
    """The log lines of one request, oldest first."""
    found = [json.loads(line) for line in running.said().splitlines() if line.startswith("{")]
    return [line for line in found if line["request"] == request]


def rows(running, name, query, *values):
    file = running.environment[name].removeprefix("sqlite:///")
    with sqlite3.connect(file) as connection:
        return connection.execute(query, values).fetchall()


def test_a_web_message_is_followed_from_the_answer_s_header_through_the_log_to_the_conversation(running):
    client = WebClient(running)
    assert "¥75.00" in client.answer(CALCULATION)
    request = client.headers["X-Request-Id"]
    wait_for(lambda: len(lines(running, request)) >= 4, 10, running.said)
    told = [(line["process"], line["message"]) for line in lines(running, request)]
    assert told == [
        ("assistant", "a message was understood"),
        ("assistant", "an action was run"),
        ("assistant", "a turn was played and stored"),
        ("assistant", "a web message was answered"),
    ]
    understood, action = lines(running, request)[:2]
    assert (understood["intent"], understood["channel"]) == ("fee_penalty_calculate", "web")
    assert action["action"].startswith("action_") and action["went_well"] and action["milliseconds"] >= 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+08:00", action["time"])
    said = rows(running, "TRACKER_DATABASE", "SELECT type_name FROM conversation_events WHERE request_id = ?", request)
    assert {"user", "bot", "slot"} <= {kind for (kind,) in said}


def test_a_wechat_message_is_followed_through_its_delivery_too(running):
    assert "¥75.00" in running.platform.say("oFollowed", CALCULATION)
    query = "SELECT request_id FROM wechat_deliveries WHERE conversation = 'wechat-oFollowed'"
    ((request,),) = rows(running, "DATABASE_URL", query)
    wait_for(lambda: len(lines(running, request)) >= 4, 10, running.said)
    told = {(line["process"], line["message"]) for line in lines(running, request)}
    assert {("assistant", "an action was run"), ("assistant", "a WeChat delivery was answered")} <= told


def test_reading_an_account_is_on_record_under_the_request_s_name(running):
    client = WebClient(running)
    for text in ("核验身份", "同意", PHONE):
        client.answer(text)
    code = re.search(r"\d{6}", running.finlit("last-code", PHONE))[0]
    client.answer(code)
    assert "¥" in client.answer("我现在欠多少")
    request = client.headers["X-Request-Id"]
    recorded = rows(running, "DATABASE_URL", "SELECT what FROM audit_entries WHERE request_id = ?", request)
    assert recorded and all(what.startswith("read ") for (what,) in recorded)
    assert "an action was run" in [line["message"] for line in lines(running, request)]


def test_an_alert_for_staff_bears_the_name_of_the_message_that_raised_it(running):
    client = WebClient(running)
    assert "12356" in client.answer("我不想活了")
    alerts = rows(
        running, "DATABASE_URL", "SELECT kind FROM staff_alerts WHERE request_id = ?", client.headers["X-Request-Id"]
    )
    assert alerts == [("crisis",)]


def test_a_proxy_of_ours_may_have_named_the_request_and_nonsense_is_replaced(running):
    client = WebClient(running)
    client.more = {"X-Request-Id": "proxy-0123456789"}
    client.answer("你好")
    assert client.headers["X-Request-Id"] == "proxy-0123456789" and lines(running, "proxy-0123456789")
    client.more = {"X-Request-Id": "x" * 65}
    client.answer("你好")
    assert re.fullmatch(r"[0-9a-f]{16}", client.headers["X-Request-Id"])


def test_no_line_quotes_a_customer(running):
    WebClient(running).answer("我电话13812345678，怎么还款")
    said = running.said()
    assert '"action": "action_' in said
    for secret in ("13812345678", PHONE, "借了5000", "oFollowed", "不想活"):
        assert secret not in re.sub(r"验证码.*|  139.*", "", said), secret
