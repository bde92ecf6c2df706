"""Every amount that is spoken to a demo customer, against ``tests.demo_figures``, which imports nothing of ours."""

import re

import pytest

from actions.account import (
    ActionAccountBill,
    ActionAccountPaymentHistory,
    ActionAccountSchedule,
    ActionAccountStatus,
)
from finlit.accounts.binding import bind_demo_customer
from tests.demo_figures import (
    FRIDAY,
    PLAIN,
    TODAY,
    TOMORROW,
    half,
    paid_so_far,
    rate_of,
    settle,
    shares,
    stands,
    unpaid,
)
from tests.integration.account_answers import amounts, rendered, run, working
from tests.reference import half_up, yuan

CUSTOMERS = list(PLAIN)
AMOUNT = re.compile(r"¥[\d,]+\.\d\d")


def spoken(said, domain):
    """Return all amounts in text, table and details."""
    answer = rendered(said, domain)
    parts = [answer.text, str(said.get("table") or ""), str(said.get("details") or "")]
    return AMOUNT.findall("\n".join(parts))


def charges(loan):
    """Return what beside principal is past due, as it is called; a loan with a fee bears no interest."""
    return f"手续费 {yuan(loan.fee)}" if loan.fee else f"利息 {yuan(loan.interest)}"


@pytest.mark.parametrize("customer", CUSTOMERS)
def test_the_status_says_what_is_owed_late_and_to_pay_today(session, domain, customer):
    bind_demo_customer("talk", customer)
    said, _ = run(ActionAccountStatus, "talk", domain)
    text = rendered(said, domain).text
    loans = [stands(plain, TODAY) for plain in PLAIN[customer]]
    outstanding, pay = sum(loan.outstanding for loan in loans), sum(loan.pay for loan in loans)
    if outstanding:
        assert f"一共待还 {yuan(outstanding)}" in text
    if pay:
        assert re.search(rf"今天(?:付|要还) {re.escape(yuan(pay))}", text)
    for plain, loan in zip(PLAIN[customer], loans):
        if loan.days > plain.grace:
            assert (
                f"逾期 {loan.days} 天；逾期本金 {yuan(loan.principal)}、{charges(loan)}、罚息 {yuan(loan.penalty)}"
                in text
            )
            assert f"再拖每天约 {yuan(loan.a_day)}" in text
        elif loan.days:
            assert f"已晚 {loan.days} 天，仍在合同宽限期内" in text and f"每天约 {yuan(loan.a_day)}" in text
    assert set(spoken(said, domain)) <= working(customer, TODAY) | amounts(outstanding, pay)


@pytest.mark.parametrize("customer", CUSTOMERS)
def test_the_steps_say_no_amount_that_is_not_in_the_working(session, domain, customer):
    bind_demo_customer("talk", customer)
    said, _ = run(ActionAccountStatus, "talk", domain, "怎么算的", "account_status/steps")
    found = set(spoken(said, domain))
    assert found <= working(customer, TODAY)
    assert amounts(*(stands(plain, TODAY).pay for plain in PLAIN[customer] if stands(plain, TODAY).pay)) <= found


@pytest.mark.parametrize("customer", CUSTOMERS)
def test_each_day_says_what_one_more_day_costs(session, domain, customer):
    bind_demo_customer("talk", customer)
    said, _ = run(ActionAccountStatus, "talk", domain, "每天多少罚息", "account_status/each_day")
    a_day = sum(loan.a_day for plain in PLAIN[customer] if (loan := stands(plain, TODAY)).days > plain.grace)
    text = rendered(said, domain).text
    assert (f"每多拖一天，罚息大约多 {yuan(a_day)}" in text) == bool(a_day)
    assert set(spoken(said, domain)) <= working(customer, TODAY) | amounts(a_day)


@pytest.mark.parametrize("customer", CUSTOMERS)
def test_the_bill_says_the_next_instalment_and_what_is_late(session, domain, customer):
    bind_demo_customer("talk", customer)
    said, _ = run(ActionAccountBill, "talk", domain)
    text = rendered(said, domain).text
    late = 0
    expected = set()
    for plain in PLAIN[customer]:
        coming = [due for due in unpaid(plain) if due.day >= TODAY]
        late += stands(plain, TODAY).pay - sum(due.amount for due in coming if due.day == TODAY)
        if coming:
            due = coming[0]
            assert f"第 {due.number} 期：{yuan(due.amount)}" in text and due.day.isoformat() in text
            expected |= amounts(due.amount, due.principal, due.interest, due.fee)
    assert (f"已经到期没还的（连同到今天的罚息）：{yuan(late)}" in text) == bool(late)
    assert set(spoken(said, domain)) <= expected | amounts(late)


