"""What must hold across lines and files, as queries that return the lines where it does not.

The SQL is common to SQLite and PostgreSQL. ``{name}`` in a message is a column of the query;
``{name:yuan}`` shows fen as yuan.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Date, bindparam, text
from sqlalchemy.engine import Connection

from finlit.db import types
from finlit.db.delivery.columns import FILES, DeliveredFile
from finlit.db.delivery.reading import Faults
from finlit.db.tables import credit
from finlit.db.tables.base import one_of
from finlit.settings import SHANGHAI

MOST_A_CHECK = 20


@dataclass(frozen=True)
class Check:
    """``sql`` selects ``line`` first and then what ``message`` names, for each line of ``file`` that is at fault."""

    file: str
    message: str
    sql: str


class _Yuan(int):
    def __format__(self, spec: str) -> str:
        return f"{self // 100}.{self % 100:02d}" if spec == "yuan" else super().__format__(spec)


def _unknown(file: str, column: str, known_in: str, known_name: str, what: str) -> Check:
    return Check(
        file,
        f"{column}：「{{wanted}}」{what}",
        f"SELECT i.line, i.{column} AS wanted FROM in_{file} i LEFT JOIN {known_in} k ON k.{known_name} = i.{column} "
        f"WHERE i.{column} IS NOT NULL AND k.{known_name} IS NULL",
    )


def _known_customer(file: str) -> Check:
    return Check(
        file,
        "customer_id：没有客户「{customer_id}」",
        f"SELECT i.line, i.customer_id FROM in_{file} i LEFT JOIN in_customers d ON d.customer_id = i.customer_id "
        "LEFT JOIN customers c ON c.id = i.customer_id WHERE d.customer_id IS NULL AND c.id IS NULL",
    )


def _twice(file: DeliveredFile) -> Check:
    key = ", ".join(file.key)
    same = " AND ".join(f"o.{name} = i.{name}" for name in file.key)
    return Check(
        file.name,
        f"和第 {{first}} 行重复（{'、'.join(file.key)} 相同）",
        f"SELECT i.line, o.first FROM in_{file.name} i JOIN (SELECT {key}, min(line) AS first FROM in_{file.name} "
        f"GROUP BY {key} HAVING count(*) > 1) o ON {same} WHERE i.line > o.first",
    )


def _belongs_to_another(file: str, id_column: str, table: str) -> Check:
    return Check(
        file,
        f"customer_id：{id_column}「{{wanted}}」在库里属于另一位客户",
        f"SELECT i.line, i.{id_column} AS wanted FROM in_{file} i JOIN {table} t ON t.id = i.{id_column} "
        "WHERE t.customer_id <> i.customer_id",
    )


def _positive(file: str, column: str) -> Check:
    return Check(file, f"{column}：要大于零", f"SELECT line FROM in_{file} WHERE {column} <= 0")


def _too_much(part: str, due: str, name: str) -> Check:
    return Check(
        "instalments",
        f"{due}：第 {{number}} 期应还{name} {{due:yuan}} 元，却分配了 {{paid:yuan}} 元",
        f"SELECT i.line, i.number, i.{due} AS due, sum(a.{part}) AS paid FROM in_instalments i "
        "JOIN in_allocations a ON a.loan_id = i.loan_id AND a.number = i.number "
        f"GROUP BY i.line, i.number, i.{due} HAVING sum(a.{part}) > i.{due}",
    )


_REPORTS = one_of("r.kind", credit.REPORT_KINDS)
_ABOUT = one_of("e.kind", credit.ABOUT_REPORT_KINDS)

CHECKS = (
    *(_twice(file) for file in FILES),
    # whose is it
    Check(
        "customers",
        "phone：和第 {first} 行是同一个号",
        "SELECT i.line, o.first FROM in_customers i JOIN (SELECT phone, min(line) AS first FROM in_customers "
        "GROUP BY phone HAVING count(*) > 1) o ON o.phone = i.phone WHERE i.line > o.first",
    ),
    Check(
        "customers",
        "phone：这个号在库里属于客户「{owner}」，这次没有给他的新号",
        "SELECT i.line, c.id AS owner FROM in_customers i JOIN customers c ON c.phone = i.phone AND c.id <> i.customer_id "
        "LEFT JOIN in_customers o ON o.customer_id = c.id WHERE o.customer_id IS NULL",
    ),
    _unknown("contact_points", "customer_id", "in_customers", "customer_id", "不在 customers.csv 里"),
    _known_customer("credit_lines"),
    _belongs_to_another("credit_lines", "credit_line_id", "credit_lines"),
    _known_customer("loans"),
    _belongs_to_another("loans", "loan_id", "loans"),
    Check(
        "loans",
        "credit_line_id：客户「{customer_id}」没有额度「{credit_line_id}」",
        "SELECT i.line, i.customer_id, i.credit_line_id FROM in_loans i "
        "LEFT JOIN in_credit_lines d ON d.credit_line_id = i.credit_line_id AND d.customer_id = i.customer_id "
        "LEFT JOIN credit_lines c ON c.id = i.credit_line_id AND c.customer_id = i.customer_id "
        "WHERE i.credit_line_id IS NOT NULL AND d.credit_line_id IS NULL AND c.id IS NULL",
    ),
    *(
        _unknown(file, "loan_id", "in_loans", "loan_id", "不在 loans.csv 里")
        for file in ("instalments", "repayments", "credit_events")
    ),
    # amounts
    _positive("credit_lines", "limit_amount"),
    _positive("loans", "principal"),
    _positive("loans", "penalty_cap"),
    _positive("repayments", "amount"),
    Check(
        "instalments",
        "这一期什么都不用还：本金、利息、手续费不能都是零",
        "SELECT line FROM in_instalments WHERE principal_due + interest_due + fee_due = 0",
    ),
    Check(
        "allocations",
        "这一条什么都没抵：四个金额不能都是零",
        "SELECT line FROM in_allocations WHERE principal + interest + penalty + fee = 0",
    ),
    Check(
        "loans",
        "principal：本金 {principal:yuan} 元，各期本金之和却是 {planned:yuan} 元",
        "SELECT i.line, i.principal, sum(p.principal_due) AS planned FROM in_loans i "
        "JOIN in_instalments p ON p.loan_id = i.loan_id GROUP BY i.line, i.principal "
        "HAVING sum(p.principal_due) <> i.principal",
    ),
    Check(
        "repayments",
        "amount：金额 {amount:yuan} 元，allocations.csv 里分配了 {given:yuan} 元",
        "SELECT i.line, i.amount, coalesce(sum(a.principal + a.interest + a.penalty + a.fee), 0) AS given "
        "FROM in_repayments i LEFT JOIN in_allocations a ON a.loan_id = i.loan_id AND a.reference = i.reference "
        "GROUP BY i.line, i.amount "
        "HAVING coalesce(sum(a.principal + a.interest + a.penalty + a.fee), 0) <> i.amount",
    ),
    _too_much("principal", "principal_due", "本金"),
    _too_much("interest", "interest_due", "利息"),
    _too_much("fee", "fee_due", "手续费"),
    # the plan
    Check(
        "loans",
        "loan_id：instalments.csv 里没有这笔贷款的还款计划",
        "SELECT i.line FROM in_loans i LEFT JOIN in_instalments p ON p.loan_id = i.loan_id WHERE p.loan_id IS NULL",
    ),
    Check(
        "loans",
        "loan_id：还款计划的期数要从 1 连到 {last}，现在只有 {found} 期",
        "SELECT i.line, max(p.number) AS last, count(DISTINCT p.number) AS found FROM in_loans i "
        "JOIN in_instalments p ON p.loan_id = i.loan_id GROUP BY i.line HAVING max(p.number) <> count(DISTINCT p.number)",
    ),
    Check(
        "instalments",
        "due_on：不晚于上一期的 {earlier}",
        "SELECT i.line, p.due_on AS earlier FROM in_instalments i JOIN in_instalments p "
        "ON p.loan_id = i.loan_id AND p.number = i.number - 1 WHERE i.due_on <= p.due_on",
    ),
    Check(
        "instalments",
        "due_on：早于放款日 {started_on}",
        "SELECT i.line, l.started_on FROM in_instalments i JOIN in_loans l ON l.loan_id = i.loan_id "
        "WHERE i.due_on < l.started_on",
    ),
    # days
    Check(
        "loans",
        "restructured_on：早于放款日 {started_on}",
        "SELECT line, started_on FROM in_loans WHERE restructured_on < started_on",
    ),
    Check("loans", "started_on：晚于数据截至日", "SELECT line FROM in_loans WHERE started_on > :as_of_day"),
    Check("loans", "restructured_on：晚于数据截至日", "SELECT line FROM in_loans WHERE restructured_on > :as_of_day"),
    Check("credit_lines", "opened_on：晚于数据截至日", "SELECT line FROM in_credit_lines WHERE opened_on > :as_of_day"),
    Check("repayments", "paid_at：晚于数据截至时间", "SELECT line FROM in_repayments WHERE paid_at > :as_of"),
    Check(
        "repayments",
        "paid_at：早于放款日 {started_on}",
        "SELECT i.line, l.started_on FROM in_repayments i JOIN in_loans l ON l.loan_id = i.loan_id "
        "WHERE i.paid_on < l.started_on",
    ),
    # where the money went
    Check(
        "allocations",
        "reference：贷款「{loan_id}」没有还款「{reference}」",
        "SELECT i.line, i.loan_id, i.reference FROM in_allocations i LEFT JOIN in_repayments r "
        "ON r.loan_id = i.loan_id AND r.reference = i.reference WHERE r.loan_id IS NULL",
    ),
    Check(
        "allocations",
        "number：贷款「{loan_id}」没有第 {number} 期",
        "SELECT i.line, i.loan_id, i.number FROM in_allocations i LEFT JOIN in_instalments p "
        "ON p.loan_id = i.loan_id AND p.number = i.number WHERE p.loan_id IS NULL",
    ),
    # the credit system
    Check(
        "credit_events",
        "happened_on：晚于数据截至日",
        "SELECT line FROM in_credit_events WHERE happened_on > :as_of_day",
    ),
    Check(
        "credit_events",
        "happened_on：早于放款日 {started_on}",
        "SELECT i.line, l.started_on FROM in_credit_events i JOIN in_loans l ON l.loan_id = i.loan_id "
        "WHERE i.happened_on < l.started_on",
    ),
    Check(
        "credit_events",
        "days_past_due：报逾期（overdue）要写逾期天数，其他不写",
        "SELECT line FROM in_credit_events WHERE (kind = 'overdue') <> (days_past_due IS NOT NULL)",
    ),
    Check(
        "credit_events",
        "about：异议和更正要写针对哪次报送，报送自己不写",
        f"SELECT e.line FROM in_credit_events e WHERE ({_ABOUT}) <> (e.about IS NOT NULL)",
    ),
    Check(
        "credit_events",
        "about：这笔贷款没有报送「{about}」",
        f"SELECT e.line, e.about FROM in_credit_events e LEFT JOIN in_credit_events r ON r.loan_id = e.loan_id "
        f"AND r.reference = e.about AND {_REPORTS} WHERE e.about IS NOT NULL AND r.line IS NULL",
    ),
    Check(
        "credit_events",
        "happened_on：早于它针对的报送（{reported_on}）",
        "SELECT e.line, r.happened_on AS reported_on FROM in_credit_events e JOIN in_credit_events r "
        "ON r.loan_id = e.loan_id AND r.reference = e.about WHERE e.happened_on < r.happened_on",
    ),
)


def run(connection: Connection, as_of: datetime, faults: Faults) -> None:
    """Run every check on the filled temporary tables."""
    moments = {"as_of": as_of, "as_of_day": as_of.astimezone(SHANGHAI).date()}
    kinds = {"as_of": types.UtcTime(), "as_of_day": Date()}
    for check in CHECKS:
        used = [name for name in moments if f":{name}" in check.sql.split()]
        query = text(f"{check.sql} ORDER BY 1").bindparams(*(bindparam(name, type_=kinds[name]) for name in used))
        found = connection.execute(query, {name: moments[name] for name in used}).fetchmany(MOST_A_CHECK + 1)
        for row in found[:MOST_A_CHECK]:
            named = {key: _plain(value) for key, value in row._mapping.items()}
            faults.add(f"{check.file}.csv", named["line"], check.message.format(**named))
        if len(found) > MOST_A_CHECK:
            faults.add(f"{check.file}.csv", None, "同样的问题还有更多，先改这些")


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, str) else _Yuan(value) if _is_number(value) else str(value)


def _is_number(value: Any) -> bool:
    return not isinstance(value, bool) and hasattr(value, "__int__") and int(value) == value
