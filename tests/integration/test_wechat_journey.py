"""The whole way in safe mode: real servers, real model and actions, signed and encrypted messages over HTTP."""

import os
import random
import urllib.error
import urllib.request
from urllib.parse import quote, urlencode

import pytest

from finlit.channels.wechat_codec import Codec, to_xml
from finlit.channels.wechat_double import WeChatDouble
from finlit.channels.wechat_simulator import NoAnswer, Platform
from tests import wechat
from tests.integration.running_server import Running

HOSTILE = int(os.environ.get("FINLIT_HOSTILE_REQUESTS", "300"))


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with WeChatDouble("wx0123456789abcdef", wechat.environment()["WECHAT_APP_SECRET"]) as double:
        started = Running(tmp_path_factory.mktemp("wechat"), double.url).wait_until_up()
        yield started
        started.stop()


def test_the_start_says_that_the_channel_is_on(running):
    assert "微信渠道已开：safe 模式，服务号" in running.said()


def test_a_new_follower_is_welcomed_and_picks_a_topic_by_its_number(running):
    welcome = running.platform.say("oNew", "+关注")
    assert "明白账" in welcome and welcome.endswith("1. 已经逾期怎么办\n2. 会不会上征信\n3. 罚息怎么算")
    assert running.platform.say("oNew", "3") == running.platform.say("oOther", "罚息怎么算")


def test_a_retry_after_a_lost_reply_gets_the_same_answer_and_is_one_message(running):
    told = []
    answer = running.platform.say("oRetry", "逾期会上征信吗", lose=2, tell=told.append)
    assert "征信" in answer and "依据：" in answer and len(told) == 3
    assert "1. " in answer and running.platform.say("oRetry", "1") != answer


def test_voice_is_answered_like_text_and_without_recognition_politely(running):
    assert running.platform.say("oVoice", "+语音 怎么还款") == running.platform.say("oText", "怎么还款")
    assert "没听清" in running.platform.say("oVoice", "+语音")


def test_what_cannot_be_read_gets_a_polite_answer(running):
    assert "图片我看不了" in running.platform.say("oImage", "+图片")
    for kind, words in (("location", "位置"), ("link", "链接"), ("video", "视频"), ("unheard_of", "看不了")):
        assert words in running.platform.deliver(wechat.message("", "oKinds", MsgType=kind))


def test_a_menu_click_is_the_question_and_a_forged_key_is_not(running):
    assert running.platform.say("oMenu", "+点 repay_how") == running.platform.say("oText2", "怎么还款")
    assert "明白账" in running.platform.say("oMenu", "+点 account_status{}")


def test_a_typed_payload_is_only_text(running):
    assert running.platform.say("oTyped", '/crisis{"amount":"1"}')


def test_crisis_comes_first_in_wechat_too(running):
    assert "12356" in running.platform.say("oCrisis", "我不想活了")


def test_whoever_writes_too_much_is_asked_to_wait_and_in_danger_is_heard_all_the_same(running):
    said = [running.platform.say("oTalker", "怎么还款") for _ in range(32)]
    assert "还款页" in said[0] and said.count(said[0]) <= 30 and "请稍等" in said[-1]
    assert "12356" in running.platform.say("oTalker", "我不想活了")
    assert "请稍等" in running.platform.say("oTalker", "怎么还款")


def test_leaving_is_answered_with_nothing(running):
    assert running.platform.say("oLeaving", "+取关") == ""


def status_of(url, body=None, method=None):
    request = urllib.request.Request(url, body, {"Content-Type": "text/xml"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def hostile(chance, config):
    """One hostile request: (query, body, method)."""
    fields = wechat.message(
        chance.choice(["你好", "\x00", "]]>", "/restart", "<b>", "😭" * 99]), f"oBad{chance.randrange(9)}"
    )
    query, body = wechat.deliver(fields, config)
    kind = chance.randrange(9)
    if kind == 0:
        query[chance.choice(list(query))] = chance.choice(["", "0", "x" * 5000, "%00", "١٢٣"])
    elif kind == 1:
        body = bytes(chance.randrange(256) for _ in range(chance.randrange(400)))
    elif kind == 2:
        at = chance.randrange(len(body))
        body = body[:at] + bytes([chance.randrange(256)]) + body[at + 1 :]
    elif kind == 3:
        body = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><xml><Encrypt>&b;</Encrypt></xml>'
    elif kind == 4:
        body = b"<xml>" + b"<a>" * chance.randrange(3000)
    elif kind == 5:
        body = b"x" * chance.choice([33_000, 200_000])
    elif kind == 6:
        query, body = wechat.deliver(fields, wechat.config("plain"))
    elif kind == 7:
        query |= {"timestamp": str(int(query["timestamp"]) - chance.choice([301, 10**9]))}
    else:
        cipher = Codec(config).encrypt(to_xml(fields | {"FromUserName": "o'; DROP TABLE x;--"}).encode())
        query["msg_signature"] = wechat.sha1(config.token, query["timestamp"], query["nonce"], cipher)
        body = to_xml({"Encrypt": cipher}).encode()
    return query, body, chance.choice(["POST"] * 8 + ["PUT", "GET"])


def test_no_hostile_request_gets_more_than_a_refusal(running):
    chance = random.Random(20261124)  # noqa: S311
    for _ in range(HOSTILE):
        query, body, method = hostile(chance, running.config)
        status, said = status_of(
            f"{running.url}/webhooks/wechat/webhook?{urlencode(query, quote_via=quote)}", body, method
        )
        assert status in (200, 400, 403, 413) and not (status == 200 and said and b"<Encrypt>" not in said), (
            status,
            said,
        )
        assert not any(word in said for word in (b"Traceback", b"sqlalchemy", b"File "))
    assert "还款页" in running.platform.say("oAfter", "怎么还款")  # no conversation and no process is stuck
    assert "Traceback" not in running.said()


def test_another_accounts_message_is_refused(running):
    other = Platform(wechat.config(WECHAT_APP_ID="wxother"), f"{running.url}/webhooks/wechat/webhook", wechat.now)
    with pytest.raises(NoAnswer, match="403"):
        other.say("oUser_1", "你好")
