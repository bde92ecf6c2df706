"""Which customer a conversation is: a row that only the server writes, never a slot or a payload.

A web session stays bound for ``WEB_IDLE`` after the customer's last message, and never longer than
``WEB_AT_MOST``; a WeChat openid until it is unbound, or until its proof is older than ``wechat_reverify_days``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session

from finlit import settings
from finlit.accounts import audit
from finlit.db import engine, tables

# Every message asks for it: plain columns, and a statement that is built once.
_BINDING = select(
    tables.Binding.customer_id, tables.Binding.channel, tables.Binding.bound_at, tables.Binding.seen_at
).where(tables.Binding.conversation == bindparam("of_conversation"))
_SEEN = update(tables.Binding).where(tables.Binding.conversation == bindparam("of_conversation"))
_SEEN = _SEEN.values(seen_at=bindparam("now")).execution_options(synchronize_session=False)

WEB_IDLE, WEB_AT_MOST = timedelta(minutes=15), timedelta(hours=1)
SEEN_EVERY = timedelta(seconds=10)  # how often it is noted that a customer is there: a binding may end so much early
WECHAT = "wechat"
TERMINAL = "terminal"


class UnknownCustomer(LookupError):
    """No customer has this id; ``known`` are the ids that exist, for a terminal and never for a chat."""

    def __init__(self, customer_id: str, known: list[str]) -> None:
        super().__init__(customer_id)
        self.customer_id = customer_id
        self.known = known


class AccountsOff(RuntimeError):
    """``FINLIT_ACCOUNT_ANSWERS=off``, or a WeChat conversation in plain mode: no account is answered."""


@dataclass(frozen=True)
class Account:
    """The bound customer's account within an open transaction whose audit entry is already written."""

    customer_id: str
    session: Session
    now: datetime


def may_be_a_customer(conversation: str, current: settings.Settings) -> bool:
    """Say whether this conversation can be anybody's: in WeChat's plain mode whoever posts chooses the openid."""
    return current.identity.account_answers and not _is_forgeable(conversation, current)


def answer_when_off(conversation: str, current: settings.Settings) -> str:
    """Return the answer that says why nobody's account is answered here."""
    is_here_only = current.identity.account_answers and _is_forgeable(conversation, current)
    return "utter_account_off_wechat" if is_here_only else "utter_account_off"


def _is_forgeable(conversation: str, current: settings.Settings) -> bool:
    return current.wechat is not None and not current.wechat.is_sealed and conversation.startswith(f"{WECHAT}-")


def bind(session: Session, conversation: str, channel: str, customer_id: str, proved_by: str, now: datetime) -> None:
    """Bind a conversation whose proof (``code``, ``host_token`` or ``terminal``) was just checked; audited.

    Raises AccountsOff for a conversation that anybody could have written.
    """
    if not may_be_a_customer(conversation, settings.load()):
        raise AccountsOff
    session.merge(
        tables.Binding(
            conversation=conversation,
            customer_id=customer_id,
            channel=channel,
            proved_by=proved_by,
            bound_at=now,
            seen_at=now,
        )
    )
    audit.record(
        session, "bind", now, customer_id=customer_id, conversation=conversation, channel=channel, detail=proved_by
    )


def bind_demo_customer(conversation: str, customer_id: str) -> None:
    """Bind a command-line conversation to a demo customer; raises UnknownCustomer."""
    current = settings.load()
    with engine.sessions(current.database_url).begin() as session:
        if session.get(tables.Customer, customer_id) is None:
            known = session.execute(select(tables.Customer.id).order_by(tables.Customer.id)).scalars()
            raise UnknownCustomer(customer_id, list(known))
        bind(session, conversation, TERMINAL, customer_id, "terminal", current.now())


def is_live(binding: Any, now: datetime, wechat_reverify_days: int) -> bool:
    """Say whether the binding still proves anything at ``now``."""
    if binding.channel == WECHAT:
        return bool(now < binding.bound_at + timedelta(days=wechat_reverify_days))
    return bool(now < min(binding.seen_at + WEB_IDLE, binding.bound_at + WEB_AT_MOST))


def _found(session: Session, conversation: str) -> Any:
    return session.execute(_BINDING, {"of_conversation": conversation}).first()


def _live(session: Session, conversation: str, current: settings.Settings) -> Any:
    if not may_be_a_customer(conversation, current):
        return None
    binding = _found(session, conversation)
    if binding is None or not is_live(binding, current.now(), current.identity.wechat_reverify_days):
        return None
    return binding


def bound_customer(conversation: str) -> str | None:
    """Return the customer's id while the conversation is bound, None when it is not or account answers are off."""
    with engine.sessions(settings.load().database_url)() as session:
        return customer_of(session, conversation)


def customer_of(session: Session, conversation: str) -> str | None:
    """Return the same as ``bound_customer`` on a session that is open."""
    binding = _live(session, conversation, settings.load())
    return None if binding is None else str(binding.customer_id)


def _audit(session: Session, what: str, now: datetime, conversation: str, bound: Any) -> None:
    customer, channel = str(bound.customer_id), str(bound.channel)
    audit.record(session, what, now, customer_id=customer, conversation=conversation, channel=channel)


@contextmanager
def opened_account(conversation: str, what: str) -> Iterator[Account | None]:
    """Open the bound customer's account for one read or change ``what``; None when nobody is bound.

    The audit entry is committed together with whatever happens inside the ``with`` block, before
    its result can be said. Raises AccountsOff, and SQLAlchemyError: then nothing may be shown.
    """
    current = settings.load()
    if not may_be_a_customer(conversation, current):
        raise AccountsOff
    with engine.sessions(current.database_url).begin() as session:
        binding = _live(session, conversation, current)
        if binding is None:
            yield None
            return
        now = current.now()
        _audit(session, what, now, conversation, binding)
        yield Account(str(binding.customer_id), session, now)


def has_lapsed(conversation: str) -> bool:
    """Say whether the conversation was bound and has to prove it again."""
    current = settings.load()
    with engine.sessions(current.database_url)() as session:
        return _found(session, conversation) is not None and _live(session, conversation, current) is None


def touch(session: Session, conversation: str, now: datetime) -> None:
    """Note that the customer of a live web binding is there; a lapsed one stays lapsed. Writes nothing else."""
    binding = _found(session, conversation)
    if binding is not None and binding.seen_at + SEEN_EVERY <= now < binding.seen_at + WEB_IDLE:
        session.execute(_SEEN, {"of_conversation": conversation, "now": now})


def unbind(session: Session, conversation: str, now: datetime) -> bool:
    """Remove the conversation's binding, a lapsed one too; say whether there was one. Audited."""
    binding = session.get(tables.Binding, conversation)
    if binding is None:
        return False
    _audit(session, "unbind", now, conversation, binding)
    session.execute(delete(tables.Binding).where(tables.Binding.conversation == conversation))
    return True
