"""Whatever must outrank everything, an active form included.

Rasa runs an active form before any intent rule. This policy answers the intents of
``OUTRANKING_INTENTS`` itself, with the highest priority; ``AssistantProcessor`` keeps their text out
of every slot. A new form can't forget it: nothing about it stands in the form.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.constants import ACTION_DEACTIVATE_LOOP_NAME, ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from finlit.dialogue.step_policy import StepPolicy

OUTRANKING_INTENTS = frozenset({"crisis"})


def actions_since_user(tracker: DialogueStateTracker) -> list[str]:
    """Return the actions that ran after the customer's last message, oldest first."""
    names: list[str] = []
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered):
            break
        if isinstance(event, ActionExecuted) and event.action_name:
            names.append(event.action_name)
    return names[::-1]


def outranks(tracker: DialogueStateTracker) -> str | None:
    """Return the latest intent when it is one that outranks everything."""
    message = tracker.latest_message
    intent = message.intent.get("name") if message is not None else None
    return intent if intent in OUTRANKING_INTENTS else None


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True)
class OutrankPolicy(StepPolicy):
    """Answers an outranking intent: leave any form, say ``utter_<intent>``, listen."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"priority": 100}

    def needed_actions(self, domain: Domain) -> Iterable[str]:
        """Return the answers that outrank everything."""
        return (f"utter_{intent}" for intent in OUTRANKING_INTENTS)

    def next_action(self, tracker: DialogueStateTracker) -> str | None:
        """Return the next step of the outranking answer, None when nothing outranks."""
        intent = outranks(tracker)
        if intent is None:
            return None
        if tracker.active_loop_name is not None:
            return ACTION_DEACTIVATE_LOOP_NAME
        answer = f"utter_{intent}"
        return ACTION_LISTEN_NAME if answer in actions_since_user(tracker) else answer
