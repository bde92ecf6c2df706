import asyncio
import itertools
import os

import pytest

from finlit import settings
from finlit.cli.quiet import silence
from finlit.content import topics
from tests.postgresql import own_server

silence()
_numbers = itertools.count()


@pytest.fixture(scope="session", autouse=True)
def own_database(tmp_path_factory):
    """A database for the whole run: nothing of the checkout's own is touched."""
    os.environ["DATABASE_URL"] = f"sqlite:///{tmp_path_factory.mktemp('db') / 'finlit.db'}"
    settings.load.cache_clear()
    from finlit.db import engine, tables

    tables.Base.metadata.create_all(engine.engine_for(settings.load().database_url))


@pytest.fixture(scope="session")
def assistant(own_database):
    """The trained model with the real actions."""
    from finlit.dialogue.in_process import Assistant

    return Assistant()


@pytest.fixture(scope="session")
def domain():
    """The answers that editors wrote."""
    content = topics.read(settings.PROJECT_ROOT / "data")
    return {"responses": {response.name: [response.body] for response in content.responses}}


@pytest.fixture(scope="module")
def own_postgresql():
    """A server of the file's own, for a file that stops it."""
    with own_server() as started:
        yield started


@pytest.fixture(scope="module")
def postgresql(request, postgresql):
    """The shared server's address, or that of the file's own in a file marked ``stops_postgresql``."""
    is_own = request.node.get_closest_marker("stops_postgresql") is not None
    return request.getfixturevalue("own_postgresql").url if is_own else postgresql


@pytest.fixture
def server(own_postgresql):
    """The file's own server; name it after the database's fixtures, so that it runs again when they clean up."""
    yield own_postgresql
    own_postgresql.start_unless_it_runs()


class Conversation:
    """One customer talking: ``say`` returns the turn as ``finlit ask --jsonl`` prints it."""

    def __init__(self, assistant, channel="web"):
        self.assistant = assistant
        self.channel = channel
        self.sender = f"test-{next(_numbers)}"

    def say(self, text):
        return asyncio.run(self.assistant.turn(text, self.sender, self.channel))

    def tracker(self):
        return asyncio.run(self.assistant.agent.tracker_store.get_or_create_tracker(self.sender))


@pytest.fixture
def conversation(assistant):
    return Conversation(assistant)


@pytest.fixture
def wechat(assistant):
    return Conversation(assistant, "wechat")


NEW_FORM = """
version: "3.1"
intents: [crisis, greet, hardship_apply, nlu_fallback]
entities: [amount, days, months, date, rate, number, ambiguous]
slots:
  new_reason:
    type: text
    mappings: [{type: from_text, conditions: [{active_loop: new_form, requested_slot: new_reason}]}]
  new_amount:
    type: any
    mappings: [{type: from_text, conditions: [{active_loop: new_form, requested_slot: new_amount}]}]
forms:
  new_form:
    required_slots: [new_reason, new_amount]
responses:
  utter_greet: [{text: 你好}]
  utter_nlu_fallback: [{text: 没听懂}]
  utter_ask_new_reason: [{text: 什么原因}]
  utter_ask_new_amount: [{text: 多少钱}]
  utter_crisis: [{text: 请打 12356}]
"""
NEW_FORM_DATA = """
version: "3.1"
nlu:
- {intent: greet, examples: "- 你好\n- 您好\n- 在吗\n"}
- {intent: hardship_apply, examples: "- 我要申请延期\n- 帮我办延期\n- 申请困难还款\n"}
- {intent: crisis, examples: "- 我想死\n- 不想活了\n- 活着没意思\n"}
rules:
- {rule: greet, steps: [{intent: greet}, {action: utter_greet}]}
- {rule: fallback, steps: [{intent: nlu_fallback}, {action: utter_nlu_fallback}]}
- rule: apply
  steps: [{intent: hardship_apply}, {action: new_form}, {active_loop: new_form}]
"""


@pytest.fixture(scope="session")
def assistant_with_a_new_form(own_database, tmp_path_factory):
    """A small model with the project's pipeline and a form that nobody prepared for crisis."""
    import rasa

    from finlit.dialogue.in_process import Assistant

    folder = tmp_path_factory.mktemp("new-form")
    (folder / "data").mkdir()
    (folder / "domain.yml").write_text(NEW_FORM, encoding="utf-8")
    (folder / "data" / "new.yml").write_text(NEW_FORM_DATA, encoding="utf-8")
    os.chdir(settings.load().root)
    trained = rasa.train(str(folder / "domain.yml"), "config.yml", [str(folder / "data")], str(folder))
    return Assistant(trained.model)
