"""What is said about the cost of one more day of delay. Pure, like ``finlit.accounts.telling``."""

from __future__ import annotations

from typing import Any

from finlit.accounts.ledger import ZERO, Standing
from finlit.accounts.phrases import Phrases, Reply
from finlit.accounts.queries import Account
from finlit.accounts.telling import ARREARS, Question, chosen, label, spoken_of, spoken_state, standing_fields
from finlit.money import show, show_rate


def each_day(phrases: Phrases, question: Question) -> Reply:
    """Return what one more day of delay costs, and for each instalment that bears penalty interest how that comes about."""
    accounts, count = chosen(question), len(question.accounts)
    stands = [(account, account.stands(question.today)) for account in accounts]
    owing = [(account, each) for account, each in stands if each.state in {*ARREARS, "penalty_left"}]
    if not owing:
        return Reply("each_day_none", remember=spoken_of(question, accounts))
    lines = [
        phrases.line(f"each_day_{_spoken(each)}", product=label(phrases, account, count), **standing_fields(each))
        for account, each in owing
    ]
    a_day = sum((each.penalty_a_day for _, each in owing if each.state == "overdue"), ZERO)
    fields = {"penalty_a_day": show(a_day), "loans": "\n".join(lines)}
    details = [_details(phrases, account, each, count) for account, each in owing if each.bearing]
    if a_day:
        name = "each_day"
    elif all(each.state == "in_grace" for _, each in owing):
        name = "each_day_no_penalty_yet"
    else:
        name = "each_day_no_principal"
    return Reply(name, fields, details, remember=spoken_of(question, accounts))


def _spoken(standing: Standing) -> str:
    if standing.state == "overdue" and not standing.penalty_a_day:
        return "no_principal_line"
    return spoken_state(standing)


def _details(phrases: Phrases, account: Account, standing: Standing, count: int) -> dict[str, Any]:
    terms = account.terms.penalty
    lines = [
        phrases.plain(
            "detail_a_day",
            number=str(part.number),
            principal=show(part.principal),
            rate=show_rate(terms.rate),
            base=str(terms.base),
            penalty_a_day=show(part.a_day),
        )
        for part in standing.bearing
    ]
    if len(lines) > 1:
        parts = " + ".join(show(part.a_day) for part in standing.bearing)
        lines.append(phrases.plain("detail_a_day_sum", parts=parts, penalty_a_day=show(standing.penalty_a_day)))
    return {"title": label(phrases, account, count), "lines": lines}
