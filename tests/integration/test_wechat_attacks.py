"""Ways to see somebody else's account or case through WeChat, over the wire: signed, encrypted, real server.

Each customer of these tests has a phone of their own: codes are counted by phone.
"""

import itertools
import re
import urllib.error
import urllib.request
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from sqlalchemy import func, select

from finlit.channels.wechat_codec import to_xml
from finlit.channels.wechat_double import WeChatDouble
from finlit.channels.wechat_simulator import NoAnswer, Platform
from finlit.db import engine, tables
from tests import wechat
from tests.integration.running_server import Running, WebClient, wait_for

STATUS = "我现在欠多少"
DAYS = 30  # after which an openid has to prove it again
UNKNOWN = "没有查到属于你的这个编号"
MONEY = re.compile(r"[¥￥]\s*\d")
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with WeChatDouble("wx0123456789abcdef", wechat.environment()["WECHAT_APP_SECRET"]) as double:
        started = Running(
            tmp_path_factory.mktemp("attacks"), double.url, FINLIT_WECHAT_REVERIFY_DAYS=str(DAYS)
        ).wait_until_up()
        yield started
        started.stop()
        engine.dispose(started.environment["DATABASE_URL"])


class Follower:
    """Somebody with an openid; ``say`` delivers as the platform does and returns the reply's text."""

    def __init__(self, running, openid=None):
        self.running, self.openid = running, openid or f"oAttack_{next(_numbers)}"

    def say(self, text):
        return self.running.platform.say(self.openid, text)

    def ask_for_code(self, phone):
        """Go as far as the code; return the one that the server sent to ``phone``."""
        sent = self.running.said().count("的验证码：")
        self.say("核验身份")
        self.say("同意")
        self.say(phone)
        wait_for(lambda: self.running.said().count("的验证码：") > sent, 20)
        return re.findall(rf"{phone[:3]}\*{{4}}{phone[-4:]} 的验证码：(\d{{6}})", self.running.said())[-1]

    def verify(self, phone):
        answer = self.say(self.ask_for_code(phone))
        assert "核验好了" in answer
        return self

    def sees_money(self):
        return bool(MONEY.search(self.say(STATUS)))


@pytest.fixture
def follower(running):
    return lambda openid=None: Follower(running, openid)


@pytest.fixture(scope="module")
def alike_owner(running):
    return Follower(running, "oAlike_abc").verify("13900000013")


def reads_of(running, openid):
    """Return how often an account was read in this conversation."""
    entry = tables.AuditEntry
    mine = select(func.count()).where(entry.what.like("read %"), entry.conversation == f"wechat-{openid}")
    with engine.sessions(running.environment["DATABASE_URL"])() as session:
        return session.execute(mine).scalar_one()


def let_the_proof_be(running, days, openid):
    """As if the owner had proved who they are so many days ago."""
    with engine.sessions(running.environment["DATABASE_URL"]).begin() as session:
        session.get(tables.Binding, f"wechat-{openid}").bound_at = wechat.now() - timedelta(days=days)


def post(running, query, body):
    """Return status and body of one raw delivery."""
    request = urllib.request.Request(f"{running.url}/webhooks/wechat/webhook?{urlencode(query)}", body)
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def text_of(running, body):
    return running.platform.opened(body)


@pytest.mark.parametrize(
    "alike", [str.upper, lambda o: o + "_", lambda o: o[:-1] + "%", lambda o: f"wechat-{o}", lambda o: f"{o}'--"]
)
def test_another_openid_is_another_person_however_alike(follower, alike_owner, alike):
    openid = alike_owner.openid
    assert alike_owner.sees_money()
    try:
        assert not follower(alike(openid)).sees_money()
    except NoAnswer as refused:  # no openid at all
        assert "403" in str(refused)