@pytest.mark.parametrize("customer", CUSTOMERS)
def test_the_schedule_has_every_instalment_to_come(session, domain, customer):
    bind_demo_customer("talk", customer)
    said, _ = run(ActionAccountSchedule, "talk", domain)
    coming = [due for plain in PLAIN[customer] for due in unpaid(plain) if due.day >= TODAY]
    rows = [row[-5:] for row in (said.get("table") or {"rows": []})["rows"]]
    assert rows == [
        [
            str(due.number),
            due.day.isoformat(),
            yuan(due.amount),
            yuan(due.principal),
            yuan(due.interest + due.fee),
        ]
        for due in coming
    ]


@pytest.mark.parametrize("customer", CUSTOMERS)
def test_the_history_has_the_latest_repayments_and_their_sum(session, domain, customer):
    bind_demo_customer("talk", customer)
    said, _ = run(ActionAccountPaymentHistory, "talk", domain)
    paid = sorted((row for plain in PLAIN[customer] for row in paid_so_far(plain)), reverse=True)
    text = rendered(said, domain).text
    assert f"{len(paid)} 笔还款，共 {yuan(sum(fen for _, fen in paid))}；最近一笔是 {paid[0][0]} 的" in text
    found = [(row[0], row[2]) for row in said["table"]["rows"]]
    assert found == [(day.isoformat(), yuan(fen)) for day, fen in paid[:6]]


@pytest.mark.parametrize("customer", CUSTOMERS)
def test_half_tomorrow_says_what_it_pays_and_what_is_left(session, domain, customer):
    bind_demo_customer("talk", customer)
    said, _ = run(ActionAccountStatus, "talk", domain, "如果我明天先还一半呢", "account_status/what_if")
    text = rendered(said, domain).text
    (plain,) = [plain for plain in PLAIN[customer] if stands(plain, TOMORROW).pay] or [None]
    if plain is None:
        assert said["response"] == "utter_account_status_what_if_nothing_due"
        return
    paid = half(plain, TOMORROW)
    assert f"付 {yuan(paid['payment'])}，还差 {yuan(paid['rest'])} 没补上（那天要付 {yuan(paid['due'])}）" in text
    names = {"fee": "手续费", "interest": "利息", "penalty": "罚息", "principal": "本金"}
    if plain.order:
        got = shares(plain, TOMORROW, paid["payment"])
        parts = "；".join(
            f"第 {number} 期的"
            + "、".join(f"{names[part]} {yuan(fen)}" for (part, of), fen in got.items() if of == number)
            for number in dict.fromkeys(number for _, number in got)
        )
        order = "、".join(names[part] for part in plain.order)
        assert f"从最早一期起，一期一期按「{order}」的顺序抵；这 {yuan(paid['payment'])} 抵了{parts}，" in text
    else:
        parts = "、".join(f"{names[part]} {yuan(paid[part])}" for part in names if paid.get(part))
        assert f"依次抵 {parts}，还差 {yuan(paid['rest'])}" in text
    late = [due for due in unpaid(plain) if due.day < TOMORROW]
    before = sum(half_up(due.principal * rate_of(plain) / plain.base) for due in late)
    assert f"每天的罚息从约 {yuan(before)} 变成约 {yuan(paid['a_day'])}" in text


@pytest.mark.parametrize("customer", CUSTOMERS)
def test_settling_on_friday_says_what_it_takes(session, domain, customer):
    bind_demo_customer("talk", customer)
    said, _ = run(ActionAccountStatus, "talk", domain, "如果这周五全部还清呢", "account_status/what_if")
    text = rendered(said, domain).text
    owing = [plain for plain in PLAIN[customer] if stands(plain, TODAY).outstanding]
    if not owing:
        assert said["response"] == "utter_account_status_settled"
        return
    found = [settle(plain, FRIDAY) for plain in owing]
    assert f"全部还清，要 {yuan(sum(each['total'] for each in found))}" in text.replace("全部还清要", "全部还清，要")
    for each in found:
        assert f"共 {yuan(each['total'])}" in text
        assert (f"用了几天的利息 {yuan(each['used'])}" in text) == bool(each["used"])
        assert (f"这一期的手续费 {yuan(each['fee'])}（以后各期的不再收）" in text) == bool(each["fee"])
    for plain, each in zip(owing, found):
        early = f"合同约定的提前还款费用 {yuan(each['early'])}（没到期本金的 {plain.early}%）"
        assert (early in text) == bool(each["early"])
        steps = f"提前还款费用：{yuan(each['principal'])} × {plain.early}% = {yuan(each['early'])}"
        assert (steps in str(said["details"])) == bool(each["early"])
