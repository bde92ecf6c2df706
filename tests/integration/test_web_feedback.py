"""A rating is kept; a cry for help in its word is heard as if it had been said."""

import sqlite3

import pytest

from tests.integration.running_server import Running, WebClient

DANGER = "我不想活了"


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    found = Running(tmp_path_factory.mktemp("feedback"), FINLIT_ADDRESS_REQUESTS_PER_MINUTE="12").wait_until_up()
    yield found
    found.stop()


def rate(client, word):
    return client._request("feedback", {"n": 2, "rating": "down", "word": word})[0]


def rows(running, query):
    with sqlite3.connect(running.environment["DATABASE_URL"].removeprefix("sqlite:///")) as connection:
        return connection.execute(query).fetchall()


def test_a_cry_for_help_beside_a_thumb_is_answered_in_the_chat_and_staff_hear_of_it(running):
    client = WebClient(running)
    client.answer("怎么还款")
    assert rate(client, "没说清楚怎么还") == 200
    assert len(client.turns()) == 2, "an ordinary word is no message"
    assert rate(client, DANGER) == 200
    asked, answer = client.turns()[2:]
    assert asked["text"] == DANGER and answer["custom"]["answer"] == "utter_crisis"
    assert rows(running, "SELECT kind FROM staff_alerts") == [("crisis",)]
    assert rows(running, "SELECT rating, word FROM answer_feedback") == [(-1, DANGER)]


def test_whoever_has_rated_too_much_is_heard_all_the_same(running):
    client = WebClient(running)
    client.answer("怎么还款")
    while rate(client, "没说清楚") == 200:
        pass
    assert rate(client, DANGER) == 200
    assert rate(client, "没说清楚") == 429
    assert client.turns()[-1]["custom"]["answer"] == "utter_crisis"
