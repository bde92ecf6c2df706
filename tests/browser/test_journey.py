"""The chat page as people use it, on a phone and on a desktop."""

import json
import re

from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.talking import answer_number, answers, ask, said, write

FIRST_LOAD = 100 * 1024  # bytes of our own code, as transferred


def test_a_question_is_answered_with_sources_and_a_button_leads_on(open_page, size):
    page = open_page(size)
    answer = ask(page, "花呗逾期一天会上征信吗")
    assert "征信" in answer.inner_text()
    answer.locator(".sources summary").click()
    assert "条例" in answer.locator(".sources").inner_text()
    assert re.search(r"\d\d:\d\d", answer.locator("time").inner_text())
    choice = answer.locator(".choices button").first
    title = choice.inner_text()
    choice.click()
    answer_number(page, 2)
    assert said(page)[-1] == title
    assert answer.locator(".choices").count() == 0, "old choices are gone"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing is wider than the screen"
    assert page.faults == []


def test_a_calculation_asks_for_what_is_missing_and_ends_in_figures(open_page, size):
    page = open_page(size)
    ask(page, "帮我算罚息")
    for value in ("10000", "24%", "10天"):
        last = ask(page, value)
    assert re.search(r"\d", last.inner_text())
    assert page.locator("#typing").is_hidden()


def test_the_page_says_what_it_is_and_what_it_is_not(open_page):
    page = open_page()
    welcome = page.locator(".welcome").inner_text()
    for words in ("不是人工客服", "由放款机构决定", "不构成法律意见", "密码"):
        assert words in welcome
    page.click("#menu-button")
    page.click("#about-button")
    assert "从不索要密码" in page.locator("#about").inner_text()
    page.keyboard.press("Escape")
    assert page.locator("#about").is_hidden()


def test_a_starter_asks_its_question_and_the_starters_go(open_page):
    page = open_page()
    page.locator("#starters button").first.click()
    answer_number(page, 1)
    assert page.locator("#starters").is_hidden()


def test_a_person_is_one_press_away_at_any_time(open_page):
    page = open_page()
    ask(page, "帮我算罚息")
    page.click("#handoff")
    assert "人工" in answer_number(page, 2).inner_text()


def test_an_answer_is_rated_with_a_word_and_stays_rated(open_page, servers):
    page = open_page()
    answer = ask(page, "罚息怎么算")
    with page.expect_response("**/feedback*") as stored:
        answer.get_by_role("button", name="没帮助").click()
    assert stored.value.status == 200
    page.locator(".word input").fill("看不懂，打我电话13812345678")
    with page.expect_response("**/feedback*") as stored:
        page.press(".word input", "Enter")
    assert stored.value.status == 200
    page.locator("#toast:has-text('谢谢')").wait_for()  # a moment after the response
    page.reload()
    answer = answer_number(page, 1)
    assert answer.get_by_role("button", name="没帮助").get_attribute("aria-pressed") == "true"
    assert answer.get_by_role("button", name="有帮助", exact=True).get_attribute("aria-pressed") == "false"


def test_an_answer_can_be_copied(open_page, servers):
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    answer = ask(page, "罚息怎么算")
    answer.get_by_role("button", name="复制这条回答").click()
    page.locator("#toast:has-text('已复制')").wait_for()
    assert "罚息" in page.evaluate("navigator.clipboard.readText()")


def test_after_a_reload_the_talk_is_there_once(open_page):
    page = open_page()
    ask(page, "怎么还款")
    before = page.locator("#log").inner_text()
    page.reload()
    answer_number(page, 1)
    assert page.locator("#log").inner_text() == before
    assert page.locator(".choices:visible button").count() > 0


def test_restart_begins_a_new_talk_for_good(open_page):
    page = open_page()
    ask(page, "怎么还款")
    page.click("#menu-button")
    page.click("#restart")
    page.get_by_role("button", name="先不").click()
    assert answers(page).count() == 1
    page.click("#menu-button")
    page.click("#restart")
    page.locator("#restart-dialog button[value=yes]").click()
    page.locator("#log .turn").first.wait_for(state="detached")
    assert page.locator("#starters").is_visible()
    page.reload()
    page.locator("#starters button").first.wait_for()
    assert answers(page).count() == 0


def test_somebody_in_danger_can_call_with_one_press(open_page):
    page = open_page()
    answer = ask(page, "我不想活了")
    numbers = answer.locator(".hotlines a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert numbers == ["tel:12356", "tel:120", "tel:110"]
    assert "calm" in answer.get_attribute("class")
    assert answer.locator(".tools").count() == 0, "nobody is asked to rate this"


def test_enter_in_the_middle_of_composing_a_character_sends_nothing(open_page):
    page = open_page()
    page.focus("#text")
    page.evaluate(
        """() => document.getElementById("text").dispatchEvent(
            new KeyboardEvent("keydown", { key: "Enter", isComposing: true, bubbles: true, cancelable: true }))"""
    )
    assert page.locator("#log .turn").count() == 0


def test_colours_and_text_size_are_the_readers_own_and_stay(open_page):
    page = open_page()
    page.click("#menu-button")
    page.get_by_label("深色").check()
    page.get_by_label("特大").check()
    page.reload()
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    assert page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") == 23


def test_a_long_message_is_answered_politely_and_the_box_takes_no_more(open_page):
    page = open_page()
    page.fill("#text", "还" * 600)
    assert len(page.input_value("#text")) <= 600
    write(page, "还" * 500)
    answer_number(page, 1)


def test_who_pastes_too_much_is_told_that_the_rest_is_not_there(open_page):
    page = open_page()
    page.focus("#text")
    page.keyboard.insert_text("还" * 600)
    assert len(page.input_value("#text")) == 500
    assert "最多 500 字" in page.locator("#toast").inner_text()


def test_large_text_on_a_small_phone_still_fits(open_page):
    page = open_page({"width": 360, "height": 640})
    ask(page, "花呗逾期一天会上征信吗")
    page.evaluate("document.documentElement.style.fontSize = '32px'")  # 200 % of the usual 16
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for name in ("#handoff", "#menu-button", "#send"):
        box = page.locator(name).bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 360, f"{name} is on the screen"


def test_the_first_load_is_small(new_context, servers):
    context = new_context(DESKTOP)
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    sizes, names = [], []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    session.on("Network.responseReceived", lambda event: names.append(event["response"]["url"]))
    page.goto(servers.url, wait_until="load")
    page.locator("#starters button").first.wait_for()
    page.wait_for_timeout(300)
    assert sum(sizes) < FIRST_LOAD / 2, f"{sum(sizes)} bytes in {json.dumps(names)}"
    assert all(name.startswith(servers.url) or name.startswith("data:") for name in names), "nothing from elsewhere"


def test_nothing_is_too_small_to_press(open_page):
    page = open_page(PHONE)
    ask(page, "花呗逾期一天会上征信吗")
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, summary, a:not(.skip)")]
            .map(node => [node.id || node.textContent, node.getBoundingClientRect()])
            .filter(([, box]) => box.width && (box.width < 24 || box.height < 24)).map(([name]) => name)"""
    )
    assert small == []
