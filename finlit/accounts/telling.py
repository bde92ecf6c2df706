"""What is said about a customer's own loans: which sentence, with which figures, and how each came about.

Pure: loans and days come in, a ``Reply`` goes out. The sentences stand in ``data/tasks/account.yml``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from finlit.accounts import queries
from finlit.accounts.asked import Asked
from finlit.accounts.ledger import ZERO, LatePart, Standing
from finlit.accounts.phrases import Phrases, Reply
from finlit.accounts.queries import Account
from finlit.money import show, show_rate
from finlit.nlu.portions import OTHER

ARREARS = {"overdue", "in_grace"}  # states in which an instalment is past due
LOAN_SLOT = "account_loan"  # which of the own loans was spoken of last; it opens nothing


@dataclass(frozen=True)
class Question:
    """What was asked, on which day, by a customer with these ``accounts``; ``remembered`` is ``LOAN_SLOT``."""

    asked: Asked
    today: date
    accounts: Sequence[Account]
    remembered: str | None = None


def spoken_state(standing: Standing) -> str:
    """Return the state by which phrases are named: penalty interest of before is told inside a grace period, too."""
    return "in_grace_penalty" if standing.state == "in_grace" and standing.penalty else standing.state


class NoSuchLoan(LookupError):
    """The customer named a loan that is not there."""


def chosen(question: Question) -> Sequence[Account]:
    """Return the loans that the question is about: the one named or spoken of last, else all; raises NoSuchLoan."""
    accounts, number = question.accounts, question.asked.loan
    before = int(question.remembered) if question.remembered else None
    if number == OTHER:
        others = [account for account in accounts if account.number != (before or 1)]
        return others if others else accounts
    if number is None:
        number = before if before is not None and before <= len(accounts) else None
    if number is not None and number > len(accounts):
        raise NoSuchLoan(number)
    return accounts if number is None else [accounts[number - 1]]


def label(phrases: Phrases, account: Account, count: int) -> str:
    """Return the name of a loan: its product, with its number when the customer has several."""
    if count == 1:
        return account.product
    return phrases.about("account").plain("loan_label", number=str(account.number), product=account.product)


def status(phrases: Phrases, question: Question) -> Reply:
    """Return what is owed, how late, what penalty interest has run up, and what to pay today."""
    accounts = chosen(question)
    count = len(question.accounts)
    stands = [account.stands(question.today) for account in accounts]
    lines = [
        phrases.line(
            f"loan_{spoken_state(each)}",
            product=label(phrases, account, count),
            charges=charges(phrases, each),
            **standing_fields(each),
        )
        for account, each in zip(accounts, stands)
    ]
    pay_today = sum((each.pay_today for each in stands), ZERO)
    outstanding = sum((each.outstanding for each in stands), ZERO)
    return Reply(
        _status_name(stands),
        {"outstanding": show(outstanding), "pay_today": show(pay_today), "loans": "\n".join(lines)},
        details=[
            figures_of(phrases, account, each, count) for account, each in zip(accounts, stands) if each.outstanding
        ],
        remember=spoken_of(question, accounts),
    )


def _status_name(stands: Sequence[Standing]) -> str:
    states = {each.state for each in stands}
    if states & ARREARS:
        return "due"
    if "penalty_left" in states:
        return "penalty_left"
    if any(each.pay_today for each in stands):
        return "due_today"
    return "verified" if any(each.outstanding for each in stands) else "settled"


def steps(phrases: Phrases, question: Question) -> Reply:
    """Return how the figures of today come about, in words."""
    accounts = chosen(question)
    owing = [(account, account.stands(question.today)) for account in accounts]
    details = [
        figures_of(phrases, account, each, len(question.accounts)) for account, each in owing if each.outstanding
    ]
    if not details:
        return status(phrases, question)
    lines = "\n".join(line for part in details for line in (part["title"], *(f"· {line}" for line in part["lines"])))
    return Reply("steps", {"lines": lines}, remember=spoken_of(question, accounts))


def bill(phrases: Phrases, question: Question) -> Reply:
    """Return what falls due next on each loan, and what should have been paid already."""
    accounts = chosen(question)
    count = len(question.accounts)
    found = queries.bill(accounts, question.today)
    names = {account.number: label(phrases, account, count) for account in accounts}
    penalty_only = found.past_due == found.penalty
    past_due = "penalty_left_line" if penalty_only else "past_due"
    lines = [phrases.line(past_due, amount=show(found.past_due))] if found.past_due else []
    lines += [
        phrases.line("loan" if due.days_left else "loan_today", **due_fields(due, names[due.loan]))
        for due in found.next_due
    ]
    if not lines:
        return Reply("none")
    details = [
        {
            "title": phrases.plain("detail_title", product=names[due.loan], number=str(due.number)),
            "lines": [summed(phrases.about("account_status"), due.amount, fee=due.fee, interest=due.interest, principal=due.principal)],
        }
        for due in found.next_due
    ]  # fmt: skip
    name = ("penalty_left" if penalty_only else "past_due_first") if found.past_due else "verified"
    return Reply(name, {"lines": "\n".join(lines)}, details, remember=spoken_of(question, accounts))


def schedule(phrases: Phrases, question: Question) -> Reply:
    """Return the instalments to come, as a table."""
    accounts = chosen(question)
    count = len(question.accounts)
    plans = queries.schedule(accounts, question.today)
    if not plans:
        return Reply("none")
    names = {account.number: label(phrases, account, count) for account in accounts}
    lines = [
        phrases.line("loan", product=names[plan.loan], count=str(len(plan.remaining)), total=show(plan.total))
        for plan in plans
    ]
    several = len(plans) > 1
    columns = [phrases.plain(f"column_{name}") for name in ("number", "due_on", "amount", "principal", "interest")]
    rows = [
        [names[due.loan]] * several
        + [str(due.number), due.due_on.isoformat(), show(due.amount), show(due.principal), show(due.interest + due.fee)]
        for plan in plans
        for due in plan.remaining
    ]
    table = {
        "caption": phrases.plain("caption"),
        "columns": [phrases.plain("column_product")] * several + columns,
        "rows": rows,
    }
    return Reply("verified", {"lines": "\n".join(lines)}, table=table, remember=spoken_of(question, accounts))


def history(phrases: Phrases, found: queries.History) -> Reply:
    """Return the latest booked repayments, as a table with what each one paid."""
    if not found.latest:
        return Reply("none")
    newest = found.latest[0]
    columns = [phrases.plain(f"column_{name}") for name in ("paid_on", "product", "amount", "parts")]
    parts = phrases.about("account_status")
    rows = [
        [f"{paid.paid_at:%Y-%m-%d}", paid.product, show(paid.amount), named_parts(parts, paid.parts)]
        for paid in found.latest
    ]
    fields = {
        "count": str(found.count),
        "total": show(found.total),
        "product": newest.product,
        "amount": show(newest.amount),
        "paid_on": f"{newest.paid_at:%Y-%m-%d}",
    }
    return Reply(
        "verified", fields, table={"caption": phrases.plain("caption"), "columns": columns, "rows": rows}
    )  # fmt: skip


def figures_of(phrases: Phrases, account: Account, standing: Standing, count: int) -> dict[str, Any]:
    """Return how the figures of ``standing`` come about: formula with numbers, days from which date to which."""
    phrases = phrases.about("account_status")
    lines = [line for part in standing.late for line in _late_lines(phrases, part)]
    terms = account.terms
    if standing.late:
        lines.append(phrases.plain("detail_days_rule"))
        if standing.overdue_fee:
            lines.append(phrases.plain("detail_fee_rule"))
        if terms.grace_days:
            lines.append(phrases.plain(f"detail_grace_{terms.penalty_runs_from}", days=str(terms.grace_days)))
        if terms.penalty.is_capped:
            lines.append(
                phrases.plain("detail_cap", uncapped=show_rate(terms.penalty.uncapped_rate), cap=show_rate(terms.penalty.rate))
            )  # fmt: skip
    fallen = [due for due in account.instalments if due.due_on <= standing.day]
    parts = {
        "fee": sum((due.fee_open for due in fallen), ZERO),
        "interest": sum((due.interest_open for due in fallen), ZERO),
        "penalty": standing.penalty,
    }
    if standing.pay_today:
        due_principal = sum((due.principal_open for due in fallen), ZERO)
        summary = summed(phrases, standing.pay_today, **parts, principal=due_principal)
        lines.append(phrases.plain("detail_pay_today", day=standing.day.isoformat(), sum=summary))
    principal = sum((due.principal_open for due in account.instalments), ZERO)
    summary = summed(phrases, standing.outstanding, **parts, principal=principal)
    lines.append(phrases.plain("detail_outstanding", day=standing.day.isoformat(), sum=summary))
    return {"title": phrases.plain("detail_title", product=label(phrases, account, count)), "lines": lines}


def _late_lines(phrases: Phrases, part: LatePart) -> Iterable[str]:
    for each in part.counted:
        yield phrases.plain(
            "detail_days",
            number=str(part.number),
            due_on=part.due_on.isoformat(),
            principal=show(each.principal),
            first=each.first.isoformat(),
            last=each.last.isoformat(),
            days=str(each.days),
        )
    yield phrases.plain("detail_formula", steps=part.penalty.steps)


def named_parts(phrases: Phrases, parts: Mapping[str, Decimal]) -> str:
    """Return 「本金 ¥1.00 + 利息 ¥2.00」 without the parts that are zero."""
    said = [phrases.plain(f"part_{name}", amount=show(amount)) for name, amount in parts.items() if amount]
    return " + ".join(said)


def summed(phrases: Phrases, total: Decimal, **parts: Decimal) -> str:
    """Return 「本金 ¥1.00 + 利息 ¥2.00 = ¥3.00」; one part alone needs no sum."""
    order = ("principal", "interest", "fee", "penalty")
    said = named_parts(phrases, {name: parts[name] for name in order if name in parts})
    return f"{said} = {show(total)}" if " + " in said else said


def charges(phrases: Phrases, standing: Standing) -> str:
    """Return 「利息 ¥2.00、手续费 ¥3.00」 of what is past due: the interest, also when none is open, or the fee alone."""
    fee = phrases.plain("part_fee", amount=show(standing.overdue_fee)) if standing.overdue_fee else ""
    interest = phrases.plain("part_interest", amount=show(standing.overdue_interest))
    return "、".join(each for each in (interest if standing.overdue_interest or not fee else "", fee) if each)


def standing_fields(standing: Standing) -> dict[str, str]:
    """Return the figures of ``standing`` as sentences name them."""
    return {
        "outstanding": show(standing.outstanding),
        "days": str(standing.days_past_due),
        "overdue_principal": show(standing.overdue_principal),
        "bearing_principal": show(sum((part.principal for part in standing.bearing), ZERO)),
        "penalty": show(standing.penalty),
        "penalty_a_day": show(standing.penalty_a_day),
        "pay_today": show(standing.pay_today),
        "grace_ends": str(standing.grace_ends),
    }


def due_fields(due: queries.Due, product: str) -> dict[str, str]:
    """Return one instalment to come as sentences name it."""
    return {
        "product": product,
        "number": str(due.number),
        "due_on": due.due_on.isoformat(),
        "days_left": str(due.days_left),
        "amount": show(due.amount),
    }


def spoken_of(question: Question, accounts: Sequence[Account]) -> dict[str, str | None]:
    """Return what to remember: which of several loans this was about."""
    several = len(question.accounts) > 1
    return {LOAN_SLOT: str(accounts[0].number) if several and len(accounts) == 1 else None}
