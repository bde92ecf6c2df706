"""The amounts that conversations expect are those of ``tests.demo_figures``, not copies of what the assistant said."""

import re
from dataclasses import astuple
from datetime import timedelta
from decimal import Decimal

import pytest
import yaml

from finlit.db import demo
from finlit.settings import PROJECT_ROOT
from tests.demo_figures import PLAIN, TODAY, half, paid_so_far, penalty_of, settle, shares, stands, unpaid
from tests.reference import yuan

FILES = sorted((PROJECT_ROOT / "tests" / "conversations").glob("test_account_*.yml"))
AMOUNT = re.compile(r"¥[\d,]+\.\d\d")
EXPECTED = ("包含", "明细", "表格")
DAYS_AHEAD = 14
# fen that the customer says: 先还五百, 先还两千, 先还一千
NAMED = {"partly-paid": 50_000, "late-95": 200_000, "own-terms": 100_000}


def test_the_plain_terms_are_those_of_the_demo_data():
    for customer in demo.CUSTOMERS:
        found = [
            (loan.amount, loan.annual_rate, loan.periods, loan.paid, loan.due_in, loan.method, loan.penalty_surcharge, loan.day_count_base,
             loan.grace_days, loan.penalty_runs_from == "grace_end", loan.penalty_cap,
             tuple((part.days_after_due, int(part.principal * 100), int(part.penalty * 100)) for part in loan.part_payments),
             int(loan.fee_each * 100), tuple(loan.allocation_order.split(",")) if loan.allocation_order else (),
             loan.early_fee_rate)
            for loan in customer.loans
        ]  # fmt: skip
        plain = [
            (Decimal(each.yuan), Decimal(each.rate) / 100, each.months, each.paid, each.due, each.method,
             Decimal(each.surcharge) / 100, each.base, each.grace, each.from_grace_end,
             Decimal(each.cap) / 100 if each.cap else None, each.parts, each.fee, each.order, Decimal(each.early) / 100)
            for each in PLAIN[customer.id]
        ]  # fmt: skip
        assert found == plain, customer.id


def worked_out(customer):
    """Return every amount that an answer about this customer's loans may hold, for the days that are asked about."""
    found = set()
    for ahead in range(DAYS_AHEAD + 1):
        day = TODAY + timedelta(days=ahead)
        for plain in PLAIN[customer]:
            now, then = stands(plain, TODAY), stands(plain, day)
            found |= {value for value in astuple(then) if isinstance(value, int)} | set(settle(plain, day).values())
            found |= set(half(plain, day).values()) if then.pay else set()
            found |= {then.penalty - now.penalty}
            if customer in NAMED:
                found |= {NAMED[customer], abs(NAMED[customer] - then.pay)}
                found |= set(shares(plain, day, NAMED[customer]).values())
            found |= set(shares(plain, day, half(plain, day)["payment"]).values()) if then.pay else set()
            falling = [due for due in unpaid(plain) if TODAY < due.day <= day]
            found |= {sum(due.amount for due in falling)}
            for due in unpaid(plain):
                found |= {due.amount, due.principal, due.interest, due.fee, due.of_principal, due.penalty_paid}
                found |= {
                    penalty_of(plain, due, day) + due.penalty_paid,
                    due.of_principal - sum(fen for _, fen in due.paid[:1]),
                }
    for plain in PLAIN[customer]:
        coming = [due for due in unpaid(plain) if due.day >= TODAY]
        found.add(sum(due.amount for due in coming))
    payments = [fen for plain in PLAIN[customer] for _, fen in paid_so_far(plain)]
    for key in ("outstanding", "pay", "penalty"):
        found.add(sum(getattr(stands(plain, TODAY), key) for plain in PLAIN[customer]))
    return {yuan(fen) for fen in found | {sum(payments), *payments}}


def dialogues():
    for file in FILES:
        for dialogue in yaml.safe_load(file.read_text(encoding="utf-8"))["对话"]:
            yield pytest.param(dialogue, id=dialogue["标题"])


def customer_of(dialogue):
    """Return whose figures may be told: the customer it starts with, or the one whose phone is typed to prove it."""
    phones = {each.phone: each.id for each in demo.CUSTOMERS}
    typed = (phones.get(str(step.get("说"))) for step in dialogue["过程"])
    return dialogue.get("客户") or next(filter(None, typed), None)


@pytest.mark.parametrize("dialogue", dialogues())
def test_a_conversation_expects_only_amounts_that_were_worked_out(dialogue):
    customer = customer_of(dialogue)
    for step in dialogue["过程"]:
        expected = {amount for key in EXPECTED for amount in AMOUNT.findall(str(step.get(key) or ""))}
        assert customer or not expected
        assert not customer or expected <= worked_out(customer), step


def test_every_demo_customer_has_a_conversation_with_figures():
    told = {dialogue.values[0].get("客户") for dialogue in dialogues()}
    assert told >= set(PLAIN)
