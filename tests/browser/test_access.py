"""Keyboard, screen reader, contrast: axe in every state, the order of the focus, what is announced."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.states import ANSWER, AT, CRISIS, PROMPT, TABLE, show
from tests.browser.talking import answer_number, ask, write

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
STATES = {"welcome": [], "answer": [ANSWER], "form": [PROMPT], "table": [TABLE], "crisis": [CRISIS]}


def faults(page):
    found = Axe().run(page, options=RULES).response["violations"]
    return [
        (item["id"], item["nodes"][0]["html"][:120])
        for item in found
        if item["impact"] in ("serious", "critical", "moderate")
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing(open_page, state, scheme):
    page = show(open_page, STATES[state], color_scheme=scheme, more={"verified": state == "answer"})
    for summary in page.locator("summary:visible").all():
        summary.click()
    assert faults(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_while_something_is_wrong_or_open(open_page, scheme):
    page = show(open_page, [ANSWER], color_scheme=scheme)
    page.route("**/webhooks/web/message*", lambda route: route.fulfill(status=503, json={"error": "trouble"}))
    write(page, "罚息怎么算")
    page.locator("#notice[data-kind=trouble]").wait_for()
    assert faults(page) == [], "an error"
    page.context.set_offline(True)
    page.locator("#notice[data-kind=offline]").wait_for()
    assert faults(page) == [], "offline"
    page.click("#menu-button")
    assert faults(page) == [], "the menu"
    page.click("#about-button")
    assert faults(page) == [], "a dialog"


def test_the_whole_talk_works_with_the_keyboard_alone(open_page):
    page = open_page(DESKTOP)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "text"
    page.keyboard.type("怎么还款")
    page.keyboard.press("Enter")
    first = answer_number(page, 1)
    while not page.evaluate("Boolean(document.activeElement.closest('.choices'))"):
        page.keyboard.press("Shift+Tab")
    title = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    second = answer_number(page, 2)
    assert page.locator("#log .customer .bubble").last.inner_text() == title
    assert second.evaluate("node => node === document.activeElement"), "the focus goes on to the answer"
    first.locator(".sources summary").focus()
    page.keyboard.press("Enter")
    assert first.locator(".sources ul").is_visible()
    page.focus("#menu-button")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.name") == "theme"
    page.keyboard.press("Escape")
    assert page.locator("#menu").is_hidden() and page.evaluate("document.activeElement.id") == "menu-button"


def test_the_focus_goes_through_the_page_in_the_order_of_reading(open_page):
    page = show(open_page, [TABLE], DESKTOP)
    order = []
    for _ in range(16):
        page.keyboard.press("Tab")
        order.append(page.evaluate("(n => n.id || n.className || n.tagName)(document.activeElement)"))
    wanted = [
        "skip",
        "handoff",
        "menu-button",
        "scroll",
        "table-scroll",
        "SUMMARY",
        "SUMMARY",
        "small",
        "small",
        "small",
        "choice",
        "text",
        "send",
    ]
    assert order[: len(wanted)] == wanted


def test_a_new_answer_is_announced_and_so_is_that_one_is_coming(open_page):
    page = open_page()
    log = page.locator("#log")
    assert log.get_attribute("role") == "log" and log.get_attribute("aria-live") == "polite"
    assert page.locator("#typing").get_attribute("role") == page.locator("#notice").get_attribute("role") == "status"
    answer = ask(page, "怎么还款")
    assert answer.evaluate("node => node.closest('[aria-live]').id") == "log"
    assert answer.locator(".unseen").first.inner_text() == "明白账说："


def test_a_table_is_a_table_and_scrolls_by_itself_on_a_phone(open_page):
    page = show(open_page, [TABLE], PHONE)
    assert page.get_by_role("table", name="10,000 元、12 期、年利率 24%").is_visible()
    assert page.get_by_role("columnheader", name="等额本金").count() == 1
    assert page.get_by_role("rowheader", name="总利息").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    scroll = page.locator(".table-scroll")
    assert scroll.evaluate("node => node.scrollWidth > node.clientWidth")
    picture = page.get_by_role("img", name="每月还款")
    assert "等额本金" in picture.get_attribute("aria-label")


def test_leaving_the_verified_state_is_offered_where_it_is_shown(open_page):
    page = show(open_page, [ANSWER], more={"verified": True})
    assert "已核验" in page.locator("#verified").inner_text()
    page.click("#leave")
    assert page.locator("#log .customer .bubble").last.inner_text() == "退出核验"


def test_a_figure_of_the_account_is_put_away_until_the_customer_is_verified_again(open_page):
    page = show(
        open_page, [{"n": 2, "at": AT, "from": "assistant", "text": "", "buttons": [], "custom": {}, "hidden": True}]
    )
    answer = page.locator("#log .answer").last
    assert "核验身份后可以再看" in answer.inner_text() and answer.locator(".foot-row button").count() == 0
    answer.get_by_role("button", name="核验身份").click()
    assert page.locator("#log .customer .bubble").last.inner_text() == "核验身份"


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
