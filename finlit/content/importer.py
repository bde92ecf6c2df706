"""Rasa's file importer, so that an edited answer does not retrain the understanding.

Rasa counts responses under ``data/`` as NLU training data: one changed character retrains
everything. This importer moves them to the domain, and carries a sub-intent (``name/sub``)
as ``name__sub`` past Rasa's retrieval actions, which the project does not use.
"""

from __future__ import annotations

from typing import Any

import rasa.shared.utils.common
from rasa.shared.core.domain import Domain
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.constants import INTENT, INTENT_RESPONSE_KEY
from rasa.shared.nlu.training_data.training_data import TrainingData

LABEL = "finlit_label"  # message property: the intent with its sub-intent, what the classifier learns
SUB_SEPARATOR = "__"


def response_key(name: str) -> str:
    """Return the name under which Rasa knows ``utter_intent/sub``."""
    return name.replace("/", SUB_SEPARATOR)


class ContentImporter(RasaFileImporter):
    """Reads ``data/``; named in ``config.yml`` under ``importers``."""

    @rasa.shared.utils.common.cached_method
    def _read_data(self) -> TrainingData:
        return super().get_nlu_data("zh")

    def get_nlu_data(self, language: str | None = "zh") -> TrainingData:
        """Return the examples without answers; each message carries its full label."""
        data = self._read_data()
        for message in data.training_examples:
            intent = message.get(INTENT)
            full = message.get(INTENT_RESPONSE_KEY)
            if full:
                message.data.pop(INTENT_RESPONSE_KEY)
                message.set(LABEL, full, add_to_output=False)
            elif intent and message.get(LABEL) is None:
                message.set(LABEL, intent, add_to_output=False)
        return TrainingData(data.training_examples, data.entity_synonyms, data.regex_features, data.lookup_tables)

    @rasa.shared.utils.common.cached_method
    def get_domain(self) -> Domain:
        """Return ``domain.yml`` merged with the answers under ``data/``."""
        responses: dict[str, list[dict[str, Any]]] = {
            response_key(name): variants for name, variants in self._read_data().responses.items()
        }
        return super().get_domain().merge(Domain.from_dict({"responses": responses}))
