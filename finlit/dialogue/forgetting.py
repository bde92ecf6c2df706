"""A conversation's own text: how much of it there is, and its removal when the customer asks for it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rasa.core.channels.channel import UserMessage
from rasa.core.tracker_store import InMemoryTrackerStore, TrackerStore
from rasa.shared.core.events import BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from finlit.accounts.data_rights import DELETED
from finlit.dialogue import taps
from finlit.dialogue.tracker_store import ConversationStore
from finlit.settings import SHANGHAI

WHAT_STORED, DELETE_NOW = "account_unbind/what_stored", "account_unbind/delete_now"
ASKED = "finlit_forget"  # in the message's metadata


class CannotForget(TypeError):
    """The tracker store is of a kind whose conversations we don't know how to delete."""


async def hear(message: UserMessage, data: dict[str, Any], store: TrackerStore) -> None:
    """Note a tap on 「确认删除」 on ``message``; add to a question what the action can't see: the stored text's extent."""
    decision = data.get("decision") or {}
    if decision.get("label") == DELETE_NOW and decision.get("tapped"):
        message.metadata = {**(message.metadata or {}), ASKED: True}
    if decision.get("label") == WHAT_STORED:
        decision["conversation"] = await extent(store, message.sender_id)


def was_asked(message: UserMessage) -> bool:
    """Say whether the customer asked with ``message`` to be forgotten."""
    return bool((message.metadata or {}).get(ASKED))


def was_promised(tracker: DialogueStateTracker | None) -> bool:
    """Say whether the last turn told the customer that their data is deleted."""
    said = taps.last_bot_messages(tracker) if tracker is not None else []
    return any((each.data.get("custom") or {}).get("answer") == DELETED for each in said)


async def extent(store: TrackerStore, sender: str) -> dict[str, str] | None:
    """Return how many lines are stored and since when, None when there are none."""
    tracker = await store.retrieve_full_tracker(sender)
    lines = [event for event in tracker.events if isinstance(event, (UserUttered, BotUttered))] if tracker else []
    if not lines:
        return None
    since = datetime.fromtimestamp(lines[0].timestamp, SHANGHAI)
    return {"count": str(len(lines)), "since": f"{since:%Y-%m-%d %H:%M}"}


async def forget(store: TrackerStore, sender: str) -> None:
    """Delete the conversation of ``sender``, its bytes too; raises CannotForget for an unknown kind of store."""
    if isinstance(store, InMemoryTrackerStore):
        store.store.pop(sender, None)
    elif isinstance(store, ConversationStore):
        await store.forget(sender)
    else:
        raise CannotForget(type(store).__name__)
