"""Which customer a conversation is: a row that only the server writes, never a slot or a payload."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from finlit import settings
from finlit.db import engine, tables

BINDING_LASTS = timedelta(minutes=30)


class UnknownCustomer(LookupError):
    """No customer has this id; ``known`` are the ids that exist, for a terminal and never for a chat."""

    def __init__(self, customer_id: str, known: list[str]) -> None:
        super().__init__(customer_id)
        self.customer_id = customer_id
        self.known = known


def bind_demo_customer(conversation: str, customer_id: str) -> None:
    """Bind a command-line conversation to a demo customer; raises UnknownCustomer."""
    current = settings.load()
    now = current.now()
    with engine.sessions(current.database_url).begin() as session:
        if session.get(tables.Customer, customer_id) is None:
            known = session.execute(select(tables.Customer.id).order_by(tables.Customer.id)).scalars()
            raise UnknownCustomer(customer_id, list(known))
        session.merge(
            tables.Binding(
                conversation=conversation, customer_id=customer_id, bound_at=now, expires_at=now + BINDING_LASTS
            )
        )


def bound_customer(conversation: str) -> str | None:
    """Return the customer's id when the conversation is bound and the binding has not expired."""
    current = settings.load()
    with engine.sessions(current.database_url)() as session:
        binding = session.get(tables.Binding, conversation)
        if binding is None or binding.expires_at <= current.now():
            return None
        return str(binding.customer_id)
