"""``action_account_unbind``: unbind, say what is stored, delete it. What is said stands in ``data/tasks/account_unbind.yml``.

The conversation's own text is removed by the server after this turn (``finlit.dialogue.forgetting``).
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.exc import SQLAlchemyError

from finlit import settings
from finlit.accounts import binding, data_rights
from finlit.accounts.phrases import Phrases, Reply
from finlit.db import engine
from finlit.settings import SHANGHAI

logger = logging.getLogger(__name__)

INTENT = "account_unbind"


class ActionAccountUnbind(Action):
    """Each part of the intent after the slash is one of these; only a tapped button deletes."""

    def name(self) -> str:
        return f"action_{INTENT}"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Do what was asked in one transaction and say it, or that the service is down."""
        decision = tracker.latest_message.get("decision") or {}
        facet = str(decision.get("label") or "").partition("/")[2]
        if facet == "delete_now" and not decision.get("tapped"):
            facet = "delete_data"
        try:
            said = await asyncio.to_thread(self._done, facet, tracker.sender_id, decision, Phrases(domain, INTENT))
        except SQLAlchemyError:
            logger.exception("%s could not use the database", self.name())
            said = Reply("utter_service_down")
        dispatcher.utter_message(response=said.name, **said.fields)
        return []

    def _done(self, facet: str, conversation: str, decision: dict[str, Any], phrases: Phrases) -> Reply:
        current = settings.load()
        if facet in ("delete_data", "keep"):
            return Reply(f"utter_{INTENT}" if facet == "delete_data" else f"utter_{INTENT}_kept")
        with engine.sessions(current.database_url).begin() as session:
            if facet == "delete_now":
                data_rights.delete_all(session, conversation, current.now())
                return Reply(f"utter_{INTENT}_deleted")
            if facet == "what_stored":
                found = data_rights.stored(session, conversation, current.now())
                return Reply(f"utter_{INTENT}", {"stored": _lines(found, decision.get("conversation"), phrases)})
            unbound = binding.unbind(session, conversation, current.now())
            return Reply(f"utter_{INTENT}" if unbound else f"utter_{INTENT}_none")


def _lines(found: data_rights.Stored, conversation: dict[str, Any] | None, phrases: Phrases) -> str:
    lines = [phrases.line("stored_conversation", **conversation)] if conversation else []
    if found.bound_at is None:
        lines.append(phrases.line("stored_nothing"))
    for name, moment in (("stored_binding", found.bound_at), ("stored_consent", found.consented_at)):
        if moment is not None:
            lines.append(phrases.line(name, since=f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"))
    if found.audit_entries:
        lines.append(phrases.line("stored_audit", count=str(found.audit_entries)))
    return "\n".join(lines)
