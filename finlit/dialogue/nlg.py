"""Rasa's answer generator: one text per answer, rendered for the channel, expired facts left out."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from rasa.core.nlg.response import TemplatedNaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from finlit import answers, settings
from finlit.content import facts
from finlit.content.importer import response_key

FALLBACK_ANSWER = "utter_nlu_fallback"
OUT_OF_SCOPE_ANSWER = "utter_out_of_scope"
SHOWN_LATELY = 3  # messages
TOLD = "utter_told"  # before an answer that has just been given, when the customer tells more
TOLD_MORE = "utter_told_more"  # instead of it, when they go on telling


class AnswerGenerator(TemplatedNaturalLanguageGenerator):
    """Renders the domain's responses. Configured in ``endpoints.yml`` under ``nlg``.

    A subclass of Rasa's templated generator, because the agent renews ``responses`` of those
    whenever it loads a model.
    """

    def __init__(self, endpoint_config: EndpointConfig | None = None, domain: Domain | None = None) -> None:
        super().__init__(domain.responses if domain else {})

    async def generate(
        self, utter_action: str, tracker: DialogueStateTracker, output_channel: str, **kwargs: Any
    ) -> dict[str, Any] | None:
        """Return the message for ``utter_action``; None when there is no such answer.

        ``before`` names an answer whose text comes first, in the same message; ``choices`` are
        buttons that only exist for this customer, before the answer's own. A turn that the processor
        has settled says so in its decision: ``answer`` instead of the intent's own, with ``fields``;
        ``before`` it, and ``after`` it, which brings its buttons along.
        """
        decision = self._decision(tracker)
        kwargs = {**(decision.get("fields") or {}), "before": decision.get("before") or "", **kwargs}
        name = self._variant(utter_action, decision)
        variants = self._variants(name)
        if not variants:
            return None
        response = deepcopy(variants[0])  # the loaded domain must stay as it is
        response["buttons"] = [*kwargs.get("choices", ()), *self._buttons(name, response, decision)]
        current = settings.load()
        registry = facts.load(current.data_dir / "facts.yml")
        answer = answers.build(response, name, registry, current.now().date(), kwargs)
        before = kwargs.get("before", "")
        if decision.get("told") and name in _just_said(tracker):
            if before or not _told_before(tracker):
                answer, before = answers.shortened(answer), before or TOLD
            else:
                answer, before = answers.choices_only(answer), TOLD_MORE
        first = self._variants(before)
        if first:  # one bubble: what has to be said first, then the answer
            answer = answers.preceded(answers.build(first[0], name, registry, current.now().date(), kwargs), answer)
        last = self._variants(decision.get("after") or "")
        if last:
            answer = answers.followed(answer, answers.build(last[0], name, registry, current.now().date(), kwargs))
        render = answers.for_wechat if output_channel == answers.WECHAT else answers.for_web
        return render(answer, registry)

    def _variants(self, name: str) -> list[dict[str, Any]] | None:
        """Return the variants of the answer that editors call ``name``, which may be ``utter_intent/sub``."""
        return self.responses.get(response_key(name))

    @staticmethod
    def _decision(tracker: DialogueStateTracker) -> dict[str, Any]:
        message = tracker.latest_message
        return (message.parse_data.get("decision") or {}) if message is not None and message.parse_data else {}

    def _variant(self, utter_action: str, decision: dict[str, Any]) -> str:
        """Return the response's name: a narrower one for a sub-intent, one for each kind of miss."""
        again = "_again" if decision.get("misses", 1) > 1 else ""
        if utter_action == OUT_OF_SCOPE_ANSWER:
            return f"{utter_action}{again}"
        if utter_action == FALLBACK_ANSWER:
            if decision.get("kind") == "trouble":
                return f"utter_{decision['reason']}"
            return f"utter_ask{again}" if decision.get("kind") == "asked" else f"utter_refuse{again}"
        if decision.get("answer") and utter_action == f"utter_{str(decision.get('label')).split('/')[0]}":
            return str(decision["answer"])
        narrow = f"utter_{decision.get('label')}"
        return narrow if narrow.startswith(f"{utter_action}/") and self._variants(narrow) else utter_action

    def _buttons(self, name: str, response: dict[str, Any], decision: dict[str, Any]) -> list[dict[str, str]]:
        own = list(response.get("buttons") or ())
        if not name.startswith("utter_ask"):
            return own
        questions = [
            {"title": self.question(label), "payload": f"/{label}"} for label in decision.get("candidates", ())
        ]
        return own + questions if name.endswith("_again") else questions + own

    def question(self, label: str) -> str:
        """Return the plain words in which 「您是想问 …？」 names an intent."""
        for name in (f"utter_{label}", f"utter_{label.split('/')[0]}"):
            if variants := self._variants(name):
                return str((variants[0].get("metadata") or {}).get("question") or label)
        return label


def _just_said(tracker: DialogueStateTracker) -> set[str]:
    """Return the answers of the turns before this one that still stand on the customer's screen."""
    said = [event for event in tracker.events if isinstance(event, BotUttered)][-SHOWN_LATELY:]
    return {str((event.data.get("custom") or {}).get("answer")) for event in said}


def _told_before(tracker: DialogueStateTracker) -> bool:
    """Say whether the customer's message before the latest was told, too, and asked nothing."""
    messages = [event for event in tracker.events if isinstance(event, UserUttered)]
    earlier = messages[-2] if len(messages) > 1 else None
    return bool(earlier and ((earlier.parse_data or {}).get("decision") or {}).get("told"))
