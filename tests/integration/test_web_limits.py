"""Whoever asks too much has to wait, and whoever is in danger has not."""

import pytest

from finlit.channels.web_limits import URGENT_PER_MINUTE
from tests.integration.running_server import Running, WebClient

AT_MOST = 2
DANGER = "我不想活了"


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    found = Running(tmp_path_factory.mktemp("limits"), FINLIT_MESSAGES_PER_MINUTE=str(AT_MOST)).wait_until_up()
    yield found
    found.stop()


@pytest.fixture
def client(running):
    """Somebody who has said as much as they may."""
    found = WebClient(running)
    for _ in range(AT_MOST):
        assert found.say("怎么还款")[0] == 200
    return found


def answers(turns):
    return [turn["custom"].get("answer") for turn in turns if turn["from"] == "assistant"]


def test_beyond_the_limit_a_message_about_danger_gets_help_at_once_and_is_kept(client):
    assert client.say("怎么还款")[0] == 429
    status, found = client.say(DANGER)
    assert status == 200 and answers(found["turns"]) == ["utter_crisis"]
    assert answers(client.turns())[-1] == "utter_crisis"


def test_help_opens_the_door_for_nothing_else(client):
    status, found = client.say(f"{DANGER}。借了5000年化18逾期20天罚息多少")
    assert status == 200 and all(name.startswith("utter_crisis") for name in answers(found["turns"])), found
    status, found = client.say("借了5000年化18逾期20天罚息多少")
    assert status == 429 and found["wait"] > 0


def test_help_has_a_limit_of_its_own(client):
    assert [client.say(DANGER)[0] for _ in range(URGENT_PER_MINUTE + 1)] == [200] * URGENT_PER_MINUTE + [429]
