"""The chat page as people use it."""

import io
import os
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image, ImageChops

from tests.browser.conftest import DESKTOP, PHONE

SCREENSHOTS = Path(__file__).parent / "screenshots"
ANSWER = {
    "text": "罚息按逾期本金、按天算，具体比例以合同为准。\n· 一般是在合同利率上加收 30%–50%。\n下一步：看合同的罚息条款。",
    "buttons": [{"title": "帮我算一算"}, {"title": "能减免吗"}],
    "custom": {
        "sources": [{"id": "F-FEE-02", "cite": "银发〔2003〕251 号第三条", "since": "2004-01-01", "until": None}]
    },
}


def answer_number(page, number):
    answer = page.locator("#log .assistant").nth(number - 1)
    answer.wait_for()
    return answer


def ask(page, text):
    before = page.locator("#log .assistant").count()
    page.fill("#text", text)
    page.press("#text", "Enter")
    return answer_number(page, before + 1)


def test_a_question_is_answered_with_sources_that_unfold_and_a_button_leads_on(open_page, size):
    page = open_page(size)
    answer = ask(page, "花呗逾期一天会上征信吗")
    assert "征信" in answer.inner_text()
    answer.locator("summary").click()
    assert "条例" in answer.locator("details").inner_text()
    page.locator(".choices button").first.click()
    answer_number(page, 3)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing is wider than the screen"


def test_the_whole_talk_works_with_the_keyboard_alone(open_page):
    page = open_page()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "handoff"
    page.focus("#text")
    page.keyboard.type("怎么还款")
    page.keyboard.press("Enter")
    answer_number(page, 2)
    page.locator(".choices button").first.focus()
    page.keyboard.press("Enter")
    answer_number(page, 3)


def test_after_a_reload_the_talk_is_there_once(open_page):
    page = open_page()
    ask(page, "怎么还款")
    page.reload()
    page.wait_for_selector("#log .customer")
    assert page.locator("#log .customer").count() == 1
    assert page.locator("#log .assistant").count() >= 1
    assert page.locator(".choices button").count() > 0


@pytest.mark.parametrize(
    "text", ["<img src=x onerror=document.title='hacked'>", "</script><script>document.title='hacked'</script>"]
)
def test_what_people_type_stays_text(open_page, text):
    page = open_page()
    ask(page, text)
    page.reload()
    page.wait_for_selector("#log .customer")
    assert page.title() != "hacked"
    assert text in page.locator("#log .customer").first.inner_text()
    assert page.locator("#log img").count() == 0


def test_the_page_is_served_under_a_strict_content_security_policy(servers):
    with urllib.request.urlopen(servers.url) as response:
        policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy


@pytest.mark.parametrize("text", ["😭😭😭", '/greet{"a":"b"}', "' OR 1=1 --"])
def test_odd_input_gets_a_polite_answer(open_page, text):
    page = open_page()
    answer = ask(page, text)
    assert len(answer.inner_text()) > 10 and "Error" not in answer.inner_text()


def test_without_the_server_the_message_is_kept_and_can_be_sent_again(open_page):
    page = open_page()
    page.route("**/webhooks/web/message", lambda route: route.abort())
    page.fill("#text", "怎么还款")
    page.press("#text", "Enter")
    page.wait_for_selector("#notice:not([hidden])")
    assert "你的话还在" in page.locator("#notice").inner_text()
    page.unroute("**/webhooks/web/message")
    page.click("#retry")
    answer_number(page, 2)
    assert page.locator("#notice").is_hidden()
    assert page.locator("#log .customer").count() == 1


def test_a_forged_cookie_is_nobody_and_the_page_gets_a_new_session(open_page, servers):
    page = open_page()
    page.context.add_cookies([{"name": "finlit_session", "value": "forged", "url": servers.url}])
    ask(page, "怎么还款")
    assert page.context.cookies()[0]["value"] != "forged"


def post(servers, body, cookie="", kind="application/json"):
    request = urllib.request.Request(
        servers.url + "webhooks/web/message", body, {"Content-Type": kind, "Cookie": cookie}
    )
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_nobody_can_talk_without_a_session_of_the_server_nor_choose_a_sender(servers):
    assert post(servers, '{"text": "你好", "sender": "web-me"}'.encode())[0] == 401


def test_bodies_that_are_no_message_are_refused_politely(servers):
    with urllib.request.urlopen(servers.url + "webhooks/web/history") as response:
        cookie = response.headers["Set-Cookie"].split(";")[0]
    for body in (b"", b"{", b"[]", b'{"text": 5}', b"\xff\xfe"):
        status, answer = post(servers, body, cookie)
        assert status == 400 and "请" in answer, body
    assert post(servers, b'{"text": "' + b"a" * 70_000 + b'"}', cookie)[0] == 413
    status, answer = post(servers, ('{"text": "' + "还" * 10_000 + '"}').encode(), cookie)
    assert status == 200 and "长" in answer


def test_a_flood_is_slowed_down_politely_and_only_for_its_sender(servers, open_page):
    with urllib.request.urlopen(servers.url + "webhooks/web/history") as response:
        cookie = response.headers["Set-Cookie"].split(";")[0]
    answers = [post(servers, '{"text": "怎么还款"}'.encode(), cookie) for _ in range(50)]
    assert answers[0][0] == 200
    assert answers[-1][0] == 429 and "稍等" in answers[-1][1]
    assert ask(open_page(), "怎么还款").inner_text()


def test_restart_begins_a_new_talk(open_page):
    page = open_page()
    ask(page, "怎么还款")
    page.click("#restart")
    page.locator("#log .customer").first.wait_for(state="detached")
    page.reload()
    page.wait_for_selector("#log > div")
    assert page.locator("#log .customer").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(open_page, scheme):
    page = open_page(color_scheme=scheme)
    ask(page, "罚息怎么算")
    found = Axe().run(page).response["violations"]
    assert [item["id"] for item in found if item["impact"] in ("serious", "critical")] == []


def test_chinese_is_drawn_with_a_real_font(open_page):
    page = open_page()
    drawn = [
        page.evaluate(
            """text => { const c = document.createElement('canvas'); c.width = c.height = 40; const g = c.getContext('2d');
            g.font = '32px ' + getComputedStyle(document.body).fontFamily; g.fillText(text, 2, 32);
            return Array.from(g.getImageData(0, 0, 40, 40).data).join() }""",
            text,
        )
        for text in ("征", "信", "\U0010fffd")
    ]
    assert drawn[0] != drawn[1] != drawn[2], "different signs look different: no empty boxes"


@pytest.mark.parametrize(("name", "viewport"), [("phone", PHONE), ("desktop", DESKTOP)])
def test_an_answer_looks_as_it_did(open_page, name, viewport):
    page = open_page(viewport, reduced_motion="reduce")
    page.route("**/webhooks/web/message", lambda route: route.fulfill(json={"replies": [ANSWER]}))
    ask(page, "罚息怎么算")
    page.evaluate("document.querySelectorAll('time').forEach(node => { node.textContent = '00:00' })")
    page.evaluate("document.activeElement.blur()")
    seen = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    baseline = SCREENSHOTS / f"answer-{name}.png"
    if os.environ.get("UPDATE_SCREENSHOTS"):
        seen.save(baseline)
    expected = Image.open(baseline).convert("RGB")
    assert seen.size == expected.size
    changed = sum(1 for pixel in ImageChops.difference(seen, expected).convert("L").getdata() if pixel > 40)
    assert changed / (seen.size[0] * seen.size[1]) < 0.02
