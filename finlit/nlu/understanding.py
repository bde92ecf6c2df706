"""What a sentence means in its conversation: crisis first, then the question, then what to do.

Pure: no Rasa, no clock, no network. The Rasa component only carries messages in and out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from finlit.nlu import not_known
from finlit.nlu.crisis import CrisisSigns
from finlit.nlu.decision import OUT_OF_SCOPE, Decision, Thresholds, decide
from finlit.nlu.follow_up import MAX_ELLIPTICAL_CHARS, FollowUps, Previous, combine
from finlit.nlu.model import QuestionModel
from finlit.nlu.quantities import find
from finlit.text import fingerprint

CRISIS = "crisis"
INFORM = "inform"
# How clear a sentence must be to stand alone after another question (chosen on tests/nlu/followups.tsv).
SURE_ALONE = 0.75
SURE_OPENED = 0.9  # it opens or closes like a follow-up: 那 …, … 呢
SURE_CONTROL = 0.5  # greetings, thanks and the like
SURE_TOGETHER = 0.45  # below this, both sentences together settle nothing: the previous question goes on
WEIGHT_ALONE = 0.5
SLACK_AROUND_A_FIGURE = 6  # characters beside the figure that was asked for: 哦找到了，是 …


@dataclass(frozen=True)
class Understood:
    """The ranking of base intents, the decision, and whether the previous question shaped it."""

    ranking: list[tuple[str, float]]
    decision: Decision
    from_context: bool = False
    labels: dict[str, float] = field(default_factory=dict)

    @staticmethod
    def base_of(label: str) -> str:
        """Return the intent before the slash of ``name/sub``."""
        return label.split("/")[0]


class Understanding:
    """A trained model with the editors' tables and the thresholds."""

    NOT_A_TOPIC: ClassVar[frozenset[str]] = frozenset(
        {"nlu_fallback", "greet", "goodbye", "thank", "affirm", "deny", "inform", "clarify", "restart", "abuse",
         "bot_challenge", "help", "out_of_scope", "crisis", "emotional_distress"}
    )  # fmt: skip

    def __init__(
        self,
        model: QuestionModel,
        follow_ups: FollowUps,
        crisis: CrisisSigns,
        thresholds: Thresholds,
        crisis_at: float,
        out_of_scope_weight: float = 1.0,
    ) -> None:
        self._model = model
        self._follow_ups = follow_ups
        self._crisis = crisis
        self._thresholds = thresholds
        self._crisis_at = crisis_at
        self._bases = [label.split("/")[0] for label in model.labels]
        weight_of = {CRISIS: 0.0, OUT_OF_SCOPE: out_of_scope_weight}
        self._weights = np.array([weight_of.get(base, 1.0) for base in self._bases])
        self._askable = frozenset(model.labels) - self.NOT_A_TOPIC

    def understand(self, text: str, previous: Previous | None = None) -> Understood:
        """Return what ``text`` means after ``previous``; ``text`` is not empty."""
        if self._is_crisis(text):
            return Understood([(CRISIS, 1.0)], Decision("answered", CRISIS))
        alone = self._weighed(self._model.probabilities(text))
        if previous is not None and (previous.figure_asked or previous.calculator) and self._only_answers(text):
            return self._settled(INFORM if previous.figure_asked else str(previous.calculator), alone)
        if self._only_informs(text):
            return self._settled(INFORM, alone) if previous is None else self._after(text, alone, previous)
        if previous is not None and self._leans_on_previous(text, alone, previous):
            return self._after(text, alone, previous)
        return self._decided(alone)

    def _is_crisis(self, text: str) -> bool:
        if self._crisis.found_in(text):
            return True
        rest = self._crisis.supports(text)
        return rest is not None and self._of(CRISIS, self._model.probabilities(rest)) >= self._crisis_at

    def _weighed(self, probabilities: np.ndarray) -> np.ndarray:
        """Return the probabilities with ``out_of_scope`` weighed up and without ``crisis``.

        Only ``_is_crisis`` may say crisis; and what is not our subject takes so many forms that
        its examples can't cover it.
        """
        weighed = probabilities * self._weights
        return np.asarray(weighed / max(float(weighed.sum()), 1e-9))

    def _of(self, base: str, probabilities: np.ndarray) -> float:
        return float(sum(p for name, p in zip(self._bases, probabilities) if name == base))

    def _only_informs(self, text: str) -> bool:
        plain = fingerprint(text)
        rest = plain
        for quantity in find(plain):
            rest = rest.replace(quantity.text, "", 1)
        return rest != plain and len(rest) <= 1

    def _only_answers(self, text: str) -> bool:
        """Say whether ``text`` gives a figure, or says that it is not known, and asks nothing."""
        plain = fingerprint(text)
        if not_known.is_all_that_is_said(text) or (not_known.kinds(text) and len(plain) <= MAX_ELLIPTICAL_CHARS):
            return True
        rest = plain
        for quantity in find(plain):
            rest = rest.replace(quantity.text, "", 1)
        return rest != plain and len(rest) <= SLACK_AROUND_A_FIGURE and not self._follow_ups.has_asking_word(rest)

    def _leans_on_previous(self, text: str, alone: np.ndarray, previous: Previous) -> bool:
        plain = fingerprint(text)
        best = self._bases[int(alone.argmax())]
        if self._follow_ups.by_table(text, previous) is not None:
            return True
        if len(plain) > MAX_ELLIPTICAL_CHARS or (best in self.NOT_A_TOPIC - {INFORM} and alone.max() >= SURE_CONTROL):
            return False
        if self._follow_ups.opens_like_one(text):
            return float(alone.max()) < SURE_OPENED
        return float(alone.max()) < SURE_ALONE and self._follow_ups.asks(text)

    def _after(self, text: str, alone: np.ndarray, previous: Previous) -> Understood:
        by_table = self._follow_ups.by_table(text, previous)
        if by_table is not None:
            return self._settled(by_table, alone)
        if self._only_informs(text) or self._follow_ups.only_changes_a_figure(text):
            return self._settled(self._follow_ups.by_figure(previous), alone)
        if previous.intent not in self._bases:
            return self._settled(previous.intent, alone)
        together = self._weighed(self._model.probabilities(f"{previous.text} {text}"))
        joint = combine(alone, together, self._bases.index(previous.intent), WEIGHT_ALONE)
        if joint.max() < SURE_TOGETHER:
            return self._settled(previous.intent, joint)
        return self._decided(joint, from_context=True)

    def _settled(self, intent: str, alone: np.ndarray) -> Understood:
        base = Understood.base_of(intent)
        ranking = [(base, 1.0)] + [(name, value) for name, value in self._ranking(alone)[0] if name != base]
        return Understood(ranking, Decision("answered", intent), from_context=True)

    def _ranking(self, probabilities: np.ndarray) -> tuple[list[tuple[str, float]], dict[str, str]]:
        """Return base intents with the sum of their sub-intents, and each base's likeliest full label."""
        totals: dict[str, float] = {}
        best: dict[str, tuple[float, str]] = {}
        for base, label, value in zip(self._bases, self._model.labels, probabilities):
            totals[base] = totals.get(base, 0.0) + float(value)
            best[base] = max(best.get(base, (-1.0, "")), (float(value), label))
        ranking = sorted(totals.items(), key=lambda item: -item[1])
        return ranking, {base: label for base, (_, label) in best.items()}

    def _decided(self, probabilities: np.ndarray, from_context: bool = False) -> Understood:
        ranking, label_of = self._ranking(probabilities)
        decision = decide(ranking, self._thresholds, self._askable | frozenset(label_of))
        candidates = [name for name in decision.candidates if name not in self.NOT_A_TOPIC]
        if decision.kind == "asked" and not candidates:
            decision = Decision("refused", decision.label)
        label = label_of.get(decision.label or "", decision.label)
        if decision.kind == "asked" and ranking[0][0] == OUT_OF_SCOPE:
            decision = Decision("refused", OUT_OF_SCOPE)
            return Understood(ranking, decision, from_context)
        return Understood(ranking, Decision(decision.kind, label, candidates), from_context)
