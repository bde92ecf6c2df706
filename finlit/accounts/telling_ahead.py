"""What is said when a customer looks ahead: waiting, paying a part, settling. Pure, like ``finlit.accounts.telling``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from finlit.accounts.allocation import SILENT_ORDER, Debt, allocate_over
from finlit.accounts.ledger import ZERO, Standing
from finlit.accounts.phrases import Details, Phrases, Reply
from finlit.accounts.queries import Account
from finlit.accounts.telling import ARREARS, Question, chosen, figures_of, label, status
from finlit.accounts.what_if import Settlement, WhatIf, settlement, what_if
from finlit.money import ONE_FEN, fen, show, show_rate


def ahead(phrases: Phrases, question: Question) -> Reply:
    """Return what becomes of the loans in the case that the customer names."""
    asked, accounts = question.asked, chosen(question)
    if asked.unclear:
        return Reply("what_if_unclear", {"words": asked.unclear})
    if asked.over:
        return Reply("what_if_over")
    day = asked.day or question.today
    if asked.settles:
        return _settling(phrases, question, accounts, day)
    if asked.amount or asked.portion:
        return _paying(phrases, question, accounts, day)
    if asked.day is None and asked.loan is None:
        return Reply("what_if_ask")
    return _waiting(phrases, question, accounts, day) if day > question.today else status(phrases, question)


def _day(phrases: Phrases, day: date, today: date) -> str:
    days = (day - today).days
    name = {0: "day_today", 1: "day_tomorrow"}.get(days, "day_later")
    return phrases.plain(name, day=day.isoformat(), days=str(days))


def _waiting(phrases: Phrases, question: Question, accounts: Sequence[Account], day: date) -> Reply:
    today, count = question.today, len(question.accounts)
    now = [account.stands(today) for account in accounts]
    then = [what_if(account.instalments, account.terms, today, day).after for account in accounts]
    if not any(each.outstanding for each in now):
        return status(phrases, question)
    fields = {
        "day": _day(phrases, day, today),
        "pay_now": show(sum((each.pay_today for each in now), ZERO)),
        "pay_then": show(sum((each.pay_today for each in then), ZERO)),
        "penalty_now": show(sum((each.penalty for each in now), ZERO)),
        "penalty_then": show(sum((each.penalty for each in then), ZERO)),
        "more": show(sum((each.penalty for each in then), ZERO) - sum((each.penalty for each in now), ZERO)),
    }
    falling = [due for account in accounts for due in account.instalments if today < due.due_on <= day and due.open]
    fields["falling_due"] = (
        phrases.line("what_if_falling_due", count=str(len(falling)), amount=show(sum((due.open for due in falling), ZERO)))
        if falling
        else ""
    )  # fmt: skip
    details = [figures_of(phrases, account, each, count) for account, each in zip(accounts, then) if each.pay_today]
    if _only_penalty_left(then):
        name = "what_if_wait_no_more"
    else:
        name = "what_if_wait" if any(each.pay_today for each in then) else "what_if_wait_nothing"
    return Reply(name, fields, details)


def _only_penalty_left(stands: Sequence[Standing]) -> bool:
    """Return whether penalty interest of before is unpaid on a loan, and nothing else is late on any."""
    states = {each.state for each in stands}
    return "penalty_left" in states and not states & ARREARS


def _paying(phrases: Phrases, question: Question, accounts: Sequence[Account], day: date) -> Reply:
    today = question.today
    due = sum((account.stands(day).pay_today for account in accounts), ZERO)
    if not due:
        return Reply("what_if_nothing_due", {"day": _day(phrases, day, today)})
    payment = question.asked.amount or _part(due, question)
    shares, left_over = allocate_over(payment, [Debt(each.instalments, each.terms) for each in accounts], day)
    cases = [
        (account, what_if(account.instalments, account.terms, today, day, share or None))
        for account, share in zip(accounts, shares)
    ]
    rest = sum((case.after.pay_today for _, case in cases), ZERO)
    fields = {
        "day": _day(phrases, day, today),
        "due": show(due),
        "payment": show(payment),
        "rest": show(rest),
        "a_day_before": show(sum((case.before.penalty_a_day for _, case in cases), ZERO)),
        "a_day_after": show(sum((case.after.penalty_a_day for _, case in cases), ZERO)),
        "loans": "\n".join(_paid_line(phrases, question, account, case) for account, case in cases if case.allocation),
        "left_over": phrases.line("what_if_left_over", amount=show(left_over)) if left_over else "",
    }
    unpaid = "what_if_pay_penalty_left" if _only_penalty_left([case.after for _, case in cases]) else "what_if_pay"
    return Reply(unpaid if rest else "what_if_pay_all", fields, _paid_details(phrases, question, cases))


def _part(due: Decimal, question: Question) -> Decimal:
    portion = question.asked.portion
    assert portion is not None
    return max(ONE_FEN, fen(due * portion.numerator / portion.denominator))


def _paid_line(phrases: Phrases, question: Question, account: Account, case: WhatIf) -> str:
    assert case.allocation is not None
    fields = {
        "product": label(phrases, account, len(question.accounts)),
        "payment": show(case.allocation.total),
        "rest": show(case.after.pay_today),
    }
    order = account.terms.allocation_order
    if order is None:
        parts = _in_order(phrases, SILENT_ORDER, case.allocation.part)
        return phrases.line("what_if_paid", parts=parts, **fields)
    parts = "；".join(
        phrases.plain("paid_instalment", number=str(number), parts=_in_order(phrases, order, partial(getattr, paid)))
        for number, paid in case.allocation.paid.items()
    )
    names = "、".join(phrases.plain(f"name_{name}") for name in order)
    return phrases.line("what_if_paid_contract", order=names, parts=parts, **fields)


def _in_order(phrases: Phrases, order: Sequence[str], part: Callable[[str], Decimal]) -> str:
    said = [phrases.plain(f"part_{name}", amount=show(part(name))) for name in order if part(name)]
    return "、".join(said)


def _paid_details(phrases: Phrases, question: Question, cases: Sequence[tuple[Account, WhatIf]]) -> Details:
    count = len(question.accounts)
    return [
        figures_of(phrases, account, standing, count)
        for account, case in cases
        if case.allocation
        for standing in (case.before, case.after)
        if standing.outstanding
    ]


def _settling(phrases: Phrases, question: Question, accounts: Sequence[Account], day: date) -> Reply:
    found = [
        (account, settlement(account.instalments, account.terms, account.started_on, day))
        for account in accounts
        if account.stands(question.today).outstanding
    ]
    if not found:
        return status(phrases, question)
    fallen_due = sum((each.fallen_due for _, each in found), ZERO)
    fields = {
        "day": _day(phrases, day, question.today),
        "total": show(sum((each.total for _, each in found), ZERO)),
        "fallen_due": show(fallen_due),
        "loans": "\n".join(_settled_line(phrases, question, account, each) for account, each in found),
    }
    details = [_settled_details(phrases, question, account, each) for account, each in found]
    late = "penalty_left" if _only_penalty_left([account.stands(day) for account, _ in found]) else "late"
    return Reply(f"what_if_settle_{late}" if fallen_due else "what_if_settle", fields, details)


def _settlement_parts(found: Settlement) -> dict[str, Decimal]:
    return {
        "fallen_due": found.fallen_due,
        "to_come": found.principal,
        "used": found.interest_used,
        "running_fee": found.running_fee,
        "early_fee": found.early_fee,
    }


def _settled_line(phrases: Phrases, question: Question, account: Account, found: Settlement) -> str:
    rate = show_rate(account.terms.early_fee_rate)
    parts = [
        phrases.plain(f"part_{name}", amount=show(each), rate=rate)
        for name, each in _settlement_parts(found).items()
        if each
    ]
    return phrases.line(
        "what_if_settled",
        product=label(phrases, account, len(question.accounts)),
        total=show(found.total),
        parts=" + ".join(parts),
    )


def _settled_details(phrases: Phrases, question: Question, account: Account, found: Settlement) -> dict[str, Any]:
    standing = account.stands(found.day)
    part = figures_of(phrases, account, standing, len(question.accounts))
    lines = list(part["lines"]) if found.fallen_due else []
    if found.interest_used:
        terms = account.terms.penalty
        lines.append(
            phrases.plain(
                "detail_used",
                principal=show(found.principal),
                rate=show_rate(terms.annual_rate),
                base=str(terms.base),
                first=found.used_from.isoformat(),
                last=found.day.isoformat(),
                days=str(found.days_used),
                interest=show(found.interest_used),
            )
        )
    if found.early_fee:
        fields = {"principal": found.principal, "amount": found.early_fee}
        rate = show_rate(account.terms.early_fee_rate)
        lines.append(
            phrases.plain("detail_early_fee", rate=rate, **{name: show(each) for name, each in fields.items()})
        )
    return {"title": part["title"], "lines": lines}
