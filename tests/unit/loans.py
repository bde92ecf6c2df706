"""Random loans for property tests: instalments in whole fen, terms, and payments on growing days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import permutations

from hypothesis import strategies as st

from finlit.accounts.allocation import allocate
from finlit.accounts.ledger import PARTS, DueAmount, Terms
from finlit.fees import PenaltyTerms

START = date(2026, 1, 31)
ORDERS = [None, *permutations(PARTS)]


def yuan(fen: int) -> Decimal:
    return Decimal(fen) / 100


def day(number: int) -> date:
    return START + timedelta(days=number)


@dataclass(frozen=True)
class Loan:
    instalments: tuple[DueAmount, ...]
    terms: Terms
    last_payment: date


@st.composite
def terms(draw: st.DrawFn, early_fee: bool = True) -> Terms:
    penalty = PenaltyTerms(
        Decimal(draw(st.integers(0, 360_000))) / 1_000_000,
        Decimal(draw(st.integers(0, 500_000))) / 1_000_000,
        draw(st.sampled_from([360, 365])),
        draw(st.none() | st.integers(1, 360_000).map(lambda millionths: Decimal(millionths) / 1_000_000)),
    )
    return Terms(
        penalty,
        draw(st.integers(0, 10)),
        draw(st.sampled_from(["due_date", "grace_end"])),
        draw(st.sampled_from(ORDERS)),
        Decimal(draw(st.integers(0, 50_000))) / 1_000_000 if early_fee else Decimal(0),
    )


@st.composite
def loans(draw: st.DrawFn, early_fee: bool = True, payments: int = 3) -> Loan:
    """A loan of one to five instalments, a month apart, with up to ``payments`` payments in between."""
    contract = draw(terms(early_fee))
    parts = st.tuples(st.integers(0, 500_000), st.integers(0, 20_000), st.integers(0, 5_000)).filter(any)
    rows = draw(st.lists(parts, min_size=1, max_size=5))
    instalments = tuple(
        DueAmount(number, day(30 * number), yuan(principal), yuan(interest), fee=yuan(fee))
        for number, (principal, interest, fee) in enumerate(rows, start=1)
    )
    last = START
    for after in draw(st.lists(st.integers(0, 60), max_size=payments)):
        last += timedelta(days=after)
        allocation = allocate(yuan(draw(st.integers(1, 400_000))), instalments, contract, last)
        instalments = allocation.applied(instalments)
    return Loan(instalments, contract, last)
