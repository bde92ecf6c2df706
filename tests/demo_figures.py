"""What each demo customer owes, worked out from the plain terms of the loans; imports nothing of ours.

A contract that names no order of ``PARTS`` is paid by Civil Code 561: each part of all instalments in turn.
Amounts are whole fen. ``PLAIN`` repeats the demo data in the reader's words, so that a change
there is noticed here (``tests/unit/test_conversation_figures.py``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction

from tests.reference import half_up, months_later, penalty, penalty_rate, percent, schedule, waterfall

TODAY = date(2026, 11, 23)
TOMORROW = date(2026, 11, 24)
FRIDAY = date(2026, 11, 27)


PARTS = ("fee", "interest", "penalty", "principal")


@dataclass(frozen=True)
class Plain:
    """``yuan`` at ``rate`` percent a year over ``months``; ``paid`` instalments are settled, the next is due in ``due`` days."""

    yuan: int
    rate: str
    months: int
    paid: int
    due: int
    method: str = "equal_instalments"
    surcharge: str = "50"
    base: int = 360
    grace: int = 0
    from_grace_end: bool = False
    cap: str | None = None
    parts: tuple[tuple[int, int, int], ...] = ()  # days after the due date, fen of principal, fen of penalty interest
    fee: int = 0  # fen each month
    order: tuple[str, ...] = ()  # in which the contract has each instalment paid
    early: str = "0"  # percent of the principal that is paid before it is due


PLAIN = {
    "current": [Plain(12_000, "18", 12, 4, 12)],
    "due-in-3": [Plain(6_000, "14.4", 6, 2, 3)],
    "due-today": [Plain(9_000, "20", 12, 5, 0)],
    "grace-inside": [Plain(8_000, "15.6", 12, 3, -1, grace=3)],
    "grace-outside": [Plain(8_000, "15.6", 12, 3, -1, base=365)],
    "late-20": [Plain(10_000, "18", 12, 6, -20)],
    "late-95": [Plain(20_000, "19.8", 24, 5, -95, cap="24")],
    "late-200": [Plain(5_000, "18", 12, 11, -200, method="interest_first", base=365)],
    "partly-paid": [
        Plain(
            12_000, "16.8", 12, 4, -25, method="equal_principal", surcharge="30",
            parts=((0, 30_000, 0), (10, 39_575, 425)),
        )
    ],
    "paid-off": [Plain(3_000, "18", 6, 6, -40)],
    "restructured": [Plain(15_000, "12", 24, 2, 9)],
    "wrongly-flagged": [Plain(6_000, "18", 12, 7, 15)],
    "two-loans": [
        Plain(10_000, "21.6", 12, 3, -8, grace=3, from_grace_end=True),
        Plain(50_000, "8.88", 36, 10, 6, method="equal_principal", base=365),
    ],
    "own-terms": [
        Plain(10_000, "15", 12, 4, -40, order=("fee", "penalty", "interest", "principal"), early="1")
    ],
    "fee-plan": [Plain(12_000, "13", 12, 5, -12, method="fee_instalments", fee=7_200)],
}  # fmt: skip


@dataclass(frozen=True)
class Due:
    """One unpaid instalment: fen of principal and interest that are open, and what was paid late of it."""

    number: int
    day: date
    principal: int
    interest: int
    of_principal: int
    paid: tuple[tuple[date, int], ...] = ()
    penalty_paid: int = 0
    fee: int = 0

    @property
    def amount(self) -> int:
        """Return what is open without penalty interest."""
        return self.principal + self.interest + self.fee


@dataclass
class Stands:
    """One loan on one day, in fen."""

    outstanding: int = 0
    days: int = 0
    principal: int = 0
    interest: int = 0
    fee: int = 0
    penalty: int = 0
    a_day: int = 0
    pay: int = 0
    late: list[int] = field(default_factory=list)


def unpaid(plain: Plain) -> list[Due]:
    """Return the instalments that are not paid, oldest first."""
    rows = schedule(plain.method, plain.yuan * 100, percent(plain.rate), plain.months)
    anchor = min(plain.paid + 1, plain.months)
    first_unpaid = TODAY + timedelta(days=plain.due)
    found = []
    for number, (principal, interest) in enumerate(rows, start=1):
        if number <= plain.paid:
            continue
        day = months_later(first_unpaid, number - anchor)
        parts = plain.parts if number == plain.paid + 1 else ()
        paid = tuple((day + timedelta(days=after), fen) for after, fen, _ in parts)
        found.append(
            Due(
                number, day, principal - sum(fen for _, fen in paid), 0 if parts else interest, principal, paid,
                sum(part[2] for part in parts), 0 if parts else plain.fee,
            )
        )  # fmt: skip
    return found


def rate_of(plain: Plain) -> Fraction:
    return penalty_rate(percent(plain.rate), percent(plain.surcharge), percent(plain.cap) if plain.cap else None)


def penalty_of(plain: Plain, due: Due, day: date) -> int:
    """Return the penalty interest of one instalment that is open on ``day``."""
    whole = penalty(
        due.of_principal, due.day, due.paid, day,
        rate=rate_of(plain), base=plain.base, grace=plain.grace, from_grace_end=plain.from_grace_end,
    )  # fmt: skip
    return max(0, whole - due.penalty_paid)


def stands(plain: Plain, day: date) -> Stands:
    """Return how the loan stands on ``day`` when nothing more is paid."""
    found = Stands()
    for due in unpaid(plain):
        found.outstanding += due.principal
        if due.day > day:
            continue
        open_penalty = penalty_of(plain, due, day)
        found.outstanding += due.interest + due.fee + open_penalty
        found.pay += due.amount + open_penalty
        found.penalty += open_penalty
        if due.day < day:
            found.days = max(found.days, (day - due.day).days)
            found.principal += due.principal
            found.interest += due.interest
            found.fee += due.fee
            found.a_day += half_up(due.principal * rate_of(plain) / plain.base)
            found.late.append(open_penalty)
    return found


def shares(plain: Plain, day: date, payment: int) -> dict[tuple[str, int], int]:
    """Return what ``payment`` fen on ``day`` pay, by part and instalment: in the contract's order, or by Civil Code 561."""
    fallen = {due.number: due for due in unpaid(plain) if due.day <= day}
    turns = [(part, number) for number in fallen for part in plain.order]
    turns = turns or [(part, number) for part in PARTS for number in fallen]
    claims = []
    for part, number in turns:
        due = fallen[number]
        claims.append(((part, number), penalty_of(plain, due, day) if part == "penalty" else getattr(due, part)))
    return waterfall(payment, claims)[0]  # type: ignore[arg-type, return-value]


