"""A person: ``action_human_handoff`` leaves a ticket with the masked conversation."""

from __future__ import annotations

from collections.abc import Mapping

from actions.guided import Reply, Talk, Texts
from actions.requests import RequestAction, moment, sender
from finlit import answers, settings
from finlit.db import engine
from finlit.requests import filing
from finlit.requests.transcript import transcript
from finlit.tasks.handoff import HUMAN_HANDOFF, QUESTION
from finlit.tasks.progress import Entry


class ActionHumanHandoff(RequestAction):
    """Asks what for, files the ticket once confirmed, and says honestly when people are there."""

    task = HUMAN_HANDOFF
    kind = "handoff"

    def admit(self, talk: Talk, texts: Texts) -> Reply | None:
        """Show the open ticket instead of a second one."""
        return self.opened(talk, texts)

    def fields(self, talk: Talk, texts: Texts) -> Mapping[str, str]:
        """Return ``hours``: whether somebody is there now, when next, or that nobody has said so."""
        hours = settings.load().service_hours
        if hours is None:
            return {"hours": texts.own("hours_unknown")}
        name = "open" if hours.open_at(talk.now) else "closed"
        values = {"hours": hours.show(), "opens": moment(hours.next_opening(talk.now))}
        return {"hours": answers.fill(texts.own(f"hours_{name}"), values)}

    def finish(self, talk: Talk, entry: Entry, texts: Texts) -> Reply:
        """File the ticket; what was skipped stands in the conversation."""
        filed = filing.file_handoff(
            engine.sessions(talk.database_url),
            sender(talk),
            talk.now,
            question=texts.shown(entry.values)[QUESTION],
            transcript=transcript(talk.tracker.events),
        )
        return self.filed(talk, texts, filed)
