"""The customer's own account: ``action_account_status``, ``_bill``, ``_schedule``, ``_payment_history``, ``_credit_status``.

Who the customer is comes from the binding in the database, never from a slot or an entity. What
is said stands in ``data/tasks/account.yml``, and how it is put together in ``finlit.accounts.telling``.
"""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from finlit import settings
from finlit.accounts import asked, queries, telling, telling_ahead, telling_credit, telling_each_day
from finlit.accounts.binding import AccountsOff, answer_when_off, has_lapsed, opened_account
from finlit.accounts.others import OTHER_PERSON
from finlit.accounts.phrases import Phrases, Reply
from finlit.settings import SHANGHAI

logger = logging.getLogger(__name__)

SHOWN_PAYMENTS = 6


@dataclass(frozen=True)
class Request:
    """What an account action is asked: ``facet`` is the part of the intent after the slash, if any."""

    session: Session
    customer: str
    phrases: Phrases
    facet: str
    text: str
    loan: str | None

    @property
    def today(self) -> Any:
        return settings.load().now().astimezone(SHANGHAI).date()

    def question(self) -> telling.Question:
        """Return the question with the customer's loans."""
        accounts = queries.accounts(self.session, self.customer)
        said = asked.read(self.text, self.today)
        return telling.Question(said, self.today, accounts, self.loan)


class AccountAction(Action, ABC):
    """Reads for the bound customer, audited, and says it; an unbound one gets the general answer ``utter_<intent>``."""

    intent: ClassVar[str]

    def name(self) -> str:
        return f"action_{self.intent}"

    @abstractmethod
    def reply(self, request: Request) -> Reply:
        """Return what to say to the bound customer."""

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Say the account's answer, the general one, or that the service is down."""
        try:
            said = await asyncio.to_thread(self._reply, tracker, Phrases(domain, self.intent))
        except AccountsOff:
            dispatcher.utter_message(response=answer_when_off(tracker.sender_id, settings.load()))
            return []
        except SQLAlchemyError:
            logger.exception("%s could not read the database", self.name())
            dispatcher.utter_message(response="utter_service_down")
            return []
        dispatcher.utter_message(response=said.name, details=said.details, table=said.table, **said.fields)
        return [SlotSet(slot, value) for slot, value in said.remember.items()]

    def _reply(self, tracker: Tracker, phrases: Phrases) -> Reply:
        message = tracker.latest_message
        decision = message.get("decision") or {}
        facet = str(decision.get("label") or "").partition("/")[2]
        if facet == OTHER_PERSON:
            return Reply(f"utter_{self.intent}")
        goes_on = facet or decision.get("from_context") or decision.get("tapped")
        loan = tracker.get_slot(telling.LOAN_SLOT) if goes_on else None
        with opened_account(tracker.sender_id, f"read {self.intent}") as account:
            if account is None:
                lapsed = {"before": "utter_account_verify_lapsed"} if has_lapsed(tracker.sender_id) else {}
                return Reply(f"utter_{self.intent}", lapsed)
            text = str(message.get("text") or "")
            try:
                said = self.reply(Request(account.session, account.customer_id, phrases, facet, text, loan))
            except telling.NoSuchLoan:
                return Reply("utter_account_no_such_loan")
            as_of = queries.data_as_of(account.session, account.now)
        same_day = as_of.date() == account.now.date()
        fields = {**said.fields, "as_of": f"{as_of:%H:%M}" if same_day else f"{as_of:%Y-%m-%d %H:%M}"}
        return Reply(f"utter_{self.intent}_{said.name}", fields, said.details, said.table, said.remember)


class ActionAccountStatus(AccountAction):
    """What is owed, how late, what penalty interest has run up; what a day costs; what if."""

    intent = "account_status"

    def reply(self, request: Request) -> Reply:
        tellers = {"each_day": telling_each_day.each_day, "steps": telling.steps, "what_if": telling_ahead.ahead}
        return tellers.get(request.facet, telling.status)(request.phrases, request.question())


class ActionAccountBill(AccountAction):
    """What falls due next, and what should have been paid already."""

    intent = "account_bill"

    def reply(self, request: Request) -> Reply:
        return telling.bill(request.phrases, request.question())


class ActionAccountSchedule(AccountAction):
    """Which instalments are still to come."""

    intent = "account_schedule"

    def reply(self, request: Request) -> Reply:
        return telling.schedule(request.phrases, request.question())


class ActionAccountPaymentHistory(AccountAction):
    """The latest booked repayments."""

    intent = "account_payment_history"

    def reply(self, request: Request) -> Reply:
        found = queries.payment_history(request.session, request.customer, SHOWN_PAYMENTS)
        return telling.history(request.phrases, found)


class ActionAccountCreditStatus(AccountAction):
    """Whether and when each loan was reported as overdue, and what paying now changes about it."""

    intent = "account_credit_status"

    def reply(self, request: Request) -> Reply:
        found = queries.credit_reporting(request.session, request.customer, request.today)
        tell = telling_credit.credit_if_paid if request.facet == "if_paid" else telling_credit.credit
        return tell(request.phrases, found)
