"""Rasa's tokenizer on jieba with the project's dictionary, private and part of the fingerprint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from finlit.nlu.jieba_words import dictionary_fingerprint, read_words, segmenter_for
from finlit.settings import PROJECT_ROOT

WORDS_FILE = "words.txt"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=True)
class FinanceJiebaTokenizer(Tokenizer):
    """Splits Chinese text into words; the dictionary travels with the model."""

    @staticmethod
    def supported_languages() -> list[str] | None:
        return ["zh"]

    @staticmethod
    def required_packages() -> list[str]:
        return ["jieba"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            "dictionary_path": "data/jieba",
            "intent_tokenization_flag": False,
            "intent_split_symbol": "_",
            "token_pattern": None,
            "prefix_separator_symbol": None,
        }

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Return the dictionary's hash: stock Rasa does not notice that a dictionary changed."""
        settings = {**cls.get_default_config(), **config}  # Rasa may ask with the bare configuration
        return dictionary_fingerprint(PROJECT_ROOT / settings["dictionary_path"])

    def __init__(
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, words: tuple[str, ...]
    ) -> None:
        super().__init__(config)
        self._model_storage = model_storage
        self._resource = resource
        self._words = words
        self._segmenter = segmenter_for(words)

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> FinanceJiebaTokenizer:
        return cls(config, model_storage, resource, read_words(PROJECT_ROOT / config["dictionary_path"]))

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> FinanceJiebaTokenizer:
        """Load with the words that the model was trained with, whatever stands in the folder now."""
        with model_storage.read_from(resource) as folder:
            words = tuple((Path(folder) / WORDS_FILE).read_text(encoding="utf-8").splitlines())
        return cls(config, model_storage, resource, words)

    def train(self, training_data: TrainingData) -> Resource:
        """Store the words in the model."""
        with self._model_storage.write_to(self._resource) as folder:
            (Path(folder) / WORDS_FILE).write_text("\n".join(self._words), encoding="utf-8")
        return self._resource

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        """Return the words of ``attribute`` with their positions."""
        words = self._segmenter.tokenize(message.get(attribute))
        return self._apply_token_pattern([Token(word, start) for word, start, _ in words if word.strip()])
