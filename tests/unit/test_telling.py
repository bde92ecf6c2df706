"""What is said about loans whose state is easily mistaken: only interest is late, only penalty interest is left."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
import yaml

from finlit.accounts import telling, telling_ahead, telling_credit, telling_each_day
from finlit.accounts.asked import Asked
from finlit.accounts.ledger import DueAmount, Paid, Terms
from finlit.accounts.phrases import Phrases
from finlit.accounts.queries import Account, Reporting
from finlit.fees import PenaltyTerms
from finlit.settings import PROJECT_ROOT

DUE = date(2026, 11, 1)
PENALTY = PenaltyTerms(Decimal("0.18"), Decimal("0.5"), 360)  # 27 % a year: ¥0.75 a day on ¥1,000
RESPONSES = yaml.safe_load((PROJECT_ROOT / "data" / "tasks" / "account.yml").read_text(encoding="utf-8"))["responses"]
STATUS, BILL, CREDIT = (
    Phrases({"responses": RESPONSES}, f"account_{name}") for name in ("status", "bill", "credit_status")
)


def question(*instalments, days=33, grace=0, **said):
    account = Account("L1", 1, "随借随还", instalments, Terms(PENALTY, grace), DUE - timedelta(days=31))
    return telling.Question(Asked(**said), DUE + timedelta(days=days), [account])


def instalment(number=1, due_on=DUE, principal="1000", interest="20", paid=()):
    return DueAmount(number, due_on, Decimal(principal), Decimal(interest), tuple(paid))


PAID_LATE = Paid(DUE + timedelta(days=20), Decimal(1000), Decimal(20))  # 20 days late: ¥15 of penalty interest
ONLY_PENALTY = instalment(paid=[PAID_LATE])


def test_interest_alone_that_is_late_without_grace_is_never_called_inside_a_grace_period():
    said = telling_each_day.each_day(STATUS, question(instalment(principal="0")))
    assert said.name == "each_day_no_principal"
    assert "宽限" not in said.fields["loans"] + RESPONSES["utter_account_status_each_day_no_principal"][0]["text"]
    assert said.details == []


def test_only_a_loan_inside_its_grace_period_hears_of_grace():
    assert telling_each_day.each_day(STATUS, question(instalment(), days=3, grace=5)).name == "each_day_no_penalty_yet"


def test_penalty_interest_alone_is_no_delay_and_does_not_grow():
    said = telling_each_day.each_day(STATUS, question(ONLY_PENALTY))
    assert (said.name, said.fields["loans"]) == (
        "each_day_no_principal",
        "· 随借随还：本金、利息和手续费没有逾期的，只剩没付的罚息 ¥15.00，不会再多。[CONTRACT]",
    )


def test_the_status_names_the_penalty_interest_that_is_left_and_no_days_of_delay():
    said = telling.status(STATUS, question(ONLY_PENALTY))
    assert said.name == "penalty_left"
    assert "只剩没付的罚息 ¥15.00" in said.fields["loans"]
    assert "逾期 0 天" not in said.fields["loans"]


def test_the_bill_names_the_penalty_interest_that_is_left():
    said = telling.bill(BILL, question(ONLY_PENALTY))
    assert (said.name, said.fields["lines"]) == ("penalty_left", "· 没付的罚息：¥15.00，不会再多。[CONTRACT]")


def test_waiting_with_only_penalty_interest_left_costs_no_more():
    said = telling_ahead.ahead(STATUS, question(ONLY_PENALTY, day=DUE + timedelta(days=60)))
    assert (said.name, said.fields["pay_now"], said.fields["pay_then"]) == ("what_if_wait_no_more", "¥15.00", "¥15.00")


def test_who_pays_a_part_of_the_penalty_interest_that_is_left_is_not_told_of_a_delay():
    said = telling_ahead.ahead(STATUS, question(ONLY_PENALTY, amount=Decimal(5)))
    assert (said.name, said.fields["rest"]) == ("what_if_pay_penalty_left", "¥10.00")


def test_settling_with_only_penalty_interest_left_does_not_speak_of_a_delay():
    later = instalment(2, DUE + timedelta(days=61))
    assert (
        telling_ahead.ahead(STATUS, question(ONLY_PENALTY, later, settles=True)).name == "what_if_settle_penalty_left"
    )


def test_credit_answers_name_the_penalty_interest_that_is_left():
    loan = Reporting(1, "随借随还", 0, True, None, None)
    assert "没付的罚息" in telling_credit.credit(CREDIT, [loan]).fields["lines"]
    assert telling_credit.credit_if_paid(CREDIT, [loan]).name == "if_paid_penalty_left"


def test_old_penalty_interest_is_named_although_the_late_instalment_is_inside_its_grace_period():
    late = instalment(2, DUE + timedelta(days=30))
    asked = question(ONLY_PENALTY, late, days=33, grace=5)
    for said in (telling.status(STATUS, asked), telling_each_day.each_day(STATUS, asked)):
        assert "没付的罚息 ¥15.00" in said.fields["loans"]
        assert "没有罚息" not in said.fields["loans"]


@pytest.mark.parametrize(
    ("instalments", "lines"),
    [
        (
            [instalment(), instalment(2, DUE + timedelta(days=30))],  # the second is inside its grace period
            ["每天：第 1 期的逾期本金 ¥1,000.00 × 年 27% ÷ 360 = ¥0.75"],
        ),
        (
            [instalment(principal="833.33"), instalment(2, DUE + timedelta(days=10), principal="833.33")],
            [
                "每天：第 1 期的逾期本金 ¥833.33 × 年 27% ÷ 360 = ¥0.62",
                "每天：第 2 期的逾期本金 ¥833.33 × 年 27% ÷ 360 = ¥0.62",
                "每天一共：¥0.62 + ¥0.62 = ¥1.24",
            ],
        ),
    ],
)
def test_what_a_day_costs_is_shown_for_each_instalment_that_bears_penalty_interest(instalments, lines):
    said = telling_each_day.each_day(STATUS, question(*instalments, grace=5))
    assert said.details[0]["lines"] == lines
    assert said.fields["penalty_a_day"] == lines[-1].rpartition("= ")[2]


def test_the_principal_that_is_named_beside_a_days_cost_is_the_one_that_bears_it():
    asked = question(instalment(), instalment(2, DUE + timedelta(days=30)), grace=5)
    assert "逾期本金 ¥1,000.00，每天约 ¥0.75" in telling_each_day.each_day(STATUS, asked).fields["loans"]
