"""Account actions run as Rasa runs them, and their answers as customers see them."""

import asyncio
import re
from datetime import date

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from finlit import answers
from finlit.content import facts
from finlit.settings import PROJECT_ROOT


def run(action, sender, domain, text="", label="", slots=None, **decision):
    """Return what the action says, and the slots that it sets."""
    dispatcher = CollectingDispatcher()
    message = {"text": text, "entities": [], "intent": {}, "decision": {"label": label or action.intent, **decision}}
    tracker = Tracker(sender, slots or {}, message, [], False, None, {}, "action_listen")
    events = asyncio.run(action().run(dispatcher, tracker, domain))
    (said,) = dispatcher.messages
    return said, {event["name"]: event["value"] for event in events}


def rendered(said, domain):
    """Return the answer as the customer sees it; a placeholder without a value fails the test."""
    response = domain["responses"][said["response"]][0]
    registry = facts.load(PROJECT_ROOT / "data" / "facts.yml")
    answer = answers.build(response, said["response"], registry, date(2026, 11, 23), said)
    lines = [
        line for line in response["text"].splitlines() if line.strip() and not re.fullmatch(r"\s*\{\w+\}\s*", line)
    ]
    assert len(answer.lines) >= len(lines), "a line has no value"
    assert not re.search(r"[{}]|\[F-|None", answer.text)
    return answer
