"""Reload, lost network, second tab, restarted server: nothing twice, nothing lost."""

import sqlite3
import threading
import urllib.request
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.browser.conftest import PATIENCE, Client, Servers
from tests.browser.talking import answer_number, answers, ask, notice, said, write


def test_what_was_typed_offline_is_sent_once_and_in_order_when_the_network_is_back(open_page):
    page = open_page()
    ask(page, "怎么还款")
    page.context.set_offline(True)
    write(page, "罚息怎么算")
    write(page, "逾期会上征信吗")
    # the browser tells the page a moment after the first request has failed
    page.locator("#notice:has-text('网络断开')").wait_for()
    page.locator(".pending .state:text-is('待发送')").nth(1).wait_for()
    page.context.set_offline(False)
    answer_number(page, 3)
    page.locator(".pending").first.wait_for(state="detached")
    page.locator("#notice").wait_for(state="hidden")
    assert said(page) == ["怎么还款", "罚息怎么算", "逾期会上征信吗"]
    assert "罚息" in answers(page).nth(1).inner_text() and "征信" in answers(page).nth(2).inner_text()
    page.reload()
    answer_number(page, 3)
    assert said(page) == ["怎么还款", "罚息怎么算", "逾期会上征信吗"]


def test_a_request_that_fails_late_does_not_say_offline_while_the_page_is_connected(open_page):
    page = open_page()
    ask(page, "怎么还款")
    late = []
    page.route("**/webhooks/web/history*", lambda route: late.append(route))  # neither answered nor refused, for now
    page.route("**/webhooks/web/stream*", lambda route: route.abort(), times=1)
    page.evaluate("dispatchEvent(new Event('online'))")  # the stream begins anew, fails, and the page asks instead
    page.wait_for_timeout(300)
    assert late
    with page.expect_response("**/webhooks/web/stream*"):
        page.evaluate("dispatchEvent(new Event('online'))")
    page.wait_for_timeout(300)
    for route in late:
        route.abort()
    page.wait_for_timeout(500)
    assert page.locator("#notice").is_hidden()
    ask(page, "罚息怎么算")


def test_what_was_typed_offline_survives_that_the_page_is_closed(open_page, servers):
    page = open_page()
    ask(page, "怎么还款")
    page.route("**/webhooks/web/**", lambda route: route.abort())
    write(page, "罚息怎么算")
    page.locator(".pending").wait_for()
    context = page.context
    page.close()
    again = context.new_page()
    again.goto(servers.url)
    answer_number(again, 2)
    assert said(again) == ["怎么还款", "罚息怎么算"]


def test_an_answer_that_got_lost_on_its_way_comes_without_a_second_question(open_page):
    page = open_page()
    ask(page, "怎么还款")
    lost = []

    def lose(route):
        lost.append(route.fetch())  # the server has the message and answers it
        route.abort()

    page.route("**/webhooks/web/message*", lose, times=1)
    page.route("**/webhooks/web/stream*", lambda route: route.abort())
    write(page, "罚息怎么算")
    answer_number(page, 2)
    page.wait_for_timeout(1500)
    assert len(lost) == 1 and said(page) == ["怎么还款", "罚息怎么算"] and answers(page).count() == 2


def test_without_streams_the_page_asks_and_still_sees_the_other_tab(open_page, servers):
    page = open_page(before=lambda page: page.route("**/webhooks/web/stream*", lambda route: route.abort()))
    ask(page, "怎么还款")
    other = page.context.new_page()
    other.goto(servers.url)
    ask_in_other(other, "罚息怎么算", 2)
    answer_number(page, 2)


def ask_in_other(page, text, number):
    answer_number(page, number - 1)
    write(page, text)
    return answer_number(page, number)


def test_two_tabs_show_the_same_talk_once_and_a_restart_reaches_both(open_page, servers):
    page = open_page()
    other = page.context.new_page()
    other.goto(servers.url)
    ask(page, "怎么还款")
    answer_number(other, 1)
    ask(other, "罚息怎么算")
    answer_number(page, 2)
    for tab in (page, other):
        assert said(tab) == ["怎么还款", "罚息怎么算"] and answers(tab).count() == 2
    page.click("#menu-button")
    page.click("#restart")
    page.locator("#restart-dialog button[value=yes]").click()
    other.locator("#log .turn").first.wait_for(state="detached")
    ask(other, "逾期有什么后果")
    answer_number(page, 1)
    assert said(page) == ["逾期有什么后果"]


def test_the_other_tab_sees_that_the_server_is_working(open_page, servers):
    page = open_page()
    other = page.context.new_page()
    other.goto(servers.url)
    other.locator("#starters button").first.wait_for()
    other.evaluate(
        """() => { window.seen = false; new MutationObserver(() => { window.seen ||= !document.getElementById("typing").hidden })
            .observe(document.getElementById("typing"), { attributes: true }) }"""
    )
    with conversations_locked(servers):  # a turn of ten milliseconds may be over before anybody could look
        write(page, "帮我算罚息，一万，年利率24%，逾期10天")
        other.locator("#typing").wait_for()
    answer_number(other, 1)
    assert other.evaluate("window.seen")


@pytest.fixture(scope="module")
def second_servers(servers, tmp_path_factory):
    """Another pair of servers on the same stores."""
    same = {key: servers.environment[key] for key in ("DATABASE_URL", "TRACKER_DATABASE", "FINLIT_SESSION_SECRET")}
    second = Servers(tmp_path_factory.mktemp("second"), **same)
    second.start()
    yield second
    second.stop()


