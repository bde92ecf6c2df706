"""What is said about a customer's reports to the credit system. Pure, like ``telling``; nothing is promised."""

from __future__ import annotations

from collections.abc import Sequence

from finlit.accounts import queries
from finlit.accounts.phrases import Phrases, Reply


def credit(phrases: Phrases, found: Sequence[queries.Reporting]) -> Reply:
    """Return whether and when each loan was reported."""
    if not found:
        return Reply("none")
    lines = []
    for loan in found:
        state = "disputed" if loan.dispute_opened_on else "reported" if loan.reported_on else "clear"
        late = "" if state != "clear" else _late(loan)
        product = loan.product
        if len(found) > 1:
            product = phrases.about("account").plain("loan_label", number=str(loan.number), product=product)
        lines.append(
            phrases.line(
                f"loan_{state}{late}",
                product=product,
                days=str(loan.days_past_due),
                reported_on=str(loan.reported_on),
                dispute_opened_on=str(loan.dispute_opened_on),
            )
        )
    disputed = any(loan.dispute_opened_on for loan in found)
    late_loans = [loan for loan in found if loan.days_past_due]
    name = "disputed" if disputed else "late" if late_loans else "verified"
    return Reply(name, {"lines": "\n".join(lines)})


def credit_if_paid(phrases: Phrases, found: Sequence[queries.Reporting]) -> Reply:
    """Return what paying now changes about reports to the credit system; nothing is promised."""
    if not found:
        return Reply("none")
    reported = any(loan.reported_on for loan in found)
    late = any(loan.days_past_due for loan in found)
    penalty_left = any(loan.penalty_left for loan in found)
    unreported = "late" if late else "penalty_left" if penalty_left else "on_time"
    return Reply("if_paid_reported" if reported else f"if_paid_{unreported}")


def _late(loan: queries.Reporting) -> str:
    return "_late" if loan.days_past_due else "_penalty_left" if loan.penalty_left else ""
