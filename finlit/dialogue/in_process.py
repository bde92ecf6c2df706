"""The assistant in one process, without a server: for the command line and for tests.

The model, the guards and the custom actions are the real ones; only HTTP is left out.
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from tarfile import TarError
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.core.tracker_store import InMemoryTrackerStore
from rasa.engine.exceptions import GraphComponentException
from rasa.model import get_latest_model
from rasa.shared.core.events import ActionExecuted, ActiveLoop, Event, UserUttered
from rasa.shared.exceptions import RasaException

from finlit import settings
from finlit.dialogue import corrections, nlg, processor
from finlit.dialogue.actions_here import ActionsHere, load_actions
from finlit.dialogue.lock_store import WakingLockStore
from finlit.training import current_model

WEB, WECHAT = "web", "wechat"


class NoModel(RuntimeError):
    """There is no trained model that can be loaded; the message tells, in Chinese, how to make one."""


class CollectedReplies(OutputChannel):
    """Keeps whole replies (text, buttons, custom together) in the form of one channel."""

    def __init__(self, channel: str) -> None:
        self._channel = channel
        self.replies: list[dict[str, Any]] = []

    def name(self) -> str:  # type: ignore[override]
        """Return the channel's name: it decides the form of the answers."""
        return self._channel

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Keep ``message`` as it would be shown."""
        buttons = [{"title": button["title"]} for button in message.get("buttons") or ()]
        self.replies.append(
            {"text": message.get("text") or "", "buttons": buttons, "custom": dict(message.get("custom") or {})}
        )


def latest_model(models: Path) -> str:
    """Return the path of the model in use (the newest when none is named); raises NoModel."""
    named = current_model(models)
    path = str(named) if named else get_latest_model(str(models)) if models.exists() else None
    if path is None:
        raise NoModel("还没有训练好的模型：请先运行 make train（或 .venv/bin/finlit train）。")
    return path


class Assistant:
    """A loaded model that plays conversations, one sender id each."""

    def __init__(self, model_path: str | None = None) -> None:
        os.chdir(settings.load().root)
        processor.install()
        corrections.apply()
        path = model_path or latest_model(settings.load().models_dir)
        self._conversations = InMemoryTrackerStore(None)
        self.agent = Agent(
            action_endpoint=ActionsHere(load_actions()),
            tracker_store=self._conversations,
            lock_store=WakingLockStore(),
            generator=nlg.AnswerGenerator(),
        )
        try:
            self.agent.load_model(path)
        except (GraphComponentException, RasaException, OSError, ValueError, TarError) as error:
            raise NoModel(f"打不开模型 {Path(path).name}（文件坏了，或是旧代码训练的）：请运行 make train。") from error

    async def parse(self, text: str) -> dict[str, Any]:
        """Return what a fresh conversation would understand from ``text``."""
        assert self.agent.processor is not None
        return await self.agent.processor.parse_message(UserMessage(text))

    async def turn(self, text: str, sender: str, channel: str = WEB) -> dict[str, Any]:
        """Play one turn; return text, intent, confidence, decision and replies."""
        output = CollectedReplies(channel)
        await self.agent.handle_message(UserMessage(text, output, sender, input_channel=channel))
        tracker = await self.agent.tracker_store.get_or_create_tracker(sender)
        data = tracker.latest_message.parse_data if tracker.latest_message else {}
        intent = data.get("intent") or {}
        return {
            "text": text,
            "intent": intent.get("name"),
            "confidence": round(float(intent.get("confidence") or 0.0), 4),
            "decision": (data.get("decision") or {}).get("kind"),
            "replies": output.replies,
        }

    async def state(self, sender: str) -> dict[str, Any]:
        """Return what the assistant thought of the last message and did with it, as plain data.

        ``forms`` are those that became active after the message, ``form`` the one that is active now.
        """
        tracker = await self.agent.tracker_store.get_or_create_tracker(sender)
        data = tracker.latest_message.parse_data if tracker.latest_message else {}
        events = _since_last_message(list(tracker.events))
        ranking = [(entry["name"], float(entry["confidence"])) for entry in data.get("intent_ranking") or ()]
        return {
            "intent": (data.get("intent") or {}).get("name"),
            "ranking": ranking,
            "decision": dict(data.get("decision") or {}),
            "slots": tracker.current_slot_values(),
            "form": tracker.active_loop_name,
            "forms": [event.name for event in events if isinstance(event, ActiveLoop) and event.name],
            "actions": [event.action_name for event in events if isinstance(event, ActionExecuted)],
        }

    async def let_time_pass(self, sender: str, passed: timedelta) -> None:
        """Make everything that was said so much older: Rasa ends a session by the age of its events."""
        store = self.agent.tracker_store
        tracker = await store.retrieve_full_tracker(sender)
        if tracker is None:
            return
        for event in tracker.events:
            event.timestamp -= passed.total_seconds()
        await store.save(tracker)

    def forget(self, sender: str) -> None:
        """Drop a conversation that is over from memory."""
        self._conversations.store.pop(sender, None)


def _since_last_message(events: list[Event]) -> list[Event]:
    last = max((index for index, event in enumerate(events) if isinstance(event, UserUttered)), default=-1)
    return events[last + 1 :]
