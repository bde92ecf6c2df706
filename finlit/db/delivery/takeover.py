"""Bring the accounts to what a checked delivery says; only what differs is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Table, and_, delete, exists, func, null, or_, select, true
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.sql import Select

from finlit.db import tables
from finlit.db.delivery import checks, phones, reading, staging
from finlit.db.delivery.reading import BadDelivery, Delivery, Faults
from finlit.db.exclusive import exclusive

CUSTOMERS, CONTACTS = tables.Customer.__table__, tables.ContactPoint.__table__
LINES, LOANS = tables.CreditLine.__table__, tables.Loan.__table__
PLAN, REPAYMENTS = tables.Instalment.__table__, tables.Repayment.__table__
PARTS, EVENTS, IMPORTS = tables.Allocation.__table__, tables.CreditEvent.__table__, tables.DataImport.__table__
IN = staging.TABLES


@dataclass(frozen=True)
class Change:
    """How many rows of one table a takeover added, changed and removed."""

    table: str
    added: int
    changed: int
    removed: int


@dataclass(frozen=True)
class Takeover:
    """What was done: until when the data is complete, and each table's changes (none for a known delivery)."""

    as_of: datetime
    changes: tuple[Change, ...]
    known: bool = False


class _CheckedOnly(Exception):
    def __init__(self, done: Takeover) -> None:
        self.done = done


def take_over(target: Engine, folder: Path, now: datetime, check_only: bool = False) -> Takeover:
    """Take over the delivery in ``folder``; all or nothing, and a second time changes nothing.

    ``check_only`` does the same and rolls it back. Raises BadDelivery with every fault found.
    """
    delivery = reading.look_at(folder)
    faults = Faults()
    as_of = reading.as_of(delivery, now, faults)
    if as_of is None:
        raise BadDelivery(faults)
    try:
        with exclusive(target) as connection:
            if _is_known(connection, delivery):
                return Takeover(as_of, (), known=True)
            _refuse_older(connection, as_of, faults)
            staging.fill(connection, delivery, faults)
            if not faults:
                checks.run(connection, as_of, faults)
            if faults:
                raise BadDelivery(faults)
            done = Takeover(as_of, _apply(connection, delivery, now))
            connection.execute(IMPORTS.insert().values(digest=delivery.digest, as_of=as_of, imported_at=now))
            staging.drop(connection)
            if check_only:
                raise _CheckedOnly(done)
            return done
    except _CheckedOnly as checked:
        return checked.done


def _is_known(connection: Connection, delivery: Delivery) -> bool:
    return connection.execute(select(IMPORTS.c.id).where(IMPORTS.c.digest == delivery.digest)).first() is not None


def _refuse_older(connection: Connection, as_of: datetime, faults: Faults) -> None:
    latest = connection.execute(select(IMPORTS.c.as_of).order_by(IMPORTS.c.as_of.desc()).limit(1)).scalar()
    if latest is not None and as_of < latest:
        shown = latest.astimezone(as_of.tzinfo)
        faults.add(
            "delivery.csv", 2, f"as_of：早于库里已有的数据（截至 {shown:%Y-%m-%d %H:%M:%S}），旧数据不会盖掉新数据"
        )


def _apply(connection: Connection, delivery: Delivery, now: datetime) -> tuple[Change, ...]:
    apply = _Apply(connection)
    given = {file.name for file in delivery.present}
    phones.free(connection, now)
    apply.upsert(CUSTOMERS, ["id"], {"id": "customer_id", "name": "name", "phone": "phone"}, "customers")
    if "contact_points" in given:
        apply.upsert(
            CONTACTS, ["customer_id", "kind", "value"], _same("customer_id", "kind", "value"), "contact_points"
        )
        apply.remove(CONTACTS, _missing(CONTACTS, "contact_points", ["customer_id", "kind", "value"], "customer_id"))
    apply.upsert(
        LINES, ["id"],
        {"id": "credit_line_id", **_same("customer_id", "product", "limit_amount", "state", "opened_on")}, "credit_lines",
    )  # fmt: skip
    terms = [column.name for column in LOANS.columns if column.name != "id"]
    apply.upsert(LOANS, ["id"], {"id": "loan_id", **_same(*terms)}, "loans")
    apply.remove(PARTS, _parts_gone())
    for table, name, key in ((PLAN, "instalments", "number"), (REPAYMENTS, "repayments", "reference")):
        apply.remove(table, _missing(table, name, ["loan_id", key], "loan_id"))
        columns = [column.name for column in table.columns if column.name != "id"]
        apply.upsert(table, ["loan_id", key], _same(*columns), name)
    apply.upsert_from(PARTS, ["repayment_id", "instalment_id"], *_parts())
    if "credit_events" in given:
        apply.remove(EVENTS, _missing(EVENTS, "credit_events", ["loan_id", "reference"], "loan_id"))
        for about_report in (False, True):  # a report before what is about it
            apply.upsert_from(EVENTS, ["loan_id", "reference"], *_events(about_report))
    return apply.changes()


