"""What the calculators share: read figures, remember them, ask for the next missing one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from finlit import figures, money, settings
from finlit.figures import Figures, Value
from finlit.rates import Rate


class Calculator(Action, ABC):
    """Asks ``utter_<task>_ask_<kind>`` until all ``kinds`` are known; slots are ``<task>_<kind>``.

    Figures stay in their slots, so that a later message may change just one of them.
    """

    task: ClassVar[str]
    kinds: ClassVar[tuple[str, ...]]

    @abstractmethod
    def answer(self, dispatcher: CollectingDispatcher, known: Mapping[str, Any], said_first: Mapping[str, Any]) -> None:
        """Say the result; ``known`` has a value for each of ``kinds``, ``said_first`` an answer to begin with."""

    def ask(
        self, dispatcher: CollectingDispatcher, kind: str, known: Mapping[str, Value], said_first: Mapping[str, Any]
    ) -> None:
        """Ask for ``kind``."""
        dispatcher.utter_message(response=f"utter_{self.task}_ask_{kind}", **said_first)

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Answer when everything is known, else ask for one thing."""
        given = self._given(tracker)
        remembered = {kind: value for kind, value in self._remembered(tracker).items() if kind not in given.unknown}
        known = {**remembered, **given.values}
        unclear = next((kind for kind in self.kinds if kind in given.unclear), None)
        missing = unclear or next((kind for kind in self.kinds if kind not in known), None)
        said_first: dict[str, Any] = {}
        if unclear:
            said_first = {"before": f"utter_{self.task}_unclear", "words": given.unclear[unclear]}
        elif given.from_months:
            said_first = self.about_months(given.from_months, known)
        if missing in given.unknown:
            self.without(dispatcher, str(missing), known)
        elif missing:
            self.ask(dispatcher, missing, known, said_first)
        else:
            self.answer(dispatcher, known, said_first)
        forgotten = [SlotSet(f"{self.task}_{kind}", None) for kind in self.kinds if kind in given.unknown]
        return forgotten + [SlotSet(f"{self.task}_{kind}", str(value)) for kind, value in given.values.items()]

    def about_months(self, months: int, known: Mapping[str, Value]) -> dict[str, Any]:
        """Return what has to be said first: months were taken as days."""
        return {
            "before": f"utter_{self.task}_months_as_days",
            "months": str(months),
            "as_days": str(known[figures.DAYS]),
        }

    def without(self, dispatcher: CollectingDispatcher, kind: str, known: Mapping[str, Any]) -> None:
        """Help a customer who does not know ``kind``: where it stands; no figure is invented."""
        dispatcher.utter_message(response=f"utter_{self.task}_no_{kind}", **self.shown(known))

    def shown(self, known: Mapping[str, Any]) -> dict[str, str]:
        """Return the known figures as customers read them, by kind; 「…」 for one that is still missing."""
        return {kind: self.show(known[kind]) if kind in known else "…" for kind in self.kinds}

    @staticmethod
    def show(value: Value) -> str:
        """Return ``value`` as customers read it."""
        if isinstance(value, Decimal):
            return money.show(value)
        return value.show() if isinstance(value, Rate) else str(value)

    def asked(self, tracker: Tracker) -> str | None:
        """Return the kind that the last thing said to the customer asked for; None when it was no question of ours."""
        said: dict[str, Any] = next((event for event in reversed(tracker.events) if event.get("event") == "bot"), {})
        answer = ((said.get("data") or {}).get("custom") or {}).get("answer") or ""
        for prefix in (f"utter_{self.task}_ask_", f"utter_{self.task}_no_"):
            if answer.startswith(prefix):
                return str(answer).removeprefix(prefix)
        return None

    def _given(self, tracker: Tracker) -> Figures:
        message = tracker.latest_message
        today = settings.load().now().date()
        return figures.read(
            message.get("entities") or (), message.get("text") or "", self.asked(tracker), today, self.kinds
        )

    def _remembered(self, tracker: Tracker) -> dict[str, Value]:
        stored = {kind: tracker.get_slot(f"{self.task}_{kind}") for kind in self.kinds}
        return {kind: figures.parse(kind, text) for kind, text in stored.items() if text}
