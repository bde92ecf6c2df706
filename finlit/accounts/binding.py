"""Which customer a conversation is: a row that only the server writes, never a slot or a payload."""

from __future__ import annotations

from datetime import timedelta

from finlit import settings
from finlit.cli.errors import CommandError
from finlit.db import engine, tables

BINDING_LASTS = timedelta(minutes=30)


def bind_demo_customer(conversation: str, customer_id: str) -> None:
    """Bind a command-line conversation to a demo customer; raises CommandError for an unknown one."""
    current = settings.load()
    now = current.now()
    with engine.sessions(current.database_url).begin() as session:
        if session.get(tables.Customer, customer_id) is None:
            known = "、".join(row.id for row in session.query(tables.Customer).order_by(tables.Customer.id))
            raise CommandError(f"没有演示客户 {customer_id}。现有：{known or '（库是空的，请先运行 finlit db demo）'}。")
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
