"""Real servers while the conversations' database is away: an apology, nothing forgotten, no restart."""

import time

import pytest
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from finlit.channels.wechat_double import WeChatDouble
from tests import wechat
from tests.integration.running_server import Running, WebClient, get, wait_for
from tests.postgresql import on_postgresql

pytestmark = pytest.mark.stops_postgresql

SORRY = "这句还没能回答"


@pytest.fixture(scope="module")
def double():
    with WeChatDouble("wx0123456789abcdef", wechat.environment()["WECHAT_APP_SECRET"]) as started:
        yield started


def figures_then_an_outage(running, go_away, come_back):
    """A customer in each channel gives the figures of a loan; then the store goes away and comes back."""
    web, phone = WebClient(running), running.platform
    figures = "借了5000年化18逾期20天罚息多少"
    assert "¥75.00" in web.answer(figures) and "¥75.00" in phone.say("oOutage", figures)
    go_away()
    began = time.monotonic()
    status, refused = web.say("那30天呢")
    assert status == 503 and SORRY in refused["aside"]["text"], refused
    assert SORRY in phone.say("oOutage", "那30天呢")
    assert time.monotonic() - began < 12
    status, refused = web.say("我不想活了")
    assert status == 503 and "12356" in refused["aside"]["text"], "help comes whatever is broken"
    assert "12356" in phone.say("oOutage", "我不想活了")
    assert get(f"{running.url}/health") == (200, {"alive": True})
    status, ready = get(f"{running.url}/ready")
    assert (status, ready["ready"], ready["database"], ready["conversations"]) == (503, False, True, False)
    come_back()
    wait_for(lambda: get(f"{running.url}/ready")[0] == 200, 20, running.said)
    return web, phone


def and_goes_on(web, phone):
    said_before = [turn["text"] for turn in web.turns()]
    assert any("¥75.00" in text for text in said_before) and not any(SORRY in text for text in said_before)
    for answer in (web.answer("那30天呢"), phone.say("oOutage", "那30天呢")):
        assert "¥5,000.00 × 30 天 × 18%" in answer, "the amount and the rate are known from before"


def test_a_conversation_goes_on_after_its_file_was_away(tmp_path, double):
    running = Running(tmp_path, double.url).wait_until_up()
    file = tmp_path / "talk.db"
    try:
        web, phone = figures_then_an_outage(
            running, lambda: file.rename(tmp_path / "kept"), lambda: (tmp_path / "kept").rename(file)
        )
        and_goes_on(web, phone)
        assert "Traceback" not in running.said()
    finally:
        running.stop()


@pytest.fixture
def conversations(database_url):
    """A database for conversations only; commits are safe there, as anywhere but in a throw-away server."""
    target = create_engine(database_url, isolation_level="AUTOCOMMIT", future=True)
    with target.connect() as connection:
        connection.exec_driver_sql(f"ALTER DATABASE {target.url.database} SET synchronous_commit = on")
    target.dispose()
    return database_url


@on_postgresql
def test_a_conversation_goes_on_after_postgresql_was_killed(tmp_path, double, conversations, server):
    running = Running(tmp_path, double.url, TRACKER_DATABASE=conversations).wait_until_up()
    try:
        web, phone = figures_then_an_outage(running, server.kill, server.start)
        and_goes_on(web, phone)
        assert make_url(conversations).password not in running.said()
    finally:
        running.stop()


@on_postgresql
def test_a_server_that_starts_while_its_store_is_down_lives_waits_and_becomes_ready(
    tmp_path, double, conversations, server
):
    server.stop()
    running = Running(tmp_path, double.url, TRACKER_DATABASE=conversations)
    try:
        wait_for(lambda: get(f"{running.url}/health")[0] == 200, 90, running.said)
        assert get(f"{running.url}/ready")[0] == 503
        wait_for(lambda: "还没就绪：对话数据库连不上" in running.said(), 30, running.said)
        assert SORRY in running.platform.say("oEarly", "怎么还款")
        server.start()
        running.wait_until_up()
        assert "还款页" in WebClient(running).answer("怎么还款")
        assert running.said().count("助手就绪") == 1 and "正在重启" not in running.said()
    finally:
        running.stop()
