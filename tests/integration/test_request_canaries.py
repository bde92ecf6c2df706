"""What staff get to read: requests, their list, the event stream and every file hold no number in whatever dress."""

import asyncio
import itertools

import pytest
from sqlalchemy import func, select

from finlit.accounts import last_code
from finlit.accounts.binding import bind_demo_customer
from finlit.cli import main
from finlit.db import engine, tables
from finlit.dialogue import verifying
from finlit.settings import load
from tests.integration.test_identity_canaries import (  # noqa: F401 - the fixture is used by name
    CARD,
    ID_CARD,
    dresses,
    found,
    stores,
)

PHONE = "13812345678"
NUMBERS = sorted(dresses(PHONE) | dresses(ID_CARD) | dresses(CARD))
OWING = ("current", "due-in-3", "due-today", "grace-inside", "grace-outside", "late-20", "late-95", "late-200",
         "partly-paid", "restructured", "wrongly-flagged")  # fmt: skip
_numbers = itertools.count()


def play(assistant, channel, *lines, customer=None):
    sender = f"{channel}-request-{next(_numbers)}"
    if customer:
        bind_demo_customer(sender, customer)
    return sender, [asyncio.run(assistant.turn(line, sender, channel)) for line in lines]


def count(kind):
    with engine.sessions(load().database_url)() as session:
        rows = select(func.count()).select_from(tables.ServiceRequest).where(tables.ServiceRequest.kind == kind)
        return session.execute(rows).scalar_one()


def read_by_staff(capsys):
    """Return everything that ``finlit queue`` prints: the list and each request."""
    assert main.main(["queue", "list"]) == 0
    listed = capsys.readouterr().out
    numbers = [line.split()[0] for line in listed.splitlines() if line[:3] in ("HX-", "TS-", "RG-")]
    for number in numbers:
        assert main.main(["queue", "show", number]) == 0
    return numbers, listed + capsys.readouterr().out


@pytest.mark.parametrize("channel", ["web", "wechat"])
def test_no_number_reaches_a_complaint_a_ticket_or_a_hardship_request(assistant, stores, channel, capsys):  # noqa: F811
    for number in NUMBERS:
        play(assistant, channel, "我要登记投诉", f"催收打我同事{number}的电话，还骂人", f"昨天，他用{number}打的",
             f"别再打{number}了", "确认提交")  # fmt: skip
        play(assistant, channel, f"我的号是{number} 逾期了怎么办", "转人工", f"请回复到{number}", "确认")
    for number, customer in zip(NUMBERS, OWING):
        play(assistant, channel, "帮我申请延期还款", f"公司裁员失业了，问{number}", "八百", f"上午打{number}", "确认提交",
             customer=customer)  # fmt: skip
    assert count("complaint") == count("handoff") == len(NUMBERS)
    assert count("hardship") == len(OWING)
    numbers, printed = read_by_staff(capsys)
    assert len(numbers) == 2 * len(NUMBERS) + len(OWING) and "对话（已打码）" in printed
    (stores / "printed.txt").write_text(printed, encoding="utf-8")
    assert found(stores, *NUMBERS) == []


def test_a_code_in_the_middle_of_a_complaint_stays_nowhere(assistant, stores, capsys):  # noqa: F811
    sender, _ = play(assistant, "web", "核验身份", "同意", "13900000006")
    code = last_code.of_conversation(verifying.service(), sender)
    wide = "".join(chr(0xFF10 + int(digit)) for digit in code)
    before = ("先不验了", "我要登记投诉", f"你们发来一条写着{code}的短信", f"就是{wide}")
    lines = (*before, "你们老给我发短信", "上周", "别发了", "确认提交", "转人工", "看看那条短信", "确认")
    for line in lines:
        asyncio.run(assistant.turn(line, sender))
    assert count("complaint") == count("handoff") == 1
    (stores / "printed.txt").write_text(read_by_staff(capsys)[1], encoding="utf-8")
    assert found(stores, code, wide) == []
