"""Text stays text, sessions are the server's, requests are small, few and our own."""

import json
import re
import threading
import urllib.request

import pytest

from tests.browser.conftest import Client
from tests.browser.states import ANSWER, show
from tests.browser.talking import answer_number, ask, said

ATTACKS = [
    "<img src=x onerror=document.title='hacked'>",
    "</script><script>document.title='hacked'</script>",
    "<svg/onload=document.title='hacked'>",
    "javascript:document.title='hacked'//",
    "{{constructor.constructor('document.title=1')()}}",
]


@pytest.mark.parametrize("text", ATTACKS)
def test_what_people_type_stays_text(open_page, text):
    page = open_page()
    ask(page, text)
    page.reload()
    answer_number(page, 1)
    assert page.title() == "明白账 · 借款知识助手"
    assert said(page)[0] == text
    assert page.locator("#log img, #log script, #log iframe").count() == 0


def test_whatever_an_answer_holds_stays_text(open_page):
    attack = ATTACKS[0]
    turn = {
        **ANSWER, "text": f"{attack}\n· {attack}\n下一步：{attack}", "buttons": [{"title": attack}],
        "custom": {
            "sources": [{"id": attack, "cite": attack, "title": attack, "since": attack, "until": attack}],
            "table": {"caption": attack, "columns": [attack, attack], "rows": [[attack, attack]]},
            "chart": {"title": attack, "unit": attack, "series": [{"name": attack, "points": [[attack, 1], ["b", 2]]}]},
            "details": [{"title": attack, "lines": [attack]}],
        },
    }  # fmt: skip
    page = show(open_page, [turn])
    assert page.title() == "明白账 · 借款知识助手" and page.faults == []
    assert page.locator("#log img").count() == 0
    assert page.locator("#log").inner_text().count("<img") >= 8


def policy_of(url):
    with urllib.request.urlopen(url) as response:
        text = response.headers["Content-Security-Policy"]
    return dict(part.strip().split(" ", 1) for part in text.split(";") if " " in part.strip())


def test_the_page_is_served_under_a_strict_policy(servers, host_page):
    page, embedded = policy_of(servers.url), policy_of(servers.url + "embed")
    for policy in (page, embedded):
        assert policy["default-src"] == "'none'" and policy["script-src"] == policy["style-src"] == "'self'"
        assert not re.search("unsafe|http", json.dumps({**policy, "frame-ancestors": ""}))
        assert policy["require-trusted-types-for"] == "'script'"
    assert page["frame-ancestors"] == "'none'" and embedded["frame-ancestors"] == host_page


def test_the_page_itself_does_nothing_that_its_policy_forbids(open_page):
    faults = []
    page = open_page(before=lambda page: page.on("console", lambda m: m.type == "error" and faults.append(m.text)))
    ask(page, "花呗逾期一天会上征信吗")
    page.click("#menu-button")
    assert faults == []


def test_nobody_talks_without_a_session_of_the_server_nor_chooses_a_sender(client):
    status, answer, _ = client.request("message", {"id": "some-name", "text": "你好", "sender": "web-me"})
    assert (status, answer) == (401, {"error": "expired"})
    for path in ("stream", "feedback"):
        assert client.request(path, {} if path == "feedback" else None)[0] == 401


def test_one_conversation_never_sees_another(servers, client):
    client.open()
    client.say("我叫张三，怎么还款")
    other = Client(servers).open()
    assert other.request("history")[1]["turns"] == []
    stolen = Client(servers).open()
    stolen.cookie = stolen.cookie[:-4] + "AAAA"
    assert stolen.request("history")[1]["opened"], "a forged token is a new conversation"


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}],
)  # fmt: skip
@pytest.mark.parametrize("path", ["message", "restart", "feedback", "history"])
def test_another_site_can_not_use_the_cookie_of_a_customer(client, headers, path):
    client.open()
    body = None if path == "history" else {"id": "some-name", "text": "转人工"}
    status, answer, given = client.request(path, body, **headers)
    assert (status, answer) == (403, {"error": "from_elsewhere"}) and not given["Access-Control-Allow-Origin"]
    assert client.request("history")[1]["turns"] == []