def half(plain: Plain, day: date) -> dict[str, int]:
    """Return what paying half of what is due on ``day`` pays, part by part."""
    fallen = [due for due in unpaid(plain) if due.day <= day]
    whole = sum(due.amount + penalty_of(plain, due, day) for due in fallen)
    payment = half_up(Fraction(whole, 2))
    got = shares(plain, day, payment)
    left = [due.principal - got.get(("principal", due.number), 0) for due in fallen if due.day < day]
    found = {"due": whole, "payment": payment, "rest": whole - payment}
    for (part, _), fen in got.items():
        found[part] = found.get(part, 0) + fen
    found["a_day"] = sum(half_up(principal * rate_of(plain) / plain.base) for principal in left)
    return found


def settle(plain: Plain, day: date) -> dict[str, int]:
    """Return what settling the whole loan on ``day`` takes (F-FEE-19)."""
    coming = [due for due in unpaid(plain) if due.day > day]
    now = stands(plain, day)
    principal = sum(due.principal for due in coming)
    found = {"fallen_due": now.pay, "principal": principal, "used": 0, "fee": 0}
    found["early"] = half_up(principal * percent(plain.early))
    if coming:
        since = months_later(coming[0].day, -1)
        days = (day - since).days
        found["used"] = min(half_up(principal * percent(plain.rate) / plain.base * days), coming[0].interest)
        found["fee"] = coming[0].fee if days else 0
    found["total"] = sum(found.values())
    return found


def paid_so_far(plain: Plain) -> list[tuple[date, int]]:
    """Return the day and amount of each repayment, oldest first."""
    rows = schedule(plain.method, plain.yuan * 100, percent(plain.rate), plain.months)
    anchor = min(plain.paid + 1, plain.months)
    first_unpaid = TODAY + timedelta(days=plain.due)
    found = [
        (months_later(first_unpaid, number - anchor), principal + interest + plain.fee)
        for number, (principal, interest) in enumerate(rows[: plain.paid], start=1)
    ]
    interest = rows[plain.paid][1] if plain.parts else 0
    for after, principal, late in plain.parts:
        found.append((first_unpaid + timedelta(days=after), principal + interest + late))
        interest = 0
    return found
