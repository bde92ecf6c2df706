"""The widget in a page of another site: the page at localhost, the assistant at 127.0.0.1."""

import pytest

from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.talking import answers, said, write


@pytest.fixture
def open_host(new_context, servers, host_page):
    """Open the other site's page; returns it with the button that opens the widget."""

    def open_(viewport=DESKTOP, before=None, **options):
        page = new_context(viewport, **options).new_page()
        page.faults = []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        if before:
            before(page)
        page.goto(f"{host_page}/index.html?chat={servers.url}")
        return page

    return open_


def open_widget(page):
    """Press the button (it stands in a closed shadow root, so by its place) and return the chat's frame."""
    page.wait_for_function("window.finlit")
    page.evaluate("finlit.open()")
    return chat_of(page)


def chat_of(page):
    for _ in range(100):
        frame = next((each for each in page.frames if each.url.endswith("/embed")), None)
        if frame:
            frame.locator("#starters button").first.wait_for(state="attached")
            return frame
        page.wait_for_timeout(100)
    raise AssertionError("the widget has no frame")


def ask(chat, text):
    before = answers(chat).count()
    write(chat, text)
    answers(chat).nth(before).wait_for()


def test_the_widget_talks_on_another_site_and_remembers_after_a_reload(open_host, size):
    page = open_host(size)
    chat = open_widget(page)
    ask(chat, "怎么还款")
    cookie = next(each for each in page.context.cookies() if each["name"] == "finlit_widget")
    assert cookie["httpOnly"] and cookie["secure"] and cookie["sameSite"] == "None"
    page.reload()
    chat = open_widget(page)
    answers(chat).first.wait_for()
    assert said(chat) == ["怎么还款"] and page.faults == []


def test_the_button_opens_the_widget_and_escape_closes_it(open_host):
    page = open_host()
    page.wait_for_function("window.finlit")
    page.mouse.click(DESKTOP["width"] - 60, DESKTOP["height"] - 45)
    chat = chat_of(page)
    chat.locator("#text:focus").wait_for()
    page.keyboard.press("Escape")
    page.wait_for_function("document.activeElement.tagName === 'DIV'")  # the button, seen from outside its shadow root
    page.keyboard.press("Enter")
    chat.locator("#text:focus").wait_for()
    chat.locator("#close").click()
    chat.locator("body").wait_for(state="hidden")


def test_a_browser_that_keeps_no_cookie_for_the_frame_talks_all_the_same(open_host):
    def forget_cookies(page):
        def answer(route):
            response = route.fetch(headers={**route.request.headers, "cookie": ""})
            head = {name: value for name, value in response.headers.items() if name != "set-cookie"}
            page.context.clear_cookies()  # fetching kept it
            route.fulfill(response=response, headers=head)

        page.route("**/webhooks/web/history*", answer)
        page.route("**/webhooks/web/message*", answer)

    page = open_host(before=forget_cookies)
    chat = open_widget(page)
    ask(chat, "怎么还款")
    ask(chat, "罚息怎么算")
    assert page.context.cookies() == []
    assert said(chat) == ["怎么还款", "罚息怎么算"], "one conversation, by the token that the page holds"


def test_the_widget_and_the_page_of_its_own_are_two_conversations(open_host, servers):
    page = open_host()
    ask(open_widget(page), "怎么还款")
    own = page.context.new_page()
    own.goto(servers.url)
    own.locator("#starters button").first.wait_for()
    assert said(own) == []


def test_a_site_that_is_not_in_the_settings_can_not_frame_the_chat(new_context, servers, host_page):
    elsewhere = host_page.replace("localhost", "127.0.0.1")
    page = new_context(DESKTOP).new_page()
    page.goto(f"{elsewhere}/index.html?chat={servers.url}")
    refused = []
    page.on("console", lambda message: "frame-ancestors" in message.text and refused.append(message.text))
    page.wait_for_function("window.finlit")
    page.evaluate("finlit.open()")
    page.wait_for_timeout(1500)
    assert refused and not any(frame.url.endswith("/embed") and frame.locator("#text").count() for frame in page.frames)


def test_the_page_around_can_not_read_the_talk_and_its_style_stays_outside(open_host):
    page = open_host(PHONE)
    chat = open_widget(page)
    ask(chat, "怎么还款")
    assert page.evaluate("document.querySelectorAll('iframe').length") == 0, "the frame is in a closed shadow root"
    box = chat.frame_element().bounding_box()
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, PHONE["width"], PHONE["height"])
    assert page.evaluate("localStorage.length + document.cookie.length") == 0
