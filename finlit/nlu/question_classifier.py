"""The Rasa component that understands a question, in its conversation, and decides what to do."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import yaml
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.core.events import BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from finlit.nlu import jieba_words
from finlit.nlu.crisis import CRISIS, CrisisDetector, CrisisSigns, read_lines
from finlit.nlu.decision import OUT_OF_SCOPE, Thresholds
from finlit.nlu.ensemble import IntentModel
from finlit.nlu.features import Analyzer
from finlit.nlu.follow_up import FollowUps, Previous
from finlit.nlu.model import QuestionModel, base_of
from finlit.nlu.understanding import Understanding, Understood
from finlit.settings import PROJECT_ROOT
from finlit.tasks.registry import TASKS

LABEL = "finlit_label"
FALLBACK = "nlu_fallback"
RESTART = "restart"
MISSES = (FALLBACK, OUT_OF_SCOPE)
CONTENT_FILES = ("lexicon", "follow_ups", "crisis_signs")
LINE_FILES = ("crisis_lines", "calm_lines")
CALCULATORS = ("fee_penalty_calculate", "plan_compare")
RANKING_LENGTH = 10


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class QuestionClassifier(GraphComponent, IntentClassifier):
    """Ranks intents, looks back one turn, puts crisis first, and answers, asks or refuses."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            "dictionary_path": "data/jieba",
            "lexicon": "data/lexicon.yml",
            "follow_ups": "data/follow_ups.yml",
            "crisis_signs": "data/crisis/signs.yml",
            "crisis_lines": "data/crisis/crisis.txt",
            "calm_lines": "data/crisis/calm.txt",
            "answer_at": 0.55,
            "ask_at": 0.13,
            "margin": 0.35,
            "candidate_at": 0.07,
            "crisis_sure_at": 0.2,
            "crisis_unsure_at": -0.1,
            "crisis_despite_at": 0.8,
            "out_of_scope_weight": 5.0,
        }

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Return a hash of everything outside the training data that the model depends on."""
        settings = {**cls.get_default_config(), **config}  # Rasa may ask with the bare configuration
        words = jieba_words.dictionary_fingerprint(PROJECT_ROOT / settings["dictionary_path"])
        digest = hashlib.sha256(words.encode())
        for name in CONTENT_FILES + LINE_FILES:
            digest.update((PROJECT_ROOT / settings[name]).read_bytes())
        for source in sorted(Path(__file__).parent.glob("*.py")) + [PROJECT_ROOT / "finlit" / "text.py"]:
            digest.update(source.read_bytes())
        return digest.hexdigest()

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        understanding: Understanding | None = None,
    ) -> None:
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._understanding = understanding

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> QuestionClassifier:
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Fit the question model and store it with the content that it was trained with."""
        examples = [message for message in training_data.intent_examples if message.get(TEXT)]
        texts = [message.get(TEXT) for message in examples]
        labels = [message.get(LABEL) or message.get(INTENT) for message in examples]
        words = jieba_words.read_words(PROJECT_ROOT / self._config["dictionary_path"])
        content = {
            name: yaml.safe_load((PROJECT_ROOT / self._config[name]).read_text(encoding="utf-8"))
            for name in CONTENT_FILES
        }
        analyzer = _analyzer(words, content)
        with ThreadPoolExecutor(1) as beside:
            waited_for = beside.submit(self._fit_crisis_model, texts, labels, analyzer)
            model = IntentModel.fit(texts, labels, analyzer)
            crisis_model = waited_for.result()
        with self._model_storage.write_to(self._resource) as folder:
            model.save(folder)
            crisis_model.save(folder / CRISIS)
            stored = {"words": words, "content": content}
            (folder / "content.json").write_text(json.dumps(stored, ensure_ascii=False), encoding="utf-8")
        self._understanding = self._understanding_of(model, crisis_model, content)
        return self._resource

    def _fit_crisis_model(self, texts: list[str], labels: list[str], analyzer: Analyzer) -> QuestionModel:
        crisis, calm = (read_lines(PROJECT_ROOT / self._config[name]) for name in LINE_FILES)
        crisis += [text for text, label in zip(texts, labels) if label == CRISIS]
        calm += [text for text, label in zip(texts, labels) if label != CRISIS]
        return CrisisDetector.fit_model(crisis, calm, analyzer.blocks())

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> QuestionClassifier:
        """Load the model with the lexicon and tables of its training day."""
        with model_storage.read_from(resource) as folder:
            stored = json.loads((folder / "content.json").read_text(encoding="utf-8"))
            analyzer = _analyzer(tuple(stored["words"]), stored["content"])
            model = IntentModel.load(folder, analyzer)
            crisis_model = QuestionModel.load(folder / CRISIS, analyzer.blocks())
        component = cls(config, model_storage, resource)
        component._understanding = component._understanding_of(model, crisis_model, stored["content"])
        return component

    def _understanding_of(
        self, model: IntentModel, crisis_model: QuestionModel, content: dict[str, Any]
    ) -> Understanding:
        config = self._config
        thresholds = Thresholds(config["answer_at"], config["ask_at"], config["margin"], config["candidate_at"])
        return Understanding(
            model,
            FollowUps.from_document(content["follow_ups"]),
            CrisisDetector(
                CrisisSigns.from_document(content["crisis_signs"]),
                crisis_model,
                config["crisis_sure_at"],
                config["crisis_unsure_at"],
                config["crisis_despite_at"],
            ),
            thresholds,
            out_of_scope_weight=config["out_of_scope_weight"],
            doing=frozenset(task.intent for task in TASKS.values()),
        )

    def process(self, messages: list[Message], tracker: DialogueStateTracker | None = None) -> list[Message]:
        """Set intent, ranking and decision on each message."""
        for message in messages:
            text = message.get(TEXT)
            if text and self._understanding is not None:
                self._write(message, self._understanding.understand(text, previous_question(tracker)), tracker)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Leave the training data alone: nothing after this component reads predictions on it."""
        return training_data

    @staticmethod
    def _write(message: Message, understood: Understood, tracker: DialogueStateTracker | None) -> None:
        decision = understood.decision
        top = understood.ranking[0] if understood.ranking else (FALLBACK, 0.0)
        intent = base_of(decision.label or top[0]) if decision.kind == "answered" else FALLBACK
        message.set(INTENT, {"name": intent, "confidence": float(top[1])}, add_to_output=True)
        ranking = [{"name": name, "confidence": float(value)} for name, value in understood.ranking[:RANKING_LENGTH]]
        message.set("intent_ranking", ranking, add_to_output=True)
        about = {
            "kind": decision.kind,
            "label": decision.label,
            "candidates": decision.candidates,
            "from_context": understood.from_context,
            "told": understood.told,
            "misses": 1 + misses_in_a_row(tracker) if intent in MISSES else 0,
        }
        message.set("decision", about, add_to_output=True)


def _analyzer(words: tuple[str, ...], content: dict[str, Any]) -> Analyzer:
    return Analyzer.of(jieba_words.segmenter_for(words), content["lexicon"]["concepts"])


def _user_events(tracker: DialogueStateTracker | None) -> list[UserUttered]:
    return [event for event in reversed(tracker.events) if isinstance(event, UserUttered)] if tracker else []


def misses_in_a_row(tracker: DialogueStateTracker | None) -> int:
    """Return how many of the last messages in a row got no answer: asked back, refused or not our subject."""
    count = 0
    for event in _user_events(tracker):
        if (event.intent or {}).get("name") not in MISSES:
            break
        count += 1
    return count


def figure_was_asked(tracker: DialogueStateTracker | None) -> bool:
    """Say whether the last thing said to the customer asked for a figure."""
    for event in reversed(tracker.events) if tracker else ():
        if isinstance(event, UserUttered):
            return False
        if isinstance(event, BotUttered):
            return bool((event.data.get("custom") or {}).get("wants_number"))
    return False


def previous_question(tracker: DialogueStateTracker | None) -> Previous | None:
    """Return the last question that was answered or asked back, at most three messages back; none before a restart.

    Figures that a calculator asked for push its question out of sight: then it is the calculator's.
    """
    latest = _user_events(tracker)[:4]
    restarted = next((index for index, event in enumerate(latest) if _likeliest(event) == RESTART), len(latest))
    latest = latest[:restarted]
    calculator = next((event for event in latest if _likeliest(event) in CALCULATORS and not _was_asked(event)), None)
    name = _likeliest(calculator) if calculator else None
    topics = [event for event in latest[:3] if _likeliest(event) not in Understanding.NOT_A_TOPIC and event.text]
    for event in topics[:1] or [calculator]:
        if event is not None and event.text:
            label = str(((event.parse_data or {}).get("decision") or {}).get("label") or _likeliest(event))
            shown = _figures_were_shown(tracker, event)
            return Previous(_likeliest(event), event.text, label, name, figure_was_asked(tracker), shown)
    return None


def _figures_were_shown(tracker: DialogueStateTracker | None, question: UserUttered) -> bool:
    """Say whether ``question`` got more than the answer for those who have not proved who they are."""
    events = list(tracker.events) if tracker else []
    general = f"utter_{_likeliest(question)}"
    for event in events[next((n for n, event in enumerate(events) if event is question), 0) :]:
        if isinstance(event, BotUttered):
            return str(event.metadata.get("utter_action")) != general
    return True


def _was_asked(event: UserUttered) -> bool:
    """Say whether the message was answered with 「您是想问 …？」 only."""
    return ((event.parse_data or {}).get("decision") or {}).get("kind") == "asked"


def _likeliest(event: UserUttered) -> str:
    decision = (event.parse_data or {}).get("decision") or {}
    if decision.get("task"):  # an answer within a guided task: the task is what the talk is about
        return str(decision["task"]["topic"])
    name = decision.get("label") if decision.get("kind") == "asked" else (event.intent or {}).get("name")
    return base_of(str(name or FALLBACK))
