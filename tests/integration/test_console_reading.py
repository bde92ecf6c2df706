"""What the console reads of conversations and requests, and whose address it notes."""

import json
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network

import pytest

from finlit.console import inbox, talks
from finlit.console.app import address_of_request, create_app
from finlit.content import intents
from finlit.content.yaml_text import CannotEdit
from finlit.db import conversation_events as stored
from finlit.db import engine
from finlit.requests import queue
from tests.conftest import NOW

DAY = timedelta(days=1)


@pytest.fixture
def conversations(tmp_path):
    """An empty store of conversations, and a function that adds what was said in one of them."""
    url = f"sqlite:///{tmp_path / 'talks.db'}"
    target = engine.engine_for(url)
    stored.create(target)

    def say(sender, *said):
        with target.begin() as connection:
            last = stored.all_of(connection, sender).last
            events = [
                stored.Event(who, at.timestamp(), json.dumps({"event": who, "text": text, "timestamp": at.timestamp()}))
                for who, at, text in said
            ]
            stored.append(connection, sender, last, events, None)

    yield url, say
    engine.dispose(url)


def test_turns_are_numbered_in_the_whole_conversation_though_it_began_before_the_window(conversations):
    url, say = conversations
    say("web-1", ("user", NOW - 40 * DAY, "早先问的"), ("bot", NOW - 40 * DAY, "早先答的"),
        ("user", NOW, "今天问的"), ("bot", NOW, "今天答的"))  # fmt: skip
    windowed = talks.read(url, NOW - DAY)[0].turns
    assert [(turn.n, turn.text) for turn in windowed] == [(3, "今天问的"), (4, "今天答的")]
    whole = talks.read(url, NOW, "web-1")[0].turns
    assert [turn.n for turn in whole] == [1, 2, 3, 4]


def test_of_too_many_events_the_newest_are_read_in_their_order(conversations, monkeypatch):
    url, say = conversations
    say("web-1", *(("user", NOW + timedelta(seconds=n), f"第 {n} 句") for n in range(5)))
    monkeypatch.setattr(talks, "MOST_EVENTS", 2)
    assert [turn.text for turn in talks.read(url, NOW - DAY)[0].turns] == ["第 3 句", "第 4 句"]


def test_a_store_that_cannot_be_read_is_not_taken_for_one_where_nobody_talked(tmp_path, session, settings):
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"no database at all" * 100)
    with pytest.raises(talks.OutOfReach):
        talks.read(f"sqlite:///{broken}", NOW)
    app = create_app(replace(settings, root=tmp_path))
    app.add_url_rule("/broken", view_func=lambda: str(talks.read(f"sqlite:///{broken}", NOW)))
    page = app.test_client().get("/broken")
    assert page.status_code == 503 and "对话库现在连不上" in page.get_data(as_text=True)


def test_before_the_first_conversation_there_is_nothing_to_read(tmp_path):
    (tmp_path / "empty.db").touch()
    assert talks.read(f"sqlite:///{tmp_path / 'empty.db'}", NOW) == []
    assert talks.read(f"sqlite:///{tmp_path / 'missing.db'}", NOW) == []


def test_a_long_sentence_that_was_ignored_stays_ignored():
    long = "我这笔贷款" + "真的还不上了怎么办" * 20
    turn = talks.Turn(1, "web-1", "web", NOW, True, long, kind="refused")
    found = [inbox.Missed(turn, "refused")]
    mark = inbox.mark_of(long)
    assert len(mark) == 64 and inbox.groups(found, set(), set()) and inbox.groups(found, set(), {mark}) == []


def test_behind_a_trusted_proxy_the_address_is_the_editors_own_and_nobody_elses_word_counts(session, settings):
    app = create_app(replace(settings, trusted_proxies=(ip_network("127.0.0.1/32"),)))

    def address(peer, forwarded):
        with app.test_request_context(headers={"X-Forwarded-For": forwarded}, environ_base={"REMOTE_ADDR": peer}):
            return address_of_request()

    assert address("127.0.0.1", "198.51.100.9, 203.0.113.7") == "203.0.113.7"
    assert address("203.0.113.7", "198.51.100.9") == "203.0.113.7"


@pytest.mark.parametrize("change", [intents.rename, intents.merge])
def test_a_narrower_label_is_neither_renamed_nor_merged(change):
    with pytest.raises(CannotEdit, match="子问题的名字请开发人员改"):
        change({intents.DOMAIN: ""}, "account_unbind/delete_data", "account_other_name", None)


def test_looking_at_a_request_locks_nothing(session, monkeypatch):
    asked = []
    monkeypatch.setattr(session, "get", lambda *_, **options: asked.append(options))
    with pytest.raises(queue.UnknownRequest):
        queue.case(session, "X")
    with pytest.raises(queue.UnknownRequest):
        queue.close(session, "X", "lin", NOW)
    assert asked == [{}, {"with_for_update": True}]


def test_signs_beyond_ascii_in_the_login_form_are_an_old_page(session, settings):
    client = create_app(settings).test_client()
    client.set_cookie("finlit_console_login", "token")
    assert client.post("/login", data={"csrf": "令牌", "name": "lin", "password": "x"}).status_code == 400
