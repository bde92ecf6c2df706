"""How a repayment is shared out: over the parts of one loan, and over several loans.

Rules, stated once:

* A repayment pays what has fallen due until its day and penalty interest to that day, nothing
  else. What is left over is returned to the caller: paying principal that is not due yet is early
  repayment, which the customer has to ask for (``finlit.accounts.what_if.settlement``).
* The contract is silent: Civil Code 561 (F-FEE-20) over the whole fallen debt, that is all fees
  and costs, then all interest, then all principal. Penalty interest is interest; normal interest,
  the older claim, comes before it. Within a part the oldest instalment comes first.
* The contract names an order: the oldest instalment is paid in that order, then the next one.
* Several loans (Civil Code 560, F-FEE-20): the one that the payer names; then what has fallen
  due, the heaviest burden first (the highest annual penalty rate), then the earliest due date;
  equals share in proportion to what is due. Security, which 560 puts before the burden, plays no
  part: these loans have none.
* No fen is lost or made: the parts and what is left over sum to the payment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal
from itertools import groupby

from finlit.accounts.ledger import ZERO, DueAmount, Paid, Terms, standing
from finlit.money import ONE_FEN, exact, fen

SILENT_ORDER = ("fee", "interest", "penalty", "principal")  # Civil Code 561, F-FEE-20


@dataclass(frozen=True)
class Allocation:
    """What one repayment paid, by the number of the instalment, and what it could not pay; in yuan."""

    paid: dict[int, Paid]
    left_over: Decimal

    def part(self, name: str) -> Decimal:
        """Return how much went to ``fee``, ``interest``, ``penalty`` or ``principal`` in all."""
        return sum((getattr(paid, name) for paid in self.paid.values()), ZERO)

    @property
    def total(self) -> Decimal:
        return sum((paid.total for paid in self.paid.values()), ZERO)

    def applied(self, instalments: Sequence[DueAmount]) -> tuple[DueAmount, ...]:
        """Return ``instalments`` after this repayment."""
        return tuple(due.with_paid(self.paid[due.number]) if due.number in self.paid else due for due in instalments)


def allocate(payment: Decimal, instalments: Sequence[DueAmount], terms: Terms, day: date) -> Allocation:
    """Return how ``payment`` yuan, made on ``day``, is shared out; raises ValueError for what is no payment.

    ``day`` is not earlier than any payment that is in ``instalments`` already.
    """
    left = _checked(payment)
    fallen = sorted((due for due in instalments if due.due_on <= day), key=lambda due: (due.due_on, due.number))
    owed = {due.number: _owed(due, terms, day) for due in fallen}
    shares: dict[int, dict[str, Decimal]] = {}
    for number, part in _sequence([due.number for due in fallen], terms.allocation_order):
        share = min(left, owed[number][part])
        if share > 0:
            shares.setdefault(number, {})[part] = share
            left -= share
    return Allocation({number: Paid(day, **parts) for number, parts in shares.items()}, left)


def _checked(payment: Decimal) -> Decimal:
    if exact(payment) < ONE_FEN or payment != fen(payment):
        raise ValueError(f"a payment is at least one fen, in whole fen: {payment}")
    return payment


def _owed(due: DueAmount, terms: Terms, day: date) -> dict[str, Decimal]:
    return {
        "fee": due.fee_open,
        "interest": due.interest_open,
        "penalty": due.penalty_open(terms, day).amount,
        "principal": due.principal_open,
    }


def _sequence(numbers: Sequence[int], contract: tuple[str, ...] | None) -> list[tuple[int, str]]:
    if contract is None:
        return [(number, part) for part in SILENT_ORDER for number in numbers]
    return [(number, part) for number in numbers for part in contract]


@dataclass(frozen=True)
class Debt:
    """One loan beside others: its instalments and its terms."""

    instalments: tuple[DueAmount, ...]
    terms: Terms


def allocate_over(
    payment: Decimal, debts: Sequence[Debt], day: date, named: int | None = None
) -> tuple[list[Decimal], Decimal]:
    """Return how much of ``payment`` goes to each of ``debts``, in their order, and what is left over.

    ``named`` is the index of the loan that the payer wants paid first. Each share is then given to
    ``allocate``. Raises ValueError for what is no payment.
    """
    left = _checked(payment)
    due = [standing(debt.instalments, debt.terms, day).pay_today for debt in debts]
    shares = [ZERO] * len(debts)
    for group in _ranked(debts, due, day, named):
        for index, share in zip(group, _in_proportion(left, [due[index] for index in group])):
            shares[index] += share
            left -= share
    return shares, left


def _ranked(debts: Sequence[Debt], due: Sequence[Decimal], day: date, named: int | None) -> list[list[int]]:
    """Return the indices of the debts that want paying, in groups of equals, first come first."""

    def rank(index: int) -> tuple[bool, Decimal, date]:
        debt = debts[index]
        owing = (
            each.due_on
            for each in debt.instalments
            if each.due_on <= day and any(_owed(each, debt.terms, day).values())
        )
        return index != named, -debt.terms.penalty.rate, min(owing)

    wanting = sorted((index for index in range(len(debts)) if due[index]), key=rank)
    return [list(group) for _, group in groupby(wanting, key=rank)]


def _in_proportion(amount: Decimal, due: Sequence[Decimal]) -> list[Decimal]:
    """Share ``amount`` over ``due`` in proportion, at most all of it; spare fen go to the first ones."""
    total = sum(due, ZERO)
    if amount >= total:
        return list(due)
    shares = [(amount * each / total).quantize(ONE_FEN, rounding=ROUND_DOWN) for each in due]
    spare = int((amount - sum(shares, ZERO)) / ONE_FEN)
    return [share + ONE_FEN if index < spare else share for index, share in enumerate(shares)]
