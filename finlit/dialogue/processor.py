"""Rasa's message processor with the guards that must hold on every path.

Every message, from any channel, the HTTP API or the command line, passes here:
cleaned and limited, a typed ``/intent{…}`` made harmless, personal data masked before anything else
sees the text, taps resolved on the server, a proof of identity taken further, an open task given
what is meant for it, and the text of an outranking message kept out of slots.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

import rasa.core.agent
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.core.processor import MessageProcessor
from rasa.shared.core.trackers import DialogueStateTracker

from finlit import settings
from finlit.dialogue import alerts, forgetting, guided, screening, taps, tracker_store, verifying
from finlit.dialogue.outrank_policy import OUTRANKING_INTENTS, outranks

logger = logging.getLogger(__name__)

FALLBACK_INTENT = "nlu_fallback"


def _parse_data(text: str, intent: str, confidence: float, **more: Any) -> dict[str, Any]:
    data = {"text": text, "intent": {"name": intent, "confidence": confidence}, "entities": [], "intent_ranking": []}
    return {**data, **more}


class AssistantProcessor(MessageProcessor):
    """``MessageProcessor`` with screening, server-side taps and the outranking guard."""

    async def parse_message(
        self,
        message: UserMessage,
        tracker: DialogueStateTracker | None = None,
        only_output_properties: bool = True,
    ) -> dict[str, Any]:
        """Understand ``message``; its stored text is cleaned and masked as a side effect."""
        limit = settings.load().message_max_chars
        uncut = screening.defang(screening.clean(message.text, max(limit, screening.MOST_READ)))
        raw = uncut[: limit + 1]
        arrival = await verifying.arrive(message.sender_id, message.input_channel, tracker)
        text = message.text = verifying.concealed(raw, arrival)
        trouble = screening.trouble(text, limit)
        data = await self._danger_in(uncut, text) if trouble is screening.Trouble.TOO_LONG else None
        data = data or self._troubled(text, trouble) or self._tapped(text, tracker)
        if data is None:
            data = await super().parse_message(message, tracker, only_output_properties)
        message.text = data["text"] = text
        if not await verifying.hear(raw, data, arrival, tracker):
            guided.hear_message(data, tracker)
        await forgetting.hear(message, data, self.tracker_store)
        if tracker is not None:
            decision = data.get("decision") or {}
            fields = {"channel": message.input_channel, "intent": (data.get("intent") or {}).get("name")}
            logger.info("a message was understood", extra={"fields": {**fields, "decision": decision.get("kind")}})
        return data

    async def handle_message(self, message: UserMessage) -> list[dict[str, Any]] | None:
        """Answer ``message``; afterwards forget the conversation when that is what the customer asked for."""
        began = time.perf_counter()
        replies: list[dict[str, Any]] | None = await super().handle_message(message)
        milliseconds = round(1000 * (time.perf_counter() - began))
        logger.info("a turn was played and stored", extra={"fields": {"milliseconds": milliseconds}})
        if forgetting.was_asked(message):
            tracker = await self.tracker_store.retrieve(message.sender_id)
            if forgetting.was_promised(tracker):
                await forgetting.forget(self.tracker_store, message.sender_id)
        return replies

    async def _danger_in(self, uncut: str, text: str) -> dict[str, Any] | None:
        """Understand a message that is too long as far as it outranks everything; ``text`` is what is stored of it."""
        found = None
        for piece in screening.windows(uncut):
            heard = await super().parse_message(UserMessage(piece))
            intent = heard["intent"]["name"]
            if intent in OUTRANKING_INTENTS:
                found = _parse_data(text, intent, heard["intent"]["confidence"], decision=heard["decision"])
                if heard["decision"]["label"] == intent:
                    return found  # no faint sign, and none can be plainer
            await asyncio.sleep(0)  # others are waiting for an answer, too
        return found

    @staticmethod
    def _troubled(text: str, trouble: screening.Trouble | None) -> dict[str, Any] | None:
        if trouble is None:
            return None
        return _parse_data(text, FALLBACK_INTENT, 1.0, decision={"kind": "trouble", "reason": trouble.value})

    @staticmethod
    def _tapped(text: str, tracker: DialogueStateTracker | None) -> dict[str, Any] | None:
        button = taps.tapped(text, tracker) if tracker is not None else None
        if button is None:
            return None
        intent, entities = taps.parse_payload(str(button.get("payload", "")))
        base = intent.split("/")[0]
        return _parse_data(
            text, base, 1.0, entities=entities, decision={"kind": "answered", "label": intent, "tapped": True}
        )

    async def run_action_extract_slots(
        self, output_channel: OutputChannel, tracker: DialogueStateTracker
    ) -> DialogueStateTracker:
        """Fill slots, but never from a message that outranks everything."""
        intent = outranks(tracker)
        if intent is None:
            return await super().run_action_extract_slots(output_channel, tracker)
        guided.put_all_aside(tracker)
        await asyncio.to_thread(alerts.raise_alert, intent, tracker.sender_id, tracker.get_latest_input_channel() or "")
        return tracker


def install() -> None:
    """Make every agent of this process use ``AssistantProcessor`` and hear of a store that fails; safe to call again.

    Raises RuntimeError when Rasa's agent no longer has the names that are replaced.
    """
    if not hasattr(rasa.core.agent, "MessageProcessor"):
        raise RuntimeError("rasa.core.agent.MessageProcessor is gone: check finlit/dialogue/processor.py")
    rasa.core.agent.MessageProcessor = AssistantProcessor  # type: ignore[attr-defined,misc]
    tracker_store.install()
