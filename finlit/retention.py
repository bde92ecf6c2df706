"""What is kept how long: conversations, and what the web chat notes about them, go after the days in the settings.

Tickets keep their question, not the conversation that went with it. What proofs and logins leave behind goes
when nothing can follow from it any more. Not touched: accounts, other requests, the audit record, and the rows
of WeChat's deliveries, which their channel forgets by itself after two days.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from finlit.accounts import audit, data_rights
from finlit.accounts.binding import WECHAT
from finlit.console import accounts as console_accounts
from finlit.db import conversation_events, engine, tables
from finlit.settings import Settings

SYSTEM = "system"
ATTEMPTS_KEPT = timedelta(days=1)  # a code typed once more is still recognised and masked
WEB_BINDINGS_KEPT = timedelta(days=7)  # lapsed long before; until then a browser may say that it was this customer


@dataclass(frozen=True)
class Done:
    """How many rows are gone. ``conversations_missing``: there is no store yet, nobody has talked."""

    events: int = 0
    conversations: int = 0
    messages: int = 0
    ratings: int = 0
    conversations_missing: bool = False


def purge(current: Settings) -> Done:
    """Delete what is older than ``conversations_kept``; audited. Raises SQLAlchemyError when a database is away."""
    before = current.now() - current.conversations_kept
    store = engine.engine_for(current.tracker_database)
    missing = conversation_events.is_away(store)
    gone, promised = conversation_events.Purged(0, 0), 0
    if not missing:
        conversation_events.create(store)
        gone = conversation_events.purge(store, before.timestamp())
        # A process that ended between the promise and the deletion has left it to us.
        promised = conversation_events.delete_where_told(store, data_rights.DELETED)
    message, rating = tables.WebMessage, tables.AnswerFeedback
    with engine.sessions(current.database_url).begin() as session:
        engine.no_time_limit(session.connection())
        counts = [
            session.execute(delete(table).where(old).execution_options(synchronize_session=False)).rowcount
            for table, old in ((message, message.received_at < before), (rating, rating.given_at < before))
        ]
        _forget_proofs(session, current.now(), before)
        old_request = select(tables.ServiceRequest.number).where(tables.ServiceRequest.opened_at < before)
        session.execute(
            update(tables.HandoffTicket)
            .where(tables.HandoffTicket.number.in_(old_request), tables.HandoffTicket.transcript != "")
            .values(transcript="")
            .execution_options(synchronize_session=False)
        )
        detail = f"events {gone.events}, conversations {gone.conversations}, older than {before:%Y-%m-%d}"
        detail += f", promised {promised}" if promised else ""
        audit.record(session, "purge conversations", current.now(), who=SYSTEM, detail=detail)
    return Done(gone.events, gone.conversations, counts[0], counts[1], missing)


def _forget_proofs(session: Session, now: datetime, before: datetime) -> None:
    """Delete attempts, limits, lapsed bindings, consents taken back before ``before``, and what logins leave behind."""
    attempt, limit, bound = tables.VerificationAttempt, tables.VerificationLimit, tables.Binding
    failure, login = tables.ConsoleLoginFailure, tables.ConsoleSession
    for table, old in (
        (attempt, attempt.touched_at < now - ATTEMPTS_KEPT),
        (limit, limit.touched_at < now - ATTEMPTS_KEPT),
        (bound, (bound.channel != WECHAT) & (bound.seen_at < now - WEB_BINDINGS_KEPT)),
        (tables.Consent, tables.Consent.withdrawn_at < before),
        (failure, failure.at < now - console_accounts.WINDOW),
        (login, login.expires_at < now),
    ):
        session.execute(delete(table).where(old).execution_options(synchronize_session=False))
