"""Guided tasks in a Rasa conversation: the slot that holds them, and what a message means for them.

``finlit.tasks`` decides; here it only meets the tracker and the parse result.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rasa.shared.core.events import SlotSet
from rasa.shared.core.trackers import DialogueStateTracker

from finlit import settings
from finlit.dialogue import decisions, taps
from finlit.dialogue.outrank_policy import OUTRANKING_INTENTS
from finlit.tasks import phrases
from finlit.tasks.hearing import WITHIN_A_TASK, Heard, hear
from finlit.tasks.progress import DONE, OPEN, PAUSED, WAITING, Entry, Move, entries
from finlit.tasks.registry import TASKS

SLOT = "guided_tasks"
OFFER = "action_task_offer"
SHARED_ANSWERS = "utter_task_"
# The intent that a move is, in the taxonomy's own words; a sentence that nobody understood stays one.
INTENT_OF = {
    "answer": "inform",
    "unclear": "inform",
    "skip": "inform",
    "change": "inform",
    "confirm": "affirm",
    "resume": "affirm",
    "object": "deny",
    "leave": "deny",
    "explain": "clarify",
    "restart": "restart",
}


GIVING = ("answer", "unclear", "resume")


def stack(tracker: DialogueStateTracker | None) -> list[Entry]:
    """Return the conversation's tasks, the one in hand first."""
    return entries(tracker.get_slot(SLOT)) if tracker is not None and SLOT in tracker.slots else []


def put_all_aside(tracker: DialogueStateTracker) -> None:
    """Put every task aside, its answers kept: nothing is offered again until the customer asks for it."""
    tasks = stack(tracker)
    if tasks:
        aside = [replace(entry, stage=PAUSED) if entry.stage in (*OPEN, WAITING) else entry for entry in tasks]
        tracker.update(SlotSet(SLOT, [entry.as_json() for entry in aside]))


def heard_task(tracker: DialogueStateTracker) -> str | None:
    """Return the task that the latest message belongs to."""
    message = tracker.latest_message
    decision = (message.parse_data.get("decision") or {}) if message is not None and message.parse_data else {}
    return (decision.get("task") or {}).get("name")


def is_proving_identity(tracker: DialogueStateTracker) -> bool:
    """Say whether the latest message took a proof of identity one step further: one thing at a time."""
    message = tracker.latest_message
    decision = (message.parse_data.get("decision") or {}) if message is not None and message.parse_data else {}
    answer = str(decision.get("answer") or "")
    return answer.startswith("utter_account_verify") and not answer.endswith("_done_alone")


def hear_message(data: dict[str, Any], tracker: DialogueStateTracker | None) -> None:
    """Write into the parse result ``data`` which task it belongs to and what it means there, if any."""
    intent = (data.get("intent") or {}).get("name")
    no_message = decisions.kind(data) == "trouble"  # empty, too long, only signs
    elsewhere = intent in OUTRANKING_INTENTS or _taps_another_answer(data)
    found = None if elsewhere or no_message or tracker is None else _found(data, tracker)
    if found is None:
        return
    task, move = found
    decision = data.get("decision") or {}
    name = INTENT_OF.get(move.kind)
    if name is not None and not (
        move.kind in GIVING and intent == TASKS[task].intent
    ):  # 「那逾期40天呢」 already says what it is
        data["intent"] = {"name": name, "confidence": 1.0}
        decision = {"kind": "answered", "label": name, "candidates": [], "from_context": True, "misses": 0}
    data["decision"] = {**decision, "task": {"name": task, "topic": TASKS[task].intent, "move": move.as_json()}}


def _taps_another_answer(data: dict[str, Any]) -> bool:
    """Say whether the message taps a button that leads to an intent: the number of it is no figure."""
    tapped = (data.get("decision") or {}).get("tapped")
    choice = any(each.get("entity") == "choice" for each in data.get("entities") or ())
    return bool(tapped) and not choice and (data.get("intent") or {}).get("name") not in WITHIN_A_TASK


def _found(data: dict[str, Any], tracker: DialogueStateTracker) -> tuple[str, Move] | None:
    said = [(message.data.get("custom") or {}).get("answer") or "" for message in taps.last_bot_messages(tracker)]
    heard = _heard(data)
    words = phrases.load(settings.load().data_dir / "task_words.yml")
    for place, entry in enumerate(stack(tracker)):
        if place and entry.stage != DONE:
            continue  # put aside: first things first
        task = TASKS[entry.task]
        own = any(answer == f"utter_{task.name}" or answer.startswith(f"utter_{task.name}_") for answer in said)
        shared = place == 0 and any(answer.startswith(SHARED_ANSWERS) for answer in said)
        move = hear(task, entry, heard, words, is_open=own or shared)
        if move is not None:
            return task.name, move
    return None


def _heard(data: dict[str, Any]) -> Heard:
    decision = data.get("decision") or {}
    intent = data.get("intent") or {}
    entities = data.get("entities") or ()
    choice = next((str(each["value"]) for each in entities if each.get("entity") == "choice"), None)
    return Heard(
        text=str(data.get("text") or ""),
        today=settings.load().now().date(),
        intent=str(intent.get("name")),
        decision=decisions.kind(data),
        confidence=float(intent.get("confidence") or 0.0),
        choice=choice,
        label=str(decision.get("label") or ""),
        from_context=bool(decision.get("from_context")),
    )
