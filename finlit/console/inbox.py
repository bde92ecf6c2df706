"""What customers said and we missed, grouped by likeness; what the draft has learned is left out. Pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from finlit.console.talks import Talk, Turn
from finlit.content import likeness
from finlit.text import fingerprint, fingerprints

ALIKE = 0.45  # sentences this alike stand in one group
REASONS = {
    "refused": "没答上来",
    "asked": "反问了",
    "out_of_scope": "当成范围外",
    "down": "被点了没用",
    "person": "之后要找人",
}
SHORTEST = 2


@dataclass(frozen=True)
class Missed:
    """One sentence with why it is here and where it was said."""

    turn: Turn
    reason: str


@dataclass(frozen=True)
class Group:
    """Sentences that ask much the same, the most frequent first."""

    sentences: tuple[tuple[str, int], ...]
    missed: tuple[Missed, ...]

    @property
    def count(self) -> int:
        return len(self.missed)

    @property
    def reasons(self) -> list[tuple[str, int]]:
        return Counter(REASONS[m.reason] for m in self.missed).most_common()


def _reason(turn: Turn, following: list[Turn], down: Collection[int]) -> str | None:
    if turn.tapped or turn.intent == "crisis" or len(fingerprint(turn.text)) < SHORTEST:
        return None
    answers = []
    for later in following:
        if later.customer:
            break
        answers.append(later)
    if any(answer.n in down for answer in answers):
        return "down"
    if turn.kind in ("refused", "asked"):
        return turn.kind
    if turn.intent == "out_of_scope":
        return "out_of_scope"
    after = next((later for later in following if later.customer), None)
    asks_for_person = after is not None and after.intent == "human_handoff"
    return "person" if asks_for_person and turn.intent != "human_handoff" and turn.kind == "answered" else None


def missed(talks: Iterable[Talk], down: Mapping[str, Collection[int]]) -> list[Missed]:
    """Return what fell back, was asked back, refused as not ours, thumbed down or led to a person.

    ``down``: by conversation, the numbers of the answers that customers marked as no help.
    """
    found = []
    for talk in talks:
        for position, turn in enumerate(talk.turns):
            if turn.customer:
                reason = _reason(turn, talk.turns[position + 1 :], down.get(talk.conversation, ()))
                if reason is not None:
                    found.append(Missed(turn, reason))
    return found


def mark_of(text: str) -> str:
    """Return what a decision about ``text`` is kept by: as long for every sentence, and telling nothing of it."""
    return hashlib.sha256(fingerprint(text).encode()).hexdigest()


def groups(found: Iterable[Missed], learned: Collection[str], decided: Collection[str]) -> list[Group]:
    """Group what is neither ``learned`` (normal forms) nor ``decided`` (marks); the largest group first."""
    left = [m for m in found if fingerprint(m.turn.text) not in learned and mark_of(m.turn.text) not in decided]
    if not left:
        return []
    texts = list(dict.fromkeys(m.turn.text for m in left))
    together = []
    for members in likeness.Likeness(fingerprints(texts)).groups(ALIKE):
        mine = {texts[position] for position in members}
        here = [m for m in left if m.turn.text in mine]
        counted = Counter(m.turn.text for m in here).most_common()
        together.append(Group(tuple(counted), tuple(here)))
    return sorted(together, key=lambda group: -group.count)
