"""Applying for relief: ``action_hardship_apply``. Nothing is promised; the lender decides (F-NEG-02)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from actions.guided import Reply, Talk, Texts
from actions.requests import RequestAction, sender
from finlit.accounts import queries
from finlit.accounts.binding import AccountsOff, bound_customer, opened_account
from finlit.db import engine
from finlit.money import show
from finlit.requests import filing
from finlit.tasks.hardship import CONTACT, HARDSHIP_APPLY, LOAN, MONTHLY, REASON
from finlit.tasks.progress import WAITING, Entry
from finlit.tasks.readers import ALL, Option, Value


class ActionHardshipApply(RequestAction):
    """Asks four things, shows them, files the request once confirmed. Only a proved customer can file."""

    task = HARDSHIP_APPLY
    kind = "hardship"

    def admit(self, talk: Talk, texts: Texts) -> Reply | None:
        """Wait for a proof of identity; show an open request instead of a second one."""
        if bound_customer(talk.sender) is None:
            return Reply(f"{self.prefix}_verify", stage=WAITING)
        return self.opened(talk, texts) or (None if _loans(talk) else Reply(f"{self.prefix}_nothing_owed"))

    def known(self, talk: Talk) -> Mapping[str, Value]:
        """Return the loan when there is only one."""
        loans = _loans(talk)
        return {LOAN: {"code": loans[0]["code"], "words": loans[0]["title"]}} if len(loans) == 1 else {}

    def options(self, talk: Talk, entry: Entry) -> Sequence[Option]:
        """Return the customer's loans."""
        return _loans(talk) if entry.asked == LOAN else ()

    def finish(self, talk: Talk, entry: Entry, texts: Texts) -> Reply:
        """File the request; a loan that is not the customer's is refused by ``filing``."""
        values = entry.values
        shown, loan = texts.shown(values), (values[LOAN] or {}).get("code")
        filed = filing.file_hardship(
            engine.sessions(talk.database_url),
            sender(talk),
            talk.now,
            reason=values[REASON]["code"],
            reason_words=shown[REASON],
            monthly_amount=Decimal(values[MONTHLY]),
            contact_time=shown[CONTACT],
            loan_id=None if loan == ALL else loan,
        )
        return self.filed(talk, texts, filed, contact=shown[CONTACT])


def _loans(talk: Talk) -> list[dict[str, str]]:
    """Return the bound customer's loans that are not paid off, as choices; read and audited once a turn."""
    if LOAN not in talk.looked_up:
        talk.looked_up[LOAN] = _read_loans(talk)
    loans: list[dict[str, str]] = talk.looked_up[LOAN]
    return loans


def _read_loans(talk: Talk) -> list[dict[str, str]]:
    try:
        with opened_account(talk.sender, "read hardship_apply") as account:
            if account is None:
                return []
            loans = queries.accounts(account.session, account.customer_id)
    except AccountsOff:
        return []
    owed = [(loan, loan.stands(talk.now.date()).outstanding) for loan in loans]
    return [{"code": loan.id, "title": f"{loan.product} {show(left)}"} for loan, left in owed if left]
