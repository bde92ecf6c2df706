import asyncio
import itertools

import pytest

from finlit import settings
from finlit.cli.quiet import silence

silence()
_numbers = itertools.count()


@pytest.fixture(scope="session")
def assistant(tmp_path_factory):
    """The trained model with the real actions, on a database of its own."""
    from finlit.db import engine, tables
    from finlit.dialogue.in_process import Assistant

    tables.Base.metadata.create_all(engine.engine_for(settings.load().database_url))
    return Assistant()


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
