"""A message on its way through a proof of identity, before anything of it is stored.

Only here is the text still as it was typed: phone and code go to ``finlit.accounts.verification``,
and what goes on to the model, the tracker and the actions is masked. The turn is settled at once:
``decision["answer"]`` names what to say, and the answer generator says it.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from dataclasses import dataclass
from typing import Any

from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.exc import SQLAlchemyError

from finlit import settings
from finlit.accounts import binding, others, verification_words
from finlit.accounts.attempts import CODE, CONSENT, Pending
from finlit.accounts.code_senders import sender_for
from finlit.accounts.verification import Outcome, Verification
from finlit.db import engine
from finlit.dialogue import decisions, taps
from finlit.dialogue.outrank_policy import OUTRANKING_INTENTS
from finlit.nlu.question_classifier import previous_question

logger = logging.getLogger(__name__)

INTENT = "account_verify"
ANSWER = f"utter_{INTENT}"
DOWN = "utter_service_down"
UNBIND = "account_unbind"
# Questions that are answered at once when the proof is there.
WANTED = frozenset({"account_status", "account_bill", "account_schedule", "account_payment_history",
                    "account_credit_status", "hardship_apply"})  # fmt: skip
# Said in between, these are no question about something else.
CONTROL = frozenset({"inform", "affirm", "deny", "out_of_scope", "nlu_fallback"})
LEAVING = frozenset({"goodbye", "restart", UNBIND})
WITHOUT_REMINDER = frozenset({"emotional_distress", "human_handoff"})  # nobody is pressed on then


@dataclass(frozen=True)
class Arrival:
    """Where the sender's proof stands as this message arrives; ``is_down`` when the database could not say."""

    sender: str
    channel: str
    pending: Pending | None = None
    is_down: bool = False

    @property
    def stage(self) -> str | None:
        """The open step, None when none is."""
        return self.pending.stage if self.pending is not None and self.pending.is_open else None


def service() -> Verification:
    """Return the service with the settings, the clock and the sender in force here."""
    current = settings.load()
    return Verification(
        engine.sessions(current.database_url),
        current.now,
        lambda: f"{secrets.randbelow(1_000_000):06d}",
        sender_for(current.identity, current.now),
        current.identity.key,
    )


def words() -> verification_words.Words:
    """Return the editors' words."""
    return verification_words.load(settings.load().data_dir / "verification.yml")


async def arrive(sender: str, channel: str | None, tracker: DialogueStateTracker | None) -> Arrival:
    """Look up where the sender stands; a message that is only parsed has no sender."""
    if tracker is None or not binding.may_be_a_customer(sender, settings.load()):
        return Arrival(sender, channel or "")
    try:
        pending = await asyncio.to_thread(service().arrive, sender)
        return Arrival(sender, channel or "", pending)
    except SQLAlchemyError as error:
        logger.error("the state of a verification could not be read: %s", type(error).__name__)
        asked = any(_answer(each).startswith(ANSWER) for each in taps.last_bot_messages(tracker))
        return Arrival(sender, channel or "", Pending(CODE, None, None) if asked else None, is_down=True)


def _answer(message: Any) -> str:
    return str((message.data.get("custom") or {}).get("answer") or "")


def concealed(text: str, arrival: Arrival) -> str:
    """Return ``text`` as it may be stored."""
    pending = arrival.pending

    def is_code(digits: str) -> bool:
        return pending is not None and service().is_the_code(arrival.sender, pending, digits)

    return verification_words.concealed(text, arrival.stage, words(), is_code)


async def hear(raw: str, data: dict[str, Any], arrival: Arrival, tracker: DialogueStateTracker | None) -> bool:
    """Settle the turn in the parse result ``data`` when it belongs to a proof of identity; say whether it did.

    ``raw`` is the text as typed; it is used here and nowhere else.
    """
    if tracker is None:
        return False
    intent = str((data.get("intent") or {}).get("name"))
    if intent in OUTRANKING_INTENTS:
        if arrival.stage is not None and not arrival.is_down:
            await _quietly(service().leave, arrival.sender)
        return False
    tapped = bool((data.get("decision") or {}).get("tapped"))
    if not tapped and others.load(settings.load().data_dir / "other_people.yml").in_question(raw):
        label = f"account_status/{others.OTHER_PERSON}"
        _settle(data, "account_status", label, None, {})
        return True
    try:
        outcome = await asyncio.to_thread(_outcome, raw, data, intent, arrival, tracker)
    except SQLAlchemyError as error:
        logger.error("a verification step failed: %s", type(error).__name__)
        _settle(data, INTENT, INTENT, DOWN, {})
        return True
    if outcome is None:
        if arrival.stage is not None and intent not in WITHOUT_REMINDER and not arrival.is_down:
            data.setdefault("decision", {})["after"] = f"{ANSWER}_go_on"
        return False
    if outcome.said == "done" and outcome.wanted:
        _settle(data, outcome.wanted, outcome.wanted, None, {}, before=f"{ANSWER}_done")
    else:
        _settle(data, INTENT, INTENT, _response(outcome, arrival.sender), outcome.fields)
    return True


