"""Hands a message to the guided task that it belongs to, and offers to go on after anything else.

A task needs no rules beyond the one that starts it, so a new task can't forget how to be left,
interrupted or taken up again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker

from finlit.dialogue.guided import OFFER, SLOT, heard_task, is_proving_identity, stack
from finlit.dialogue.outrank_policy import actions_since_user, outranks
from finlit.dialogue.step_policy import StepPolicy
from finlit.tasks.progress import MOST_OFFERS, OPEN, WAITING
from finlit.tasks.registry import TASKS


def next_action(tracker: DialogueStateTracker) -> str | None:
    """Return what the tasks want next; None when they have no wish."""
    if outranks(tracker) is not None:
        return None
    task, done = heard_task(tracker), actions_since_user(tracker)
    if not done:
        return f"action_{task}" if task else None
    if done[-1] == OFFER:
        return ACTION_LISTEN_NAME
    entry = next(iter(stack(tracker)), None)
    open_one = entry is not None and entry.stage in (*OPEN, WAITING) and entry.offers < MOST_OFFERS
    if open_one and entry.stage in OPEN and is_proving_identity(tracker):  # type: ignore[union-attr]
        open_one = False
    if open_one and done[-1] != f"action_{entry.task}":  # type: ignore[union-attr]
        return OFFER
    return ACTION_LISTEN_NAME if task else None


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True)
class GuidedTaskPolicy(StepPolicy):
    """Runs ``action_<task>`` for a message of an open task; its priority is just below what outranks everything."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"priority": 90}

    def needed_actions(self, domain: Domain) -> Iterable[str]:
        """Return the actions of all tasks for a model that has tasks."""
        has_tasks = any(slot.name == SLOT for slot in domain.slots)
        return (OFFER, *(f"action_{task}" for task in TASKS)) if has_tasks else ()

    def next_action(self, tracker: DialogueStateTracker) -> str | None:
        """Return the next step of the tasks, None when they have no wish."""
        return next_action(tracker)
