"""Complaints: ``action_complaint`` explains how to complain, or takes one down."""

from __future__ import annotations

from actions.guided import Reply, Talk, Texts
from actions.requests import RequestAction, sender
from finlit.db import engine
from finlit.requests import filing
from finlit.tasks.complaint import COMPLAINT, HAPPENED, WANTED, WHEN
from finlit.tasks.progress import Entry

FILE = "rights_complaint/file"


class ActionComplaint(RequestAction):
    """Takes a complaint down when the customer wants to make one; a general question gets the general answer."""

    task = COMPLAINT
    kind = "complaint"

    def aside(self, talk: Talk, texts: Texts) -> Reply | None:
        """Answer how to complain, unless the customer wants to do it now."""
        status = super().aside(talk, texts)
        return status or (None if talk.label == FILE else Reply("utter_rights_complaint"))

    def finish(self, talk: Talk, entry: Entry, texts: Texts) -> Reply:
        """File the complaint."""
        shown = texts.shown(entry.values)
        filed = filing.file_complaint(
            engine.sessions(talk.database_url),
            sender(talk),
            talk.now,
            happened=shown[HAPPENED],
            happened_when=shown[WHEN] if entry.values[WHEN] else None,
            wanted=shown[WANTED],
        )
        return self.filed(talk, texts, filed)
