"""A slow action of the real assistant: the answer comes later, once, by the way that the account has."""

import re
import threading
import time

import pytest
from sqlalchemy import create_engine

from finlit.channels.wechat_double import WeChatDouble
from tests import wechat
from tests.integration.running_server import Running, wait_for
from tests.postgresql import on_postgresql

PHONE = "13900000006"  # of a demo customer
SLOW = 4.9  # seconds; the platform has its empty reply after 4.5, the database gives up after 5


@pytest.fixture(params=["service", "subscription"])
def account_type(request):
    return request.param


@pytest.fixture
def double():
    with WeChatDouble("wx0123456789abcdef", wechat.environment()["WECHAT_APP_SECRET"]) as started:
        yield started


@pytest.fixture
def running(tmp_path, double, database_url, account_type):
    started = Running(tmp_path, double.url, DATABASE_URL=database_url, WECHAT_ACCOUNT_TYPE=account_type)
    yield started.wait_until_up()
    started.stop()


@pytest.fixture
def slow_audit(database_url):
    """Let nobody write the record of account reads for a while, as a long job of the lender would."""
    target = create_engine(database_url, future=True)

    def hold():
        held = threading.Event()

        def job():
            with target.begin() as connection:
                connection.exec_driver_sql("LOCK TABLE audit_entries IN EXCLUSIVE MODE")
                held.set()
                time.sleep(SLOW)

        thread = threading.Thread(target=job)
        thread.start()
        assert held.wait(10)
        return thread

    yield hold
    target.dispose()


def verified(running, openid):
    say = running.platform.say
    for text in ("核验身份", "同意", PHONE):
        say(openid, text)
    code = re.search(r"\d{6}", running.finlit("last-code", PHONE))[0]
    assert "核验好了" in say(openid, code)


@on_postgresql
def test_an_answer_that_a_slow_action_gives_late_still_arrives_and_only_once(running, double, account_type, slow_audit):
    verified(running, "oLate")
    job = slow_audit()
    first = running.platform.say("oLate", "我现在欠多少")
    job.join()
    if account_type == "service":
        assert first == "", "nothing yet: an empty reply stops the platform's retries"
        wait_for(lambda: double.sent, 20, running.said)
        time.sleep(2)  # a second one would come now
        (sent,) = double.sent
        text = str(sent.get("text") or sent.get("msgmenu"))
        assert sent["touser"] == "oLate" and "¥" in text
        later = running.platform.say("oLate", "怎么还款")
        assert "还款页" in later and "¥" not in later, "what was pushed is not said again"
    else:
        assert "再回复「1」看回答" in first
        assert "¥" in running.platform.say("oLate", "1")
        assert double.sent == []
        assert "¥" not in running.platform.say("oLate", "怎么还款")
    assert "Traceback" not in running.said()