def forgeries(running, openid):
    """Yield deliveries that claim to come from ``openid``, by somebody without the account's secrets."""
    fields = {**running.platform.fields_of(openid, STATUS)}
    good_query, good_body = running.platform.signed(fields)
    yield "plain body", *wechat.deliver(fields, wechat.config("plain"))
    yield "plain body, the sealed one's signature", good_query, to_xml(fields).encode()
    for change in ({"WECHAT_TOKEN": "AnotherTokenToken"}, {"WECHAT_ENCODING_AES_KEY": wechat.AES_KEY[::-1]}):
        yield str(change), *Platform(wechat.config(**change), "", wechat.now).signed(fields)
    stranger = running.platform.fields_of(f"oForger_{next(_numbers)}", STATUS)
    query, body = running.platform.signed(stranger)
    yield "another message's seal", {**query, "msg_signature": good_query["msg_signature"]}, body
    yield "no seal", {name: value for name, value in good_query.items() if name != "msg_signature"}, good_body
    yield "tampered", good_query, good_body.replace(b"<Encrypt><![CDATA[", b"<Encrypt><![CDATA[AAAA", 1)


def test_a_forged_or_a_plain_body_in_the_owners_name_is_refused_and_nothing_is_read(running, follower):
    owner = follower().verify("13900000001")
    assert owner.sees_money()
    before = reads_of(running, owner.openid)
    for what, query, body in forgeries(running, owner.openid):
        status, said = post(running, query, body)
        assert status in (400, 403) and not said, what
    assert reads_of(running, owner.openid) == before


def test_a_sender_named_outside_the_seal_is_not_believed(running, follower):
    owner, thief = follower().verify("13900000002"), follower()
    query, body = running.platform.signed(running.platform.fields_of(thief.openid, STATUS))
    named = to_xml({"FromUserName": owner.openid}).removeprefix("<xml>").removesuffix("</xml>")
    status, said = post(running, query, body.replace(b"<xml>", f"<xml>{named}".encode(), 1))
    assert status in (400, 403) or not MONEY.search(text_of(running, said))


def test_a_replayed_delivery_is_computed_once_and_later_refused(running, follower):
    owner = follower().verify("13900000003")
    fields = running.platform.fields_of(owner.openid, STATUS)
    query, body = running.platform.signed(fields)
    _, first = post(running, query, body)
    assert MONEY.search(text_of(running, first))
    read = reads_of(running, owner.openid)
    status, again = post(running, query, body)
    assert status == 200 and text_of(running, again) == text_of(running, first)
    assert b"\xc2\xa5" not in again  # whoever replays it can't read it: the reply is sealed
    assert reads_of(running, owner.openid) == read
    old = Platform(running.config, "", lambda: wechat.now() - timedelta(minutes=10))
    assert post(running, *old.signed(fields)) == (403, b"")


def test_a_known_delivery_with_another_text_is_refused_and_in_another_name_it_is_that_ones_question(running, follower):
    owner, thief = follower().verify("13900000004"), follower()
    fields = running.platform.fields_of(owner.openid, STATUS)
    running.platform.deliver(fields)
    assert post(running, *running.platform.signed({**fields, "Content": "我的还款计划"})) == (403, b"")
    assert not MONEY.search(running.platform.deliver({**fields, "FromUserName": thief.openid}))


def test_the_replayed_message_with_the_code_does_not_bind_again(running, follower):
    owner = follower()
    fields = running.platform.fields_of(owner.openid, owner.ask_for_code("13900000005"))
    running.platform.deliver(fields)
    assert owner.sees_money()
    owner.say("解除绑定")
    owner.say("1")  # yes
    assert not owner.sees_money()
    running.platform.deliver(fields)
    assert not owner.sees_money()


def test_who_leaves_and_follows_again_has_to_prove_it_again(running, follower):
    owner = follower().verify("13900000007")
    assert owner.sees_money()
    owner.say("+取关")
    owner.say("+关注")
    assert not owner.sees_money()
    for text in ("那每天多少罚息", "怎么算的", "我的还款记录", "1", "2"):
        assert not MONEY.search(owner.say(text))