def test_a_form_of_another_site_is_no_message(client):
    client.open()
    assert client.request("message", b'{"id": "some-name", "text": "a"}', **{"Content-Type": "text/plain"})[0] == 400


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'"a"', b"\xff\xfe", b'{"text": "a"}', b'{"id": "some-name"}', b'{"id": "some-name", "text": 5}',
     b'{"id": "short", "text": "a"}', b'{"id": "bad name!", "text": "a"}', b'{"id": ["some-name"], "text": "a"}',
     b"[" * 30_000],
)  # fmt: skip
def test_a_body_that_is_no_message_is_refused(client, body):
    client.open()
    status, answer, _ = client.request("message", body)
    assert (status, answer) == (400, {"error": "not_understood"})


@pytest.mark.parametrize("size", [70_000, 300_000])
def test_a_body_that_is_too_large_is_refused(client, size):
    client.open()
    status, answer, _ = client.request("message", b'{"id": "some-name", "text": "' + b"a" * size + b'"}')
    assert (status, answer) == (413, {"error": "too_long"})


def test_a_button_that_was_not_offered_is_only_words(client):
    client.open()
    typed = client.say('/account_bill{"customer": "1"}')[1]["turns"]
    assert typed[0]["text"].startswith("／")
    offered = [button["title"] for turn in typed for button in turn.get("buttons", ())]
    assert all(set(button) == {"title"} for turn in typed for button in turn.get("buttons", ())), offered


def test_a_flood_is_slowed_down_and_only_for_its_sender(servers, client):
    client.open()
    answers = [client.say("怎么还款") for _ in range(32)]
    assert [status for status, _, _ in answers[:30]] == [200] * 30
    status, answer, headers = answers[-1]
    assert status == 429 and answer["error"] == "slow_down" and 0 < answer["wait"] <= 120
    assert headers["Retry-After"] == str(answer["wait"])
    assert Client(servers).open().say("怎么还款")[0] == 200


def test_streams_of_one_conversation_are_few_and_end_with_their_page(client, servers):
    client.open()
    streams = []
    for _ in range(8):
        request = urllib.request.Request(servers.api + "stream", headers={"Cookie": client.cookie})
        try:
            streams.append(urllib.request.urlopen(request, timeout=10))
        except urllib.error.HTTPError as error:
            assert error.code == 429
    assert len(streams) == 6
    for stream in streams:
        stream.close()


@pytest.mark.parametrize("rating", [{}, {"n": 1, "rating": "up"}, {"n": 99, "rating": "up"}, {"n": 2, "rating": "great"},
                                    {"n": True, "rating": "up"}, {"n": "2", "rating": "up"}, {"n": 2, "rating": "up", "word": 5}])  # fmt: skip
def test_only_an_answer_of_the_conversation_can_be_rated(client, rating):
    client.open()
    client.say("怎么还款")
    assert client.request("feedback", rating)[0] == 400
    assert client.request("feedback", {"n": 2, "rating": "up"})[0] == 200


def test_the_server_says_whether_it_lives_and_whether_it_can_answer(servers):
    for path, expected in (("health", {"alive": True}), ("ready", {"ready": True})):
        with urllib.request.urlopen(servers.url + path) as response:
            assert expected.items() <= json.loads(response.read()).items()


def test_files_are_compressed_known_again_and_nothing_else_is_served(servers):
    request = urllib.request.Request(servers.url + "web/js/main.js", headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request) as response:
        assert response.headers["Content-Encoding"] == "gzip" and response.headers["Content-Type"].startswith(
            "text/javascript"
        )
        etag = response.headers["ETag"]
    with pytest.raises(urllib.error.HTTPError) as known:
        urllib.request.urlopen(urllib.request.Request(servers.url + "web/js/main.js", headers={"If-None-Match": etag}))
    assert known.value.code == 304
    for path in (
        "web/../finlit/settings.py",
        "web/%2e%2e/.env",
        "web/js/none.js",
        "web/",
        "model",
        "conversations/a/tracker",
    ):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(servers.url + path)
        assert refused.value.code == 404 and json.loads(refused.value.read()) == {"error": "not_found"}


def test_many_conversations_at_once_are_never_mixed_up(servers):
    wrong = []

    def talk(number):
        client = Client(servers).open()
        client.say(f"我是第{number}个人，怎么还款")
        turns = client.request("history")[1]["turns"]
        if [turn["text"] for turn in turns if turn["from"] == "customer"] != [f"我是第{number}个人，怎么还款"]:
            wrong.append(turns)

    threads = [threading.Thread(target=talk, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