class _Apply:
    """Runs the statements and counts what they did."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        self._counts: dict[str, list[int]] = {}

    def upsert(self, table: Table, key: list[str], columns: Mapping[str, str], name: str) -> None:
        """Insert or update from a temporary table whose columns are the values of ``columns``."""
        source = IN[name]
        self.upsert_from(table, key, list(columns), select(*(source.c[each] for each in columns.values())))

    def upsert_from(self, table: Table, key: list[str], names: list[str], rows: Select) -> None:
        before = self._rows(table)
        insert = self._insert(table).from_select(names, rows.where(true()))  # SQLite needs a WHERE before ON CONFLICT
        changing = {name: insert.excluded[name] for name in names if name not in key}
        if changing:
            differs = or_(*(table.c[name].is_distinct_from(insert.excluded[name]) for name in changing))
            insert = insert.on_conflict_do_update(index_elements=key, set_=changing, where=differs)
        else:
            insert = insert.on_conflict_do_nothing(index_elements=key)
        touched = self._connection.execute(insert).rowcount
        added = self._rows(table) - before
        self._count(table, added=added, changed=touched - added)

    def remove(self, table: Table, which: Any) -> None:
        """Delete what ``which`` says; what it takes along is counted with its own table."""
        self._count(table, removed=self._connection.execute(delete(table).where(which)).rowcount)

    def changes(self) -> tuple[Change, ...]:
        return tuple(Change(table, *counts) for table, counts in self._counts.items())

    def _rows(self, table: Table) -> int:
        return int(self._connection.execute(select(func.count()).select_from(table)).scalar_one())

    def _count(self, table: Table, added: int = 0, changed: int = 0, removed: int = 0) -> None:
        counts = self._counts.setdefault(table.name, [0, 0, 0])
        for position, more in enumerate((added, changed, removed)):
            counts[position] += more


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


def _missing(table: Table, name: str, key: list[str], owner: str) -> Any:
    """Return the condition: a row of an owner who is in the delivery, that is not in it itself."""
    owners = IN["customers" if owner == "customer_id" else "loans"]
    given = IN[name]
    return and_(
        table.c[owner].in_(select(owners.c[owner])),
        ~exists().where(*(given.c[each] == table.c[each] for each in key)),
    )


def _parts_gone() -> Any:
    """Return the condition: an allocation of a delivered loan that the delivery no longer has."""
    given = IN["allocations"]
    still = (
        exists()
        .where(REPAYMENTS.c.id == PARTS.c.repayment_id, PLAN.c.id == PARTS.c.instalment_id)
        .where(given.c.loan_id == PARTS.c.loan_id)
        .where(given.c.reference == REPAYMENTS.c.reference, given.c.number == PLAN.c.number)
    )
    return and_(PARTS.c.loan_id.in_(select(IN["loans"].c.loan_id)), ~still)


def _parts() -> tuple[list[str], Select]:
    given = IN["allocations"]
    amounts = ["principal", "interest", "penalty", "fee"]
    rows = (
        select(given.c.loan_id, REPAYMENTS.c.id, PLAN.c.id, *(given.c[each] for each in amounts))
        .join(REPAYMENTS, and_(REPAYMENTS.c.loan_id == given.c.loan_id, REPAYMENTS.c.reference == given.c.reference))
        .join(PLAN, and_(PLAN.c.loan_id == given.c.loan_id, PLAN.c.number == given.c.number))
    )
    return ["loan_id", "repayment_id", "instalment_id", *amounts], rows


def _events(about_report: bool) -> tuple[list[str], Select]:
    given, report = IN["credit_events"], EVENTS.alias()
    columns = ["loan_id", "reference", "kind", "happened_on", "days_past_due"]
    rows = select(*(given.c[each] for each in columns), report.c.id if about_report else null())
    if about_report:
        rows = rows.join(report, and_(report.c.loan_id == given.c.loan_id, report.c.reference == given.c.about))
    else:
        rows = rows.select_from(given).where(given.c.about.is_(None))
    return [*columns, "about_id"], rows
