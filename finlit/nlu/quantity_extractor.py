"""Rasa's entities for amounts, days, periods, dates and rates, by rule (``finlit.nlu.quantities``)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from finlit.nlu.quantities import find


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class QuantityExtractor(GraphComponent, EntityExtractorMixin):
    """Adds one entity for each quantity; values are plain decimal text, exact to the digit."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> QuantityExtractor:
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """Set the entities of each message."""
        for message in messages:
            text = message.get(TEXT)
            if text:
                entities = [
                    {
                        "entity": quantity.kind,
                        "value": f"{quantity.value:f}" if isinstance(quantity.value, Decimal) else quantity.value,
                        "start": quantity.start,
                        "end": quantity.end,
                        "extractor": type(self).__name__,
                    }
                    for quantity in find(text)
                ]
                message.set(ENTITIES, message.get(ENTITIES, []) + entities, add_to_output=True)
        return messages
