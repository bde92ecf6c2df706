"""What the project's policies have in common: nothing is learnt, one action is certain, or they have no wish."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

from rasa.core.featurizers.precomputation import MessageContainerForCoreFeaturization
from rasa.core.policies.policy import Policy, PolicyPrediction
from rasa.engine.storage.resource import Resource
from rasa.shared.core.domain import Domain
from rasa.shared.core.generator import TrackerWithCachedStates
from rasa.shared.core.trackers import DialogueStateTracker


class StepPolicy(Policy, ABC):
    """A policy that names the next action by itself."""

    @abstractmethod
    def needed_actions(self, domain: Domain) -> Iterable[str]:
        """Return the actions without which ``domain`` is refused at training."""

    @abstractmethod
    def next_action(self, tracker: DialogueStateTracker) -> str | None:
        """Return what to do next, None to abstain."""

    def train(
        self,
        training_trackers: list[TrackerWithCachedStates],
        domain: Domain,
        precomputations: MessageContainerForCoreFeaturization | None = None,
        **kwargs: Any,
    ) -> Resource:
        """Learn nothing; raises ActionNotFoundException for a model that lacks a needed action."""
        for action in self.needed_actions(domain):
            domain.index_for_action(action)
        return self._resource

    def predict_action_probabilities(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        rule_only_data: dict[str, Any] | None = None,
        precomputations: MessageContainerForCoreFeaturization | None = None,
        **kwargs: Any,
    ) -> PolicyPrediction:
        """Predict ``next_action`` with certainty, or abstain."""
        action = self.next_action(tracker)
        probabilities = self._default_predictions(domain)
        if action is None:
            return self._prediction(probabilities)
        probabilities[domain.index_for_action(action)] = 1.0
        return self._prediction(probabilities, is_no_user_prediction=True)