def test_a_killed_server_costs_no_message_and_no_answer_comes_twice(open_page, second_servers):
    page = open_page()
    page.goto(second_servers.url)
    ask(page, "怎么还款")
    second_servers.kill_assistant()
    write(page, "罚息怎么算")
    assert "你写的话会留着" in notice(page)
    answer = answers(page).nth(1)
    answer.wait_for(timeout=90_000)
    assert "罚息" in answer.inner_text()
    page.locator("#notice").wait_for(state="hidden")
    page.reload()
    answer_number(page, 2)
    assert said(page) == ["怎么还款", "罚息怎么算"] and answers(page).count() == 2


def test_a_server_in_trouble_is_tried_again_until_it_answers(open_page):
    page = open_page()
    page.route("**/webhooks/web/message*", lambda route: route.fulfill(status=503, json={"error": "trouble"}), times=2)
    write(page, "罚息怎么算")
    assert "出了点问题" in notice(page)
    page.click("#retry")
    answer_number(page, 1)
    assert said(page) == ["罚息怎么算"]


def test_too_many_messages_wait_and_the_page_says_how_long(open_page):
    page = open_page()
    page.route(
        "**/webhooks/web/message*",
        lambda route: route.fulfill(status=429, json={"error": "slow_down", "wait": 1}),
        times=1,
    )
    write(page, "罚息怎么算")
    assert "稍等" in notice(page) and "1 秒" in notice(page)
    answer_number(page, 1)
    assert page.locator("#notice").is_hidden()


def test_an_expired_session_becomes_a_new_one_and_the_message_is_answered(open_page, servers):
    page = open_page()
    ask(page, "怎么还款")
    page.context.add_cookies([{"name": "finlit_session", "value": "forged", "url": servers.url}])
    write(page, "罚息怎么算")
    page.locator("#log .answer:has-text('罚息')").wait_for()
    cookie = next(each for each in page.context.cookies() if each["name"] == "finlit_session")
    assert cookie["value"] != "forged" and cookie["httpOnly"]


def test_two_messages_at_once_are_answered_in_order_and_each_once(client):
    client.open()
    texts = ["罚息怎么算", "逾期会上征信吗", "怎么还款", "能减免吗"]
    names = [f"at-once-{number}" for number in range(len(texts))]
    threads = [threading.Thread(target=client.say, args=pair) for pair in zip(texts, names)]
    again = [threading.Thread(target=client.say, args=pair) for pair in zip(texts, names)]
    for thread in threads + again:
        thread.start()
    for thread in threads + again:
        thread.join()
    turns = client.request("history")[1]["turns"]
    assert sorted(turn["id"] for turn in turns if turn["from"] == "customer") == names
    kinds = [turn["from"] for turn in turns]
    assert kinds == ["customer", "assistant"] * len(texts), "each question is followed by its answer"


@pytest.mark.parametrize("after", [0, 1, 2, 99])
def test_a_page_gets_only_what_it_does_not_have(client, after):
    client.open()
    client.say("怎么还款")
    turns = client.request(f"history?after={after}")[1]["turns"]
    assert [turn["n"] for turn in turns] == ([1, 2][after:] if after <= 2 else [1, 2])


def test_the_stream_of_one_process_shows_what_another_process_answered(client, second_servers):
    second_servers.wait_until_ready()
    client.open()
    elsewhere = Client(second_servers)
    elsewhere.cookie = client.cookie
    request = urllib.request.Request(second_servers.api + "stream", headers={"Cookie": client.cookie})
    with urllib.request.urlopen(request, timeout=PATIENCE / 1000) as stream:
        client.say("怎么还款", "from-the-first")
        status, found, _ = elsewhere.say("怎么还款", "from-the-first")
        assert status == 200 and len(found["turns"]) == 2, "the other process knows the message"
        assert any(b"from-the-first" in line for line in stream), "and its stream shows it"


@contextmanager
def conversations_locked(servers):
    """Another process writes to the file with the conversations: whoever wants to store waits."""
    file = servers.environment["TRACKER_DATABASE"].removeprefix("sqlite:///")
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            connection.execute("ROLLBACK")


@contextmanager
def conversations_away(servers):
    """The file with the conversations is somewhere else for a while."""
    file = Path(servers.environment["TRACKER_DATABASE"].removeprefix("sqlite:///"))
    kept = file.with_suffix(".kept")
    file.rename(kept)
    try:
        yield
    finally:
        kept.rename(file)


def test_while_the_conversations_are_away_the_page_apologises_keeps_the_message_and_sends_it_later(open_page, servers):
    page = open_page()
    ask(page, "怎么还款")
    with conversations_away(servers):
        write(page, "罚息怎么算")
        aside = page.locator(".turn.aside")
        aside.wait_for()
        assert "之前说过的、填过的都存着" in aside.inner_text() and "正在自动重试" in notice(page)
        page.wait_for_timeout(2500)  # it is tried again meanwhile
        assert aside.count() == 1 and page.locator(".pending").count() == 1
    page.locator(".pending").wait_for(state="detached", timeout=30_000)
    assert said(page) == ["怎么还款", "罚息怎么算"] and "罚息" in answers(page).last.inner_text()
    assert aside.count() == 0 and page.locator("#notice").is_hidden()
    page.reload()
    answer_number(page, 2)
    assert said(page) == ["怎么还款", "罚息怎么算"], "the apology is no part of the conversation"


def test_help_comes_while_the_conversations_are_away(open_page, servers):
    page = open_page()
    ask(page, "怎么还款")
    with conversations_away(servers):
        write(page, "我不想活了")
        aside = page.locator(".turn.aside")
        aside.wait_for()
        assert aside.locator('a[href="tel:12356"]').first.is_visible()
    page.locator(".pending").wait_for(state="detached", timeout=30_000)
    assert "12356" in answers(page).last.inner_text() and aside.count() == 0
