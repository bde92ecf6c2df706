"""``finlit queue``: staff read what waits, take it, answer it and close it; mistakes are told in one line."""

from datetime import timedelta
from decimal import Decimal

import pytest

from finlit.cli import main
from finlit.db import engine
from finlit.requests import filing, status
from finlit.requests.filing import Sender
from finlit.settings import load

pytestmark = pytest.mark.both_engines


@pytest.fixture
def sessions(session, settings):
    return engine.sessions(settings.database_url)


@pytest.fixture
def filed(sessions):
    """A hardship request of late-20, and a complaint that is twenty days old."""
    now = load().now()
    hardship = filing.file_hardship(
        sessions, Sender("web-1", "web", "late-20"), now, reason="lost_job", reason_words="厂子关了",
        monthly_amount=Decimal(800), contact_time="上午", loan_id=None,
    )  # fmt: skip
    old = now - timedelta(days=20)
    complaint = filing.file_complaint(
        sessions, Sender("wechat-1", "wechat", None), old, happened="每期多扣三十块", happened_when=None, wanted="退钱"
    )
    return hardship.number, complaint.number


@pytest.fixture
def queue(capsys):
    def run(*arguments):
        code = main.main(["queue", *arguments])
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


def test_what_waits_is_listed_oldest_first_and_a_complaint_past_its_last_day_says_so(filed, queue):
    hardship, complaint = filed
    code, said = queue("list")
    lines = said.splitlines()
    assert code == 0 and lines[-1] == "共 2 件。"
    assert lines[0].startswith(f"{complaint}  投诉  待受理") and "（已超期）" in lines[0]
    assert lines[1].strip() == "每期多扣三十块"
    assert lines[2].startswith(f"{hardship}  困难申请  待受理") and "超期" not in lines[2]
    assert lines[3].strip() == "厂子关了"


@pytest.mark.parametrize("arguments, place", [(("--kind", "hardship"), 0), (("--kind", "complaint"), 1)])
def test_the_list_can_be_narrowed(filed, queue, arguments, place):
    code, said = queue("list", *arguments)
    assert code == 0 and filed[place] in said and filed[1 - place] not in said
    assert queue("list", *arguments, "--state", "closed") == (0, "没有要办的。\n")


def test_staff_take_answer_and_close_and_the_customer_sees_the_answer_only(filed, queue, sessions):
    number, _ = filed
    assert queue("assign", number, "--to", "wang", "--by", "li")[0] == 0
    assert "处理中，wang" in queue("list", "--kind", "hardship")[1]
    assert queue("answer", number, "材料收到，周三前回电。", "--by", "wang")[0] == 0
    assert queue("close", number, "--by", "wang", "--note", "已达成分期")[0] == 0
    code, said = queue("show", number)
    assert code == 0 and f"{number}  困难申请  已办结  客户 late-20  渠道 web" in said
    assert "每月能还（元）：800.00" in said and "给客户的回复：材料收到，周三前回电。" in said
    steps = [line.split()[2:] for line in said.splitlines() if "staff:" in line or "customer" in line.split()]
    assert steps == [
        ["customer", "提交"],
        ["staff:li", "分派：wang"],
        ["staff:wang", "回复"],
        ["staff:wang", "办结：已达成分期"],
    ]
    with sessions() as session:
        own = status.by_number(session, number, Sender("web-9", "web", "late-20"))
    assert own.answer == "材料收到，周三前回电。" and "已达成分期" not in str(own)


@pytest.mark.parametrize(
    "arguments, told",
    [(("show", "HX-20261123-999999"), "没有编号 HX-20261123-999999。用 finlit queue list 看有哪些。"),
     (("answer", "{number}", "  "), "回复不能是空的。")],
)  # fmt: skip
def test_a_mistake_is_told_in_one_line(filed, queue, arguments, told):
    code, said = queue(*(each.format(number=filed[0]) for each in arguments))
    assert code != 0 and told in said and "Traceback" not in said


def test_a_closed_request_is_left_alone(filed, queue):
    number, _ = filed
    queue("close", number, "--by", "li")
    before = queue("show", number)
    code, said = queue("answer", number, "再补一句", "--by", "li")
    assert code != 0 and f"{number} 已经办结，不能再改。" in said
    assert queue("show", number) == before


def test_without_tables_the_next_step_is_named(queue, tmp_path):
    from finlit.settings import overridden

    with overridden(database_url=f"sqlite:///{tmp_path / 'empty.db'}"):
        code, said = queue("list")
    assert code != 0 and "finlit db migrate" in said and "Traceback" not in said
