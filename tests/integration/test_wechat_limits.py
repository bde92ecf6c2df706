"""WeChat's messages are counted where the web's are, by two real processes together."""

import re
import time

import pytest

from finlit.channels.limits import Allowance, DatabaseLimiter
from finlit.channels.wechat_double import WeChatDouble
from finlit.db import engine, tables
from tests import wechat
from tests.integration.test_wechat_two_processes import Bots

AT_MOST = 6
SECRET = "limits-of-two-processes-" * 2
SLOW_DOWN = re.compile(r"请稍等 (\d+) 秒")


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    address = f"sqlite:///{tmp_path_factory.mktemp('limits') / 'finlit.db'}"
    tables.Base.metadata.create_all(engine.engine_for(address))
    yield address
    engine.dispose(address)


@pytest.fixture(scope="module")
def bots(database, tmp_path_factory):
    limits = {"FINLIT_MESSAGES_PER_MINUTE": str(AT_MOST), "FINLIT_SESSION_SECRET": SECRET}
    with WeChatDouble("wx0123456789abcdef", wechat.environment()["WECHAT_APP_SECRET"]) as double:
        running = Bots(tmp_path_factory.mktemp("bots"), database, "service", double, **limits)
        yield running
        running.stop()


def say(bots, turn, text, openid):
    return bots.platforms[turn % 2].post(wechat.message(text, openid))


def test_both_processes_count_together_and_say_how_long_to_wait(bots):
    said = [say(bots, turn, f"第{turn}句", "oMany") for turn in range(AT_MOST + 2)]
    assert said[:AT_MOST] == [f"答「第{turn}句」" for turn in range(AT_MOST)]
    for refusal in said[AT_MOST:]:
        assert 1 <= int(SLOW_DOWN.search(refusal)[1]) <= 120
    assert say(bots, 0, "我呢", "oSomebodyElse") == "答「我呢」"
    assert not bots.asked(f"第{AT_MOST}句"), "what was refused is not computed"


def test_the_same_delivery_again_counts_once_and_gets_the_same_answer(bots):
    fields = wechat.message("一句", "oImpatient")
    assert {bots.platforms[turn % 2].post(fields) for turn in range(AT_MOST * 2)} == {"答「一句」"}
    assert say(bots, 1, "又一句", "oImpatient") == "答「又一句」"


def test_what_was_counted_elsewhere_counts_here(bots, database):
    limiter = DatabaseLimiter(database, SECRET)
    for _ in range(AT_MOST):
        assert limiter.wait([Allowance("session:wechat-oCounted", AT_MOST)], time.time()) == 0
    assert SLOW_DOWN.search(say(bots, 0, "还有吗", "oCounted"))
