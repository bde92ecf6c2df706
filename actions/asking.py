"""What the calculators share: read figures, remember them, ask for the next missing one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from finlit import figures, settings
from finlit.figures import Figures, Value


class Calculator(Action, ABC):
    """Asks ``utter_<task>_ask_<kind>`` until all ``kinds`` are known; slots are ``<task>_<kind>``.

    Figures stay in their slots, so that a later message may change just one of them.
    """

    task: ClassVar[str]
    kinds: ClassVar[tuple[str, ...]]

    @abstractmethod
    def answer(self, dispatcher: CollectingDispatcher, known: Mapping[str, Any]) -> None:
        """Say the result; ``known`` has a value for each of ``kinds``."""

    def ask(self, dispatcher: CollectingDispatcher, kind: str, known: Mapping[str, Value]) -> None:
        """Ask for ``kind``."""
        dispatcher.utter_message(response=f"utter_{self.task}_ask_{kind}")

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Answer when everything is known, else ask for one thing."""
        given = self._given(tracker)
        known = {**self._remembered(tracker), **given.values}
        unclear = next((kind for kind in self.kinds if kind in given.unclear), None)
        missing = unclear or next((kind for kind in self.kinds if kind not in known), None)
        if unclear:
            dispatcher.utter_message(response=f"utter_{self.task}_unclear", words=given.unclear[unclear])
        if given.from_months:
            self.explain_months(dispatcher, given.from_months, known)
        if missing == figures.RATE and given.rate_is_unknown:
            self.without_rate(dispatcher, known)
        elif missing:
            self.ask(dispatcher, missing, known)
        else:
            self.answer(dispatcher, known)
        return [SlotSet(f"{self.task}_{kind}", str(value)) for kind, value in given.values.items()]

    def explain_months(self, dispatcher: CollectingDispatcher, months: int, known: Mapping[str, Value]) -> None:
        """Say that months were taken as days."""
        dispatcher.utter_message(
            response=f"utter_{self.task}_months_as_days", months=str(months), days=str(known[figures.DAYS])
        )

    @abstractmethod
    def without_rate(self, dispatcher: CollectingDispatcher, known: Mapping[str, Any]) -> None:
        """Help a customer who does not know the contract's rate; no rate is invented."""

    def asked(self, tracker: Tracker) -> str | None:
        """Return the kind that the last thing said to the customer asked for; None when it was no question of ours."""
        said: dict[str, Any] = next((event for event in reversed(tracker.events) if event.get("event") == "bot"), {})
        answer = ((said.get("data") or {}).get("custom") or {}).get("answer") or ""
        if answer == f"utter_{self.task}_no_rate":
            return figures.RATE
        prefix = f"utter_{self.task}_ask_"
        return str(answer).removeprefix(prefix) if answer.startswith(prefix) else None

    def _given(self, tracker: Tracker) -> Figures:
        message = tracker.latest_message
        today = settings.load().now().date()
        return figures.read(
            message.get("entities") or (), message.get("text") or "", self.asked(tracker), today, self.kinds
        )

    def _remembered(self, tracker: Tracker) -> dict[str, Value]:
        stored = {kind: tracker.get_slot(f"{self.task}_{kind}") for kind in self.kinds}
        return {kind: figures.parse(kind, text) for kind, text in stored.items() if text}
