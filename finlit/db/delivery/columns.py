"""The files of a delivery and their columns: the one description from which reading, checks and docs follow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Date, Integer, String

from finlit.db import types
from finlit.db.delivery import values
from finlit.db.delivery.values import Parse
from finlit.db.tables import accounts, credit

ID_LENGTH = 32
REFERENCE_LENGTH = 64
_NAME = String(128)
_ID = values.identifier(ID_LENGTH)
_REFERENCE = values.identifier(REFERENCE_LENGTH)


@dataclass(frozen=True)
class Column:
    """One column; ``about`` is for the lender, in Chinese. Without a default a field must not be empty."""

    name: str
    parse: Parse
    stored: Any
    about: str
    optional: bool = False
    default: str = ""

    @property
    def must_be_there(self) -> bool:
        return not self.optional and not self.default


@dataclass(frozen=True)
class DeliveredFile:
    """One CSV file; ``key`` tells its rows apart."""

    name: str
    about: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    required: bool = True

    @property
    def file_name(self) -> str:
        return f"{self.name}.csv"


def _amount(name: str, about: str, default: str = "") -> Column:
    return Column(name, values.amount, types.Fen(), about, default=default)


def _rate(name: str, about: str, **more: Any) -> Column:
    return Column(name, values.rate, types.MillionthRate(), about, **more)


def _choice(name: str, known: tuple[str, ...], about: str, **more: Any) -> Column:
    return Column(name, values.choice(known), String(40), about, **more)


CUSTOMER = Column("customer_id", _ID, String(ID_LENGTH), "客户编号")
LOAN = Column("loan_id", _ID, String(ID_LENGTH), "贷款（借据）编号")
NUMBER = Column("number", values.whole(1, 600), Integer(), "第几期，从 1 起，不能跳号")

DELIVERY = DeliveredFile(
    "delivery",
    "这份数据本身，只有一行",
    ("as_of",),
    (
        Column(
            "as_of",
            values.moment,
            types.UtcTime(),
            "数据截至什么时间；答客户「数据截至」用它，早于库里已有的一份会被拒绝",
        ),
    ),
)
FILES = (
    DeliveredFile(
        "customers",
        "客户。没有出现的客户原样保留",
        ("customer_id",),
        (
            CUSTOMER,
            Column("name", values.text(64), _NAME, "姓名"),
            Column("phone", values.phone, String(20), "登记手机号，核验身份用，一个号只能属于一位客户"),
        ),
    ),
    DeliveredFile(
        "contact_points",
        "客户自己的其他联系方式。不要放第三人的。给了这个文件，就以它为准，多的会删",
        ("customer_id", "kind", "value"),
        (
            CUSTOMER,
            _choice("kind", accounts.CONTACT_KINDS, "种类：phone 电话、email 邮箱、address 地址"),
            Column("value", values.text(128), _NAME, "内容"),
        ),
        required=False,
    ),
    DeliveredFile(
        "credit_lines",
        "额度。没有出现的额度原样保留",
        ("credit_line_id",),
        (
            Column("credit_line_id", _ID, String(ID_LENGTH), "额度编号"),
            CUSTOMER,
            Column("product", values.text(64), _NAME, "产品名，照客户看得懂的写"),
            _amount("limit_amount", "额度，元"),
            _choice("state", accounts.LINE_STATES, "状态：open 可用、frozen 冻结、closed 关闭", default="open"),
            Column("opened_on", values.day, Date(), "开通日"),
        ),
        required=False,
    ),
    DeliveredFile(
        "loans",
        "贷款和合同条款。出现的每一笔都要给全：还款计划、还款和分配以这次为准，多的会删",
        ("loan_id",),
        (
            LOAN,
            CUSTOMER,
            Column("credit_line_id", _ID, String(ID_LENGTH), "从哪个额度借的", optional=True),
            Column("product", values.text(64), _NAME, "产品名，照客户看得懂的写"),
            _choice(
                "method",
                accounts.METHODS,
                "还款方式：equal_instalments 等额本息、equal_principal 等额本金、interest_first 先息后本、"
                "bullet 到期还本付息、fee_instalments 分期手续费",
            ),
            _amount("principal", "本金，元；等于各期本金之和"),
            _rate("annual_rate", "合同年利率，小数：18% 写 0.18"),
            _rate("penalty_surcharge", "罚息在合同利率上加收的比例：加收 50% 写 0.5"),
            _rate("penalty_cap", "罚息年利率的上限，没有就空着", optional=True),
            _choice(
                "penalty_runs_from",
                accounts.PENALTY_STARTS,
                "宽限期过后罚息从哪天起算：due_date 到期日、grace_end 宽限期末",
                default="due_date",
            ),
            Column("day_count_base", values.day_count_base, Integer(), "计息天数基数，360 或 365"),
            Column("grace_days", values.whole(0, 90), Integer(), "合同宽限期，天", default="0"),
            _choice(
                "allocation_order",
                accounts.ALLOCATION_ORDERS,
                "还款先抵什么，四样都要写：fee 费用、penalty 罚息、interest 利息、principal 本金，"
                "例如 fee,penalty,interest,principal（含逗号，要加引号）；合同没写就空着",
                optional=True,
            ),
            _rate("early_fee_rate", "提前还款违约金占提前还本金的比例", default="0"),
            Column("started_on", values.day, Date(), "放款日"),
            Column("restructured_on", values.day, Date(), "协商重组、换成现在这份计划的日子", optional=True),
        ),
    ),
    DeliveredFile(
        "instalments",
        "还款计划，一期一行",
        ("loan_id", "number"),
        (
            LOAN,
            NUMBER,
            Column("due_on", values.day, Date(), "应还日"),
            _amount("principal_due", "应还本金，元"),
            _amount("interest_due", "应还利息，元", default="0"),
            _amount("fee_due", "应还手续费，元", default="0"),
        ),
    ),
    DeliveredFile(
        "repayments",
        "已入账的还款，一笔一行",
        ("loan_id", "reference"),
        (
            LOAN,
            Column("reference", _REFERENCE, String(REFERENCE_LENGTH), "入账流水号，一笔贷款内不重复"),
            _amount("amount", "金额，元；等于它各条分配之和，溢缴的部分不要放进来"),
            Column("paid_at", values.moment, types.UtcTime(), "入账时间，不带时区就是北京时间"),
        ),
    ),
    DeliveredFile(
        "allocations",
        "每笔还款抵了哪一期的什么",
        ("loan_id", "reference", "number"),
        (
            LOAN,
            Column("reference", _REFERENCE, String(REFERENCE_LENGTH), "还款的入账流水号"),
            NUMBER,
            _amount("principal", "抵了多少本金，元", default="0"),
            _amount("interest", "抵了多少利息，元", default="0"),
            _amount("penalty", "抵了多少罚息，元", default="0"),
            _amount("fee", "抵了多少手续费，元", default="0"),
        ),
    ),
    DeliveredFile(
        "credit_events",
        "向征信系统报送了什么，客户有没有异议。没有这个文件就不动库里的",
        ("loan_id", "reference"),
        (
            LOAN,
            Column("reference", _REFERENCE, String(REFERENCE_LENGTH), "事件编号，一笔贷款内不重复"),
            _choice(
                "kind",
                credit.REPORT_KINDS + credit.ABOUT_REPORT_KINDS,
                "overdue 报逾期、settled 报结清、dispute_opened 提出异议、dispute_rejected 异议不成立、corrected 已更正",
            ),
            Column("happened_on", values.day, Date(), "哪一天"),
            Column("days_past_due", values.whole(1, 9999), Integer(), "报的逾期天数，只有 overdue 要写", optional=True),
            Column(
                "about",
                _REFERENCE,
                String(REFERENCE_LENGTH),
                "针对哪次报送（它的事件编号），异议和更正要写",
                optional=True,
            ),
        ),
        required=False,
    ),
)
BY_NAME = {file.name: file for file in (DELIVERY, *FILES)}


def describe() -> str:
    """Return the description of all files for the lender, as Markdown."""
    parts = []
    for file in (DELIVERY, *FILES):
        need = "" if file.required else "（可以没有）"
        lines = [
            f"### {file.file_name}{need}",
            "",
            f"{file.about}。",
            "",
            "| 列 | 说明 | 空着 |",
            "| --- | --- | --- |",
        ]
        for column in file.columns:
            empty = "不行" if column.must_be_there else f"当作 {column.default}" if column.default else "可以"
            lines.append(f"| {column.name} | {column.about} | {empty} |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"
