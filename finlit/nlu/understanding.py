"""What a sentence means in its conversation: crisis first, then the question, then what to do.

Pure: no Rasa, no clock, no network. The Rasa component only carries messages in and out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from finlit.nlu import not_known
from finlit.nlu.crisis import CRISIS, CrisisDetector
from finlit.nlu.decision import OUT_OF_SCOPE, Decision, Thresholds, decide
from finlit.nlu.ensemble import IntentModel
from finlit.nlu.follow_up import MAX_ELLIPTICAL_CHARS, FollowUps, Previous, combine
from finlit.nlu.model import base_of
from finlit.nlu.quantities import find
from finlit.requests import numbers as case_numbers
from finlit.text import fingerprint

INFORM = "inform"
RESTART = "restart"
ONCE = ("/status", "/file")  # asked for once: what follows is about the topic, not the same again
# What a case number asks, by the kind of case: how far it is.
STATUS_OF = {
    "hardship": "hardship_apply/status",
    "complaint": "rights_complaint/status",
    "handoff": "human_handoff/status",
}
ACCOUNT = "account_"
# How clear a sentence must be to stand alone after another question (chosen on tests/nlu/followups.tsv).
SURE_ALONE = 0.75
SURE_OPENED = 0.85  # it opens or closes like a follow-up: 那 …, … 呢
SLACK_WHEN_CLEAR = 1  # characters besides the wording of a follow-up in a sentence that is clear by itself
SURE_RESTART = 0.8  # it forgets everything: never on a guess
SURE_GENERAL = 0.99  # after an account answer: a general question, not the customer's own
SURE_CONTROL = 0.5  # greetings, thanks and the like
SURE_TOGETHER = 0.45  # below this, both sentences together settle nothing: the previous question goes on
SURE_QUESTION = 0.8  # a question this clear is no veiled cry for help, unless the detector is sure
SURE_FRAGMENT = 0.4  # a fragment that is this clear by itself is a question: 还能协商吗
WEIGHT_ALONE = 0.5
MAX_FRAGMENT_CHARS = 6
_HEDGES = re.compile(
    "合同[里上]?(?:写|约定)的?是?|年化|年利率|日利率|日息|月息|大概|大约|差不多|应该|好像|可能|已经|左右|上下|的样子|[吧了呢啊哦嗯哈]"
)  # around a figure that is only told
_OTHER_MONEY = re.compile("工资|收入|薪|房租|生活费|退休金|低保|挣|赚")  # no figure that a loan's calculator asks for
STRANGE_BELOW = 0.18  # familiarity of letters typed at random: one known character would decide alone
SURE_THOUGH_STRANGE = 0.9  # 「操你大爷」, 「唔该晒」: seldom seen, but just so
CLEAR_IN_A_TALK = 0.3  # enough for both sentences together, when the second says little by itself
SHORTEST_IN_A_TALK = 3  # characters: 「嗯」 and 「哦」 add nothing to a topic
SLACK_AROUND_A_FIGURE = 6  # characters beside the figure that was asked for: 哦找到了，是 …


@dataclass(frozen=True)
class Understood:
    """The ranking of base intents, the decision, and whether the previous question shaped it.

    ``told``: the sentence asks nothing, it tells more about what the talk is about.
    """

    ranking: list[tuple[str, float]]
    decision: Decision
    from_context: bool = False
    told: bool = False


class Understanding:
    """A trained model with the editors' tables and the thresholds."""

    NOT_A_TOPIC: ClassVar[frozenset[str]] = frozenset(
        {"nlu_fallback", "greet", "goodbye", "thank", "affirm", "deny", "inform", "clarify", "restart", "abuse",
         "bot_challenge", "help", "out_of_scope", "crisis", "emotional_distress"}
    )  # fmt: skip

    def __init__(
        self,
        model: IntentModel,
        follow_ups: FollowUps,
        crisis: CrisisDetector,
        thresholds: Thresholds,
        out_of_scope_weight: float = 1.0,
        doing: frozenset[str] = frozenset(),
    ) -> None:
        """``doing``: the intents that start a task; the others are answered with a text."""
        self._model = model
        self._follow_ups = follow_ups
        self._crisis = crisis
        self._thresholds = thresholds
        self._intents = model.labels
        weight_of = {CRISIS: 0.0, OUT_OF_SCOPE: out_of_scope_weight}
        self._weights = np.array([weight_of.get(intent, 1.0) for intent in self._intents])
        self._doing = doing
        self._askable = frozenset(model.labels) - self.NOT_A_TOPIC

    def understand(self, text: str, previous: Previous | None = None) -> Understood:
        """Return what ``text`` means after ``previous``; ``text`` is not empty."""
        alone = self._weighed(self._model.probabilities(text))
        number = case_numbers.find(text)
        heard = case_numbers.without(text) if number else text
        danger = self._crisis.hears(heard, self._is_clear_question(alone))
        if danger:
            return Understood([(CRISIS, 1.0)], Decision("answered", danger))
        if number is not None:
            return self._settled(text, STATUS_OF[case_numbers.kind_of(number)], alone, None)
        if previous is not None and (previous.figure_asked or previous.calculator) and self._only_answers(text):
            intent = previous.calculator or INFORM
            return self._settled(text, intent, alone, previous)
        if self._only_informs(text):
            return self._settled(text, INFORM, alone, None) if previous is None else self._after(text, alone, previous)
        if previous is not None and self._leans_on_previous(text, alone, previous):
            found = self._after(text, alone, previous)
        elif self._is_strange(text, alone):
            return Understood(self._ranking(alone), Decision("refused"))
        else:
            found = self._decided(text, alone)
        if previous is None or previous.intent not in self._intents or len(fingerprint(text)) < SHORTEST_IN_A_TALK:
            return found
        return self._within_the_talk(text, alone, previous, found)

    def _within_the_talk(self, text: str, alone: np.ndarray, previous: Previous, found: Understood) -> Understood:
        """Read a sentence that is unclear by itself as part of the talk that it stands in.

        「卡里一直有两千多」 after 「没逾期却显示逾期」 tells more about that; it opens no topic of its own.
        """
        best = self._intents[int(alone.argmax())]
        if best in self.NOT_A_TOPIC - {INFORM, OUT_OF_SCOPE} and alone.max() >= self._thresholds.answer_at:
            return found
        may_say_again = not previous.intent.startswith(ACCOUNT) and previous.intent not in self._doing
        told = may_say_again and not self._follow_ups.is_a_question(text)
        if not found.from_context and found.decision.kind != "answered":
            if told and alone.max() < self._thresholds.answer_at:
                return replace(self._settled(text, previous.intent, alone, previous), told=True)
            joint = self._together(text, alone, previous)
            found = self._decided(text, joint, from_context=True) if joint.max() >= CLEAR_IN_A_TALK else found
        likeliest = base_of(found.decision.candidates[0]) if found.decision.kind == "asked" else None
        if may_say_again and likeliest == previous.intent:
            found = self._settled(text, previous.intent, alone, previous)
        return replace(found, told=told and base_of(found.decision.label or "") == previous.intent)

    def _is_strange(self, text: str, alone: np.ndarray) -> bool:
        return float(alone.max()) < SURE_THOUGH_STRANGE and self._model.familiarity(text) < STRANGE_BELOW

    def _together(self, text: str, alone: np.ndarray, previous: Previous) -> np.ndarray:
        """Return the probabilities of ``text`` weighed against those of both sentences read as one."""
        together = self._weighed(self._model.probabilities(f"{previous.text} {text}"))
        return combine(alone, together, self._intents.index(previous.intent), WEIGHT_ALONE)

    def _is_clear_question(self, alone: np.ndarray) -> bool:
        return float(alone.max()) >= SURE_QUESTION and self._intents[int(alone.argmax())] not in self.NOT_A_TOPIC

    def _weighed(self, probabilities: np.ndarray) -> np.ndarray:
        """Return the probabilities with ``out_of_scope`` weighed up and without ``crisis``.

        Only the detector may say crisis; and what is not our subject takes so many forms that
        its examples can't cover it.
        """
        weighed = probabilities * self._weights
        return np.asarray(weighed / max(float(weighed.sum()), 1e-9))

    def _only_informs(self, text: str) -> bool:
        plain = _HEDGES.sub("", fingerprint(text))
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
        if rest == plain or len(rest) > SLACK_AROUND_A_FIGURE or _OTHER_MONEY.search(rest):
            return False
        return not self._follow_ups.has_asking_word(rest)

    def _leans_on_previous(self, text: str, alone: np.ndarray, previous: Previous) -> bool:
        plain = fingerprint(text)
        best = self._intents[int(alone.argmax())]
        if self._by_table(text, alone, previous) is not None:
            return True
        if len(plain) > MAX_ELLIPTICAL_CHARS or (best in self.NOT_A_TOPIC - {INFORM} and alone.max() >= SURE_CONTROL):
            return False
        if self._follow_ups.opens_like_one(text):
            return best == INFORM or float(alone.max()) < SURE_OPENED
        return float(alone.max()) < SURE_ALONE and self._follow_ups.asks(text)

    def _by_table(self, text: str, alone: np.ndarray, previous: Previous) -> str | None:
        """Return what the editors' table says; a sentence that is clear by itself must be worded just so.

        「怎么查征信」 after 「影响征信吗」 is no 「征信呢」.
        """
        loose = self._follow_ups.by_table(text, previous)
        best = self._intents[int(alone.argmax())]
        clear = best not in (INFORM, OUT_OF_SCOPE, previous.intent) and alone.max() >= SURE_OPENED
        asks_own = previous.shown and previous.intent.startswith(ACCOUNT)
        own = asks_own and loose not in (None, previous.intent) and alone.max() < SURE_GENERAL
        if not clear or own:
            return loose  # after an account answer, 「下一期什么时候还」 means the customer's own
        return self._follow_ups.by_table(text, previous, SLACK_WHEN_CLEAR)

    def _after(self, text: str, alone: np.ndarray, previous: Previous) -> Understood:
        by_table = self._by_table(text, alone, previous)
        if by_table is not None:
            return self._settled(text, by_table, alone, previous)
        if self._only_informs(text) or self._follow_ups.only_changes_a_figure(text):
            return self._settled(text, self._follow_ups.by_figure(previous), alone, previous)
        if previous.intent not in self._intents:
            return self._settled(text, previous.intent, alone, previous)
        joint = self._together(text, alone, previous)
        if joint.max() < SURE_TOGETHER and self._is_a_fragment(text):
            if alone.max() >= SURE_FRAGMENT:
                return self._decided(text, alone)
            return self._settled(text, previous.intent, joint, previous)
        return self._decided(text, joint, from_context=True)

    def _is_a_fragment(self, text: str) -> bool:
        """Say whether ``text`` is too little to be a question of its own."""
        return len(fingerprint(text)) <= MAX_FRAGMENT_CHARS or self._follow_ups.opens_like_one(text)

    def _settled(self, text: str, label: str, probabilities: np.ndarray, previous: Previous | None) -> Understood:
        """Answer ``label``; where the text doesn't narrow it, what the previous question was about still holds."""
        intent = base_of(label)
        narrow = label if label != intent else self._model.narrow(text, intent)
        if narrow == intent and previous is not None and base_of(previous.label) == intent:
            narrow = intent if previous.label.endswith(ONCE) else previous.label
        others = [(name, value) for name, value in self._ranking(probabilities) if name != intent]
        return Understood([(intent, 1.0), *others], Decision("answered", narrow), from_context=True)

    def _ranking(self, probabilities: np.ndarray) -> list[tuple[str, float]]:
        return sorted(zip(self._intents, map(float, probabilities)), key=lambda item: -item[1])

    def _decided(self, text: str, probabilities: np.ndarray, from_context: bool = False) -> Understood:
        ranking = self._ranking(probabilities)
        decision = decide(ranking, self._thresholds, self._askable)
        if decision == Decision("answered", RESTART) and ranking[0][1] < SURE_RESTART:
            decision = Decision("refused", RESTART)
        if decision.kind == "asked" and ranking[0][0] == OUT_OF_SCOPE:
            decision = Decision("refused", OUT_OF_SCOPE)
        elif decision.kind == "asked" and not decision.candidates:
            decision = Decision("refused", decision.label)
        elif decision.label is not None:
            candidates = [self._model.narrow(text, intent) for intent in decision.candidates]
            decision = replace(decision, label=self._model.narrow(text, decision.label), candidates=candidates)
        return Understood(ranking, decision, from_context)
