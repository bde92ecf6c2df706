import asyncio
import json

import pytest

from finlit.channels import web_stream
from finlit.channels.web_inbox import STILL, Pulse

LOOK_EVERY = 0.02  # seconds


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(web_stream, "LOOK_EVERY", LOOK_EVERY)


class Conversation:
    """A conversation of numbered turns; ``looks`` counts how often it is read."""

    def __init__(self):
        self.turns, self.pulse, self.looks = 0, STILL, 0
        self.busy = []  # what pages were told
        self.streams = web_stream.Streams(self.pulses)

    async def pulses(self, conversations):
        return dict.fromkeys(conversations, self.pulse)

    async def news(self, after):
        self.looks += 1
        pulse = self.pulse
        await asyncio.sleep(0)
        turns = list(range(after + 1, self.turns + 1))
        return {"turns": turns, "next": self.turns, "busy": pulse.busy}, pulse

    def happens(self):
        self.turns += 1
        self.pulse = Pulse(self.turns, self.turns, False)

    async def open(self):
        """Return what a page is shown, a list that grows."""
        shown = []
        self.streams.enter("web-a", "203.0.113.1", 9)

        async def follow():
            async for event in self.streams.events("web-a", 0, self.news):
                if "data: " in event:
                    found = json.loads(event.split("data: ")[1])
                    shown.extend(found["turns"])
                    self.busy.append(found["busy"])

        asyncio.get_running_loop().create_task(follow())
        await asyncio.sleep(LOOK_EVERY * 4)
        return shown


def test_what_this_process_answered_is_shown_at_once_and_read_once():
    async def play():
        conversation = Conversation()
        shown = await conversation.open()
        looks = conversation.looks
        conversation.happens()
        conversation.streams.wake("web-a")
        await asyncio.sleep(LOOK_EVERY / 2)
        assert shown == [1]
        await asyncio.sleep(LOOK_EVERY * 10)
        assert conversation.looks == looks + 1

    asyncio.run(play())


def test_what_another_process_answered_is_seen_by_every_page_also_when_one_has_just_opened():
    async def play():
        conversation = Conversation()
        first = await conversation.open()
        conversation.happens()
        second = await conversation.open()
        await asyncio.sleep(LOOK_EVERY * 4)
        assert first == second == [1]
        conversation.happens()
        await asyncio.sleep(LOOK_EVERY * 4)
        assert first == second == [1, 2]

    asyncio.run(play())


def test_that_a_turn_begins_is_said_at_once_without_reading_and_its_end_is_not_missed():
    async def play():
        conversation = Conversation()
        shown = await conversation.open()
        looks = conversation.looks
        conversation.streams.begin("web-a")
        await asyncio.sleep(LOOK_EVERY / 4)
        assert conversation.busy == [False, True] and conversation.looks == looks
        conversation.streams.begin("web-a")
        conversation.happens()
        conversation.streams.wake("web-a")  # before the stream has heard of the beginning
        await asyncio.sleep(LOOK_EVERY / 2)
        assert shown == [1] and conversation.busy == [False, True, False]

    asyncio.run(play())


def test_nothing_is_read_while_nothing_happens():
    async def play():
        conversation = Conversation()
        conversation.happens()
        await conversation.open()
        looks = conversation.looks
        await asyncio.sleep(LOOK_EVERY * 10)
        assert conversation.looks == looks

    asyncio.run(play())


def test_one_address_can_not_take_the_streams_of_everybody_else():
    async def play():
        streams, greedy, other = Conversation().streams, "203.0.113.7", "203.0.113.8"
        for number in range(3):
            streams.enter(f"web-{number}", greedy, 3)
        with pytest.raises(web_stream.TooManyStreams):
            streams.enter("web-3", greedy, 3)
        streams.enter("web-4", other, 3)
        streams.leave("web-0", greedy)
        streams.enter("web-3", greedy, 3)
        streams.close()

    asyncio.run(play())
