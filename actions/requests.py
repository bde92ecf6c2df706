"""What the actions share that file a request: who sends it, how far it is, what its state is called."""

from __future__ import annotations

from abc import ABC
from datetime import datetime
from typing import ClassVar

from actions.guided import GuidedAction, Reply, Talk, Texts
from finlit.accounts.binding import bound_customer
from finlit.db import engine
from finlit.requests import numbers, status
from finlit.requests.filing import Filed, Sender, open_request
from finlit.tasks.hearing import STATUS


def sender(talk: Talk) -> Sender:
    """Return from where a request comes; the customer is the one whom the server has bound."""
    return Sender(talk.sender, talk.channel, bound_customer(talk.sender))


def moment(at: datetime) -> str:
    """Return a moment as customers read it."""
    return f"{at:%Y-%m-%d %H:%M}"


class RequestAction(GuidedAction, ABC):
    """A guided task that ends in a request of ``kind``; it also tells how far one is."""

    kind: ClassVar[str]

    def aside(self, talk: Talk, texts: Texts) -> Reply | None:
        """Answer 「到哪一步了」, with a number or for the latest one."""
        if not talk.label.endswith(STATUS):
            return None
        number, own = numbers.find(talk.text), sender(talk)
        with engine.sessions(talk.database_url)() as session:
            found = status.by_number(session, number, own) if number else status.latest(session, self.kind, own)
        fields = {"title": texts.own("title")}
        if found is None:
            return Reply("utter_request_unknown" if number else "utter_request_none", fields)
        fields |= {"number": found.number, "state": texts.line(f"utter_request_state_{found.state}")}
        fields |= {"opened": moment(found.opened_at), "changed": moment(found.changed_at)}
        if found.answer is None:
            return Reply("utter_request_status", fields)
        return Reply("utter_request_answered", {**fields, "answer": " ".join(found.answer.split())})

    def opened(self, talk: Talk, texts: Texts) -> Reply | None:
        """Return that a request of this kind is open already, if one is."""
        with engine.sessions(talk.database_url)() as session:
            found = open_request(session, self.kind, sender(talk))
            if found is None:
                return None
            own = status.by_number(session, str(found.number), sender(talk))
        return Reply(f"{self.prefix}_open", self._where_it_is(talk, texts, own)) if own is not None else None

    def filed(self, talk: Talk, texts: Texts, done: Filed, **fields: str) -> Reply:
        """Return that the request is filed, or that it was there before.

        One that was there and that the sender may not see has taken in what was said now: it is filed.
        """
        own = None
        if done.already:
            with engine.sessions(talk.database_url)() as session:
                own = status.by_number(session, done.number, sender(talk))
        if own is not None:
            return Reply(f"{self.prefix}_open", self._where_it_is(talk, texts, own))
        return Reply(f"{self.prefix}_done", {"number": done.number, **self.fields(talk, texts), **fields})

    def _where_it_is(self, talk: Talk, texts: Texts, own: status.RequestStatus) -> dict[str, str]:
        state = texts.line(f"utter_request_state_{own.state}")
        return {"number": own.number, "opened": moment(own.opened_at), "state": state, **self.fields(talk, texts)}
