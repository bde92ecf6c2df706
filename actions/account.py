"""The customer's own account: ``action_account_status``, ``_bill``, ``_schedule``, ``_payment_history``, ``_credit_status``.

Who the customer is comes from the binding in the database, never from a slot or an entity. What
is said stands in ``data/tasks/account.yml``, the sentence for each loan as well (``utter_…_loan_…``).
"""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from finlit import settings
from finlit.accounts import queries
from finlit.accounts.binding import bound_customer
from finlit.accounts.ledger import Standing
from finlit.db import engine
from finlit.money import show

logger = logging.getLogger(__name__)

Reply = tuple[str, dict[str, str]]  # the response's name and its fields
SHOWN_PAYMENTS = 5
SHOWN_INSTALMENTS = 6


class Phrases:
    """The sentences of one intent, from the domain: an answer about several loans has one for each."""

    def __init__(self, domain: Mapping[str, Any], intent: str) -> None:
        self._domain = domain
        self._prefix = f"utter_{intent}_"

    def line(self, name: str, **fields: str) -> str:
        """Return the text of ``utter_<intent>_<name>`` with ``fields`` put in; raises KeyError when it is missing."""
        return str(self._domain["responses"][self._prefix + name][0]["text"]).strip().format_map(fields)


class AccountAction(Action, ABC):
    """Reads for the bound customer and says it; an unbound one gets the general answer ``utter_<intent>``."""

    intent: ClassVar[str]

    def name(self) -> str:
        return f"action_{self.intent}"

    @abstractmethod
    def reply(self, session: Session, customer: str, now: datetime, phrases: Phrases) -> Reply:
        """Return what to say to the bound ``customer``."""

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Say the account's answer, the general one, or that the service is down; sets no slot."""
        try:
            response, fields = await asyncio.to_thread(self._reply, tracker.sender_id, Phrases(domain, self.intent))
        except SQLAlchemyError:
            logger.exception("%s could not read the database", self.name())
            response, fields = "utter_service_down", {}
        dispatcher.utter_message(response=response, **fields)
        return []

    def _reply(self, sender_id: str, phrases: Phrases) -> Reply:
        customer = bound_customer(sender_id)
        if customer is None:
            return f"utter_{self.intent}", {}
        current = settings.load()
        with engine.sessions(current.database_url)() as session:
            name, fields = self.reply(session, customer, current.now(), phrases)
        return f"utter_{self.intent}_{name}", {**fields, "as_of": f"{current.now():%H:%M}"}


class ActionAccountStatus(AccountAction):
    """What is owed, how late, and what penalty interest has run up, loan by loan."""

    intent = "account_status"

    def reply(self, session: Session, customer: str, now: datetime, phrases: Phrases) -> Reply:
        status = queries.status(session, customer, now)
        loans = "\n".join(
            phrases.line(f"loan_{loan.standing.state}", product=loan.product, **_standing_fields(loan.standing))
            for loan in status.loans
        )
        name = "due" if status.pay_today else "verified" if status.outstanding else "settled"
        return name, {"outstanding": show(status.outstanding), "pay_today": show(status.pay_today), "loans": loans}


class ActionAccountBill(AccountAction):
    """What falls due next, and what should have been paid already."""

    intent = "account_bill"

    def reply(self, session: Session, customer: str, now: datetime, phrases: Phrases) -> Reply:
        bill = queries.bill(session, customer, now)
        lines = [phrases.line("past_due", amount=show(bill.past_due))] if bill.past_due else []
        lines += [phrases.line("loan" if due.days_left else "loan_today", **_due_fields(due)) for due in bill.next_due]
        return ("verified", {"lines": "\n".join(lines)}) if lines else ("none", {})


class ActionAccountSchedule(AccountAction):
    """Which instalments are still to come."""

    intent = "account_schedule"

    def reply(self, session: Session, customer: str, now: datetime, phrases: Phrases) -> Reply:
        lines = []
        for plan in queries.schedule(session, customer, now):
            lines.append(
                phrases.line("loan", product=plan.product, count=str(len(plan.remaining)), total=show(plan.total))
            )
            lines += [phrases.line("instalment", **_due_fields(due)) for due in plan.remaining[:SHOWN_INSTALMENTS]]
        return ("verified", {"lines": "\n".join(lines)}) if lines else ("none", {})


class ActionAccountPaymentHistory(AccountAction):
    """The latest booked repayments."""

    intent = "account_payment_history"

    def reply(self, session: Session, customer: str, now: datetime, phrases: Phrases) -> Reply:
        history = queries.payment_history(session, customer, now, SHOWN_PAYMENTS)
        lines = [
            phrases.line("payment", product=paid.product, amount=show(paid.amount), paid_on=f"{paid.paid_at:%Y-%m-%d}")
            for paid in history.latest
        ]
        return ("verified", {"count": str(history.count), "lines": "\n".join(lines)}) if lines else ("none", {})


class ActionAccountCreditStatus(AccountAction):
    """Whether and when each loan was reported as overdue."""

    intent = "account_credit_status"

    def reply(self, session: Session, customer: str, now: datetime, phrases: Phrases) -> Reply:
        lines = []
        for loan in queries.credit_reporting(session, customer, now):
            state = "disputed" if loan.dispute_opened_on else "reported" if loan.reported_on else "clear"
            fields = {"reported_on": str(loan.reported_on), "dispute_opened_on": str(loan.dispute_opened_on)}
            lines.append(phrases.line(f"loan_{state}", product=loan.product, **fields))
        return ("verified", {"lines": "\n".join(lines)}) if lines else ("none", {})


def _standing_fields(standing: Standing) -> dict[str, str]:
    return {
        "outstanding": show(standing.outstanding),
        "days": str(standing.days_past_due),
        "overdue_principal": show(standing.overdue_principal),
        "overdue_interest": show(standing.overdue_interest),
        "penalty": show(standing.penalty),
        "penalty_a_day": show(standing.penalty_a_day),
        "grace_ends": str(standing.grace_ends),
        "steps": "；".join(standing.penalty_steps),
    }


def _due_fields(due: queries.Due) -> dict[str, str]:
    return {
        "product": due.product,
        "number": str(due.number),
        "due_on": due.due_on.isoformat(),
        "days_left": str(due.days_left),
        "amount": show(due.amount),
    }
