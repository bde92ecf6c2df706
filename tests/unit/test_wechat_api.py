import asyncio
from datetime import datetime, timedelta, timezone

import pytest

from finlit.channels.wechat_api import FateUnknown, Unreachable, WeChatApi, WeChatError
from finlit.channels.wechat_double import WeChatDouble
from finlit.db import engine, tables
from tests import wechat


class Clock:
    now = datetime(2026, 11, 23, 2, 0, tzinfo=timezone.utc)

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def double():
    with WeChatDouble("wx0123456789abcdef", "0123456789abcdef" * 2) as running:
        yield running


@pytest.fixture
def database(database_url):
    tables.Base.metadata.create_all(engine.engine_for(database_url))
    yield database_url
    engine.dispose(database_url)


@pytest.fixture
def calling(double, database, clock):
    """Run a coroutine function with apis of several processes on one store."""

    def run(work, processes=1, **settings):
        async def inside():
            config = wechat.config(**{"WECHAT_API_BASE": double.url, **settings})
            apis = [WeChatApi(config, lambda: database, clock) for _ in range(processes)]
            try:
                return await work(*apis)
            finally:
                for api in apis:
                    await api.close()

        return asyncio.run(inside())

    return run


def test_a_text_is_sent_in_its_own_characters(calling, double):
    calling(lambda api: api.send_text("oUser_1", "会上征信"))
    assert double.sent == [{"touser": "oUser_1", "msgtype": "text", "text": {"content": "会上征信"}}]


def test_choices_are_sent_as_a_menu_to_tap(calling, double):
    calling(lambda api: api.send_choices("oUser_1", "您是想问", ["罚息", "征信"]))
    assert [choice["content"] for choice in double.sent[0]["msgmenu"]["list"]] == ["罚息", "征信"]


def test_ten_calls_in_two_processes_at_once_fetch_one_token(calling, double):
    async def work(*apis):
        await asyncio.gather(*(api.send_text("oUser_1", "好") for api in apis for _ in range(5)))

    calling(work, processes=2)
    assert double.tokens_made == 1 and len(double.sent) == 10


def test_the_token_is_renewed_before_it_ends(calling, double, clock):
    calling(lambda api: api.token())
    double.renew_token()
    clock.now += timedelta(minutes=114)
    assert calling(lambda api: api.token()) == "token-1"
    clock.now += timedelta(minutes=2)  # five minutes before the end
    assert calling(lambda api: api.token()) == "token-2"


def test_while_the_renewal_fails_the_old_token_serves(calling, double, clock):
    calling(lambda api: api.token())
    clock.now += timedelta(minutes=116)
    double.errors["/cgi-bin/stable_token"] = -1
    assert calling(lambda api: api.token()) == "token-1"


def test_a_refused_token_is_replaced_and_the_call_made_again(calling, double):
    calling(lambda api: api.token())
    double.renew_token()
    calling(lambda api: api.send_text("oUser_1", "好"))
    assert len(double.sent) == 1


def test_the_token_is_not_stored_in_plain_text_and_another_secret_does_not_open_it(calling, double, database):
    calling(lambda api: api.token())
    with engine.sessions(database)() as session:
        assert "token-1" not in session.query(tables.WeChatToken).one().sealed
    with pytest.raises(WeChatError, match="WECHAT_APP_SECRET"):
        calling(lambda api: api.token(), WECHAT_APP_SECRET="another" * 8)


@pytest.mark.parametrize("code, words", [(40164, "白名单"), (48001, "权限"), (45015, "48 小时"), (40001, "AppSecret")])
def test_error_codes_are_said_in_words(calling, double, code, words):
    calling(lambda api: api.token())
    double.errors["/cgi-bin/message/custom/send"] = code
    with pytest.raises(WeChatError, match=words) as caught:
        calling(lambda api: api.send_text("oUser_1", "好"))
    assert caught.value.code == code and "token-" not in str(caught.value)


def test_nobody_there_is_unreachable_and_no_answer_is_an_unknown_fate(calling, double, monkeypatch):
    import aiohttp

    from finlit.channels import wechat_api

    monkeypatch.setattr(wechat_api, "CALL_WITHIN", aiohttp.ClientTimeout(total=0.5))
    calling(lambda api: api.token())
    double.slow["/cgi-bin/message/custom/send"] = 1
    with pytest.raises(FateUnknown):
        calling(lambda api: api.send_text("oUser_1", "好"))
    with pytest.raises(Unreachable):
        calling(lambda api: api.send_text("oUser_1", "好"), WECHAT_API_BASE="http://127.0.0.1:9")


def test_a_fetch_whose_process_died_holds_nobody_up_for_long(calling, database, clock):
    from finlit.channels.wechat_api import TokenStore

    dead = TokenStore(wechat.config(), lambda: database, clock)
    assert dead.may_fetch()
    assert not dead.may_fetch()
    clock.now += timedelta(seconds=9)
    assert calling(lambda api: api.token()) == "token-1"