def test_after_the_days_of_re_verification_the_proof_is_over_and_a_new_code_renews_it(running, follower):
    owner = follower().verify("13900000008")
    let_the_proof_be(running, DAYS - 1, owner.openid)
    assert owner.sees_money()
    let_the_proof_be(running, DAYS, owner.openid)
    for text in (STATUS, "那每天多少罚息", "我的还款计划", "我的还款记录"):
        assert not MONEY.search(owner.say(text))
    assert owner.verify("13900000008").sees_money()


def test_a_second_openid_with_the_same_phone_needs_a_code_of_its_own_and_locks_nobody_out(running, follower):
    phone = "13900000009"
    owner, thief = follower().verify(phone), follower()
    first = re.findall(r"的验证码：(\d{6})", running.said())[-1]
    second = thief.ask_for_code(phone)
    assert "核验好了" not in thief.say(first) and not thief.sees_money()
    other = follower()
    assert "核验好了" not in other.say(second) and not other.sees_money()
    for number in range(1, 6):
        thief.say(f"{(int(second) + number) % 1_000_000:06d}")
    assert "核验好了" not in thief.say(second) and not thief.sees_money()
    assert owner.sees_money()
    let_the_proof_be(running, DAYS, owner.openid)
    assert owner.verify(phone).sees_money()


def test_the_numbers_of_another_conversations_buttons_pick_nothing_there(running, follower):
    owner, thief = follower().verify("13900000010"), follower()
    offered = re.findall(r"^(\d)\. (.+)$", owner.say(STATUS), re.MULTILINE)
    assert offered
    for number, title in offered:
        assert not MONEY.search(thief.say(number)) and not MONEY.search(thief.say(title))
    assert reads_of(running, thief.openid) == 0


# Somebody else's case number


def filed_complaint(say):
    """File a complaint through ``say``; return its number."""
    for text in ("我要投诉", "催收一直打我同事的电话", "跳过", "停止这种做法"):
        say(text)
    return re.search(r"TS-\d{8}-\w{6}", say("确认登记"))[0]


def filed_hardship(say):
    for text in ("我要申请延期还款", "失业了，每月能还五百", "上午"):
        say(text)
    return re.search(r"HX-\d{8}-\w{6}", say("确认提交"))[0]


def as_asked(say, number):
    """Return every answer about the case ``number``, in several wordings."""
    return [say(number), say(f"帮我看看 {number.lower().replace('-', '')} 到哪一步了"), say(f"{number} 批了没")]


def invented(number):
    return number[:-6] + ("222222" if number[-6:] != "222222" else "333333")


@pytest.fixture(scope="module")
def cases(running):
    """Numbers of a proved customer's hardship request and complaint, and of a stranger's complaint, web and WeChat."""
    owner = Follower(running).verify("13900000006")
    found = [filed_hardship(owner.say), filed_complaint(owner.say)]
    found.append(filed_complaint(Follower(running).say))
    found.append(filed_complaint(WebClient(running).answer))
    assert as_asked(owner.say, found[0])[0] != as_asked(owner.say, invented(found[0]))[0]  # it is there, for its owner
    return found


def verified_web(running, phone):
    client = WebClient(running)
    for text in ("核验身份", "同意", phone):
        client.answer(text)
    code = re.search(r"\d{6}", running.finlit("last-code", phone))[0]
    assert "核验好了" in client.answer(code)
    return client.answer


@pytest.mark.parametrize("who", ["wechat", "web", "verified wechat", "verified web"])
def test_somebody_elses_case_number_says_what_an_invented_one_says(running, cases, who):
    for number in cases:
        if who.startswith("verified"):
            phone = {"verified wechat": "13900000011", "verified web": "13900000012"}[who]
            say = own(running, phone, who)
        else:
            say = Follower(running).say if who == "wechat" else WebClient(running).answer
        there, nowhere = as_asked(say, number), as_asked(say, invented(number))
        assert there == nowhere and all(UNKNOWN in answer for answer in there), number
        assert not any(number in answer for answer in there)


_proved = {}


def own(running, phone, who):
    if who not in _proved:
        _proved[who] = Follower(running).verify(phone).say if "wechat" in who else verified_web(running, phone)
    return _proved[who]