async def _quietly(step: Any, sender: str) -> None:
    """End an attempt without letting a database stand between a person and help."""
    try:
        await asyncio.to_thread(step, sender)
    except SQLAlchemyError as error:
        logger.error("a verification could not be ended: %s", type(error).__name__)


def _response(outcome: Outcome, sender: str) -> str:
    if outcome.said == "off":
        return binding.answer_when_off(sender, settings.load())
    if outcome.said == "notice":
        return ANSWER
    return f"{ANSWER}_{'done_alone' if outcome.said == 'done' else outcome.said}"


def _settle(
    data: dict[str, Any], intent: str, label: str, answer: str | None, fields: dict[str, str], before: str | None = None
) -> None:
    data["intent"] = {"name": intent, "confidence": 1.0}
    data["entities"] = []
    decision = {"kind": "answered", "label": label, "candidates": [], "from_context": False, "misses": 0}
    data["decision"] = {**decision, "answer": answer, "fields": fields, "before": before}


def _outcome(
    raw: str, data: dict[str, Any], intent: str, arrival: Arrival, tracker: DialogueStateTracker
) -> Outcome | None:
    """Return what becomes of the message; None when it is about something else."""
    step = _tapped_step(data)
    if arrival.stage is None:
        return _outside(raw, step, intent, arrival, tracker)
    if arrival.is_down:
        return None
    return _at_a_step(raw, data, step, intent, arrival)


def _tapped_step(data: dict[str, Any]) -> str | None:
    decision = data.get("decision") or {}
    intent, _, step = str(decision.get("label") or "").partition("/")
    return step if intent == INTENT and decision.get("tapped") and step else None


def _outside(
    raw: str, step: str | None, intent: str, arrival: Arrival, tracker: DialogueStateTracker
) -> Outcome | None:
    """Begin a proof; a code that is typed once more is told so."""
    if not binding.may_be_a_customer(arrival.sender, settings.load()):
        return Outcome("off") if intent == INTENT else None
    code = verification_words.code_in(raw, words())
    if arrival.pending and code and service().is_the_code(arrival.sender, arrival.pending, code):
        return Outcome("code_used")
    if intent != INTENT:
        return None
    if step == "no_phone":
        return Outcome("no_phone")
    if binding.bound_customer(arrival.sender) is not None:
        return Outcome("already")
    if step in ("leave", "refuse"):
        return Outcome("left")
    before = previous_question(tracker)
    wanted = before.intent if before is not None and before.intent in WANTED else None
    return service().start(arrival.sender, arrival.channel, wanted)


def _at_a_step(raw: str, data: dict[str, Any], step: str | None, intent: str, arrival: Arrival) -> Outcome | None:
    sender, stage, steps = arrival.sender, str(arrival.stage), service()
    if step is None:
        phone = verification_words.phone_in(raw)
        if phone is not None:
            return steps.give_phone(sender, phone)
        code = verification_words.code_in(raw, words()) if stage == CODE else None
        if code is not None:
            return steps.give_code(sender, code)
        step = _meant(raw, data, intent, stage)
    if step is None and intent in WANTED and decisions.kind(data) == "answered":
        return steps.want(sender, intent)
    if step is None:
        return None if _is_another_topic(raw, data, intent) else steps.bad_answer(sender)
    return _taken(steps, sender, stage, step)


def _meant(raw: str, data: dict[str, Any], intent: str, stage: str) -> str | None:
    """Return the step that the words mean at ``stage``: the editors' list first, then the intent."""
    if (data.get("decision") or {}).get("tapped"):
        return None  # a button of another answer
    for meaning in words().meanings(raw):
        if meaning == "resend" and stage != CODE:
            continue
        if meaning in ("agree", "refuse") and stage != CONSENT:
            meaning = "go_on" if meaning == "agree" else "leave"
        if meaning == "change_phone" and stage == CONSENT:
            continue
        return meaning
    if decisions.kind(data) != "answered" or verification_words.has_digits(raw):
        return None  # a mistyped phone or code: what the classifier makes of digits means nothing here
    if intent in LEAVING or intent == "deny":
        return "refuse" if intent == "deny" and stage == CONSENT else "leave"
    if intent == "affirm":
        return "agree" if stage == CONSENT else "go_on"
    return "go_on" if intent in ("clarify", INTENT) else None


def _is_another_topic(raw: str, data: dict[str, Any], intent: str) -> bool:
    kind = decisions.kind(data)
    if verification_words.is_only_digits(raw):
        return False
    if kind == "asked":
        return not verification_words.has_digits(raw)
    return kind == "answered" and intent not in CONTROL


def _taken(steps: Verification, sender: str, stage: str, step: str) -> Outcome:
    if step == "agree":
        return steps.agree(sender) if stage == CONSENT else steps.repeat(sender)
    if step in ("leave", "refuse"):
        return steps.leave(sender, refused=stage == CONSENT)
    if step == "resend":
        return steps.resend(sender) if stage == CODE else steps.repeat(sender)
    if step == "change_phone":
        return steps.change_phone(sender) if stage != CONSENT else steps.repeat(sender)
    if step in ("wait", "no_phone"):
        return Outcome(step)
    return steps.repeat(sender)
