"""Account actions run as Rasa runs them, and their answers as customers see them."""

import asyncio
import re
from datetime import date

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from finlit import answers
from finlit.content import facts
from finlit.settings import PROJECT_ROOT
from tests.demo_figures import PLAIN, penalty_of, rate_of, stands, unpaid
from tests.reference import half_up, penalty, yuan


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


def amounts(*fen):
    """Return the amounts as customers read them."""
    return {yuan(each) for each in fen}


def working(customer, day):
    """Return the amounts that explain how a loan stands: what bore penalty interest, its parts, and sums."""
    found = set()
    for plain in PLAIN[customer]:
        now = stands(plain, day)
        fallen = [due for due in unpaid(plain) if due.day <= day]
        found |= amounts(
            now.penalty, now.pay, now.outstanding, now.interest, sum(due.principal for due in unpaid(plain)),
            sum(due.principal for due in fallen), sum(due.interest for due in fallen), now.principal, now.a_day,
            now.fee, sum(due.fee for due in fallen),
        )  # fmt: skip
        for due in fallen:
            left = due.of_principal
            found |= amounts(left, penalty_of(plain, due, day), due.penalty_paid)
            found |= amounts(half_up(due.principal * rate_of(plain) / plain.base))  # what a day costs on it
            for _, fen in due.paid:
                left -= fen
                found |= amounts(left)
            whole = penalty(
                due.of_principal, due.day, due.paid, day,
                rate=rate_of(plain), base=plain.base, grace=plain.grace, from_grace_end=plain.from_grace_end,
            )  # fmt: skip
            found |= amounts(whole)
    return found
