"""Many customers for load tests: ``finlit db generate``. Into an empty database only, never beside others.

Nothing is random. Each customer's loans are two of a few dozen described loans, picked by the
customer's number, so a run can be repeated and a figure can be checked. Rows are streamed, one
table after the other; on PostgreSQL foreign keys and plain indexes are made after the rows.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import product
from typing import Any

from sqlalchemy import Table, func, select, text
from sqlalchemy.engine import Connection, Engine

from finlit.db import bulk, tables
from finlit.db.exclusive import exclusive
from finlit.db.sample import SampleLoan, build

MOST_CUSTOMERS = 10_000_000
SECOND_LOAN_EVERY = 5
FIRST_PHONE = 190_0000_0000
_FAMILY = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚"
_STEP = 37  # no divisor in common with the number of shapes: each of them comes, and neighbours differ

CUSTOMERS, LOANS = tables.Customer.__table__, tables.Loan.__table__
PLAN, REPAYMENTS = tables.Instalment.__table__, tables.Repayment.__table__
PARTS, EVENTS = tables.Allocation.__table__, tables.CreditEvent.__table__
FILLED = (CUSTOMERS, LOANS, PLAN, REPAYMENTS, PARTS, EVENTS)


class NotEmpty(RuntimeError):
    """The database already holds customers."""


@dataclass(frozen=True)
class Loaded:
    """How many rows of one table went in, and in how many seconds."""

    table: str
    rows: int
    seconds: float

    @property
    def rate(self) -> float:
        """Return rows a second."""
        return self.rows / max(self.seconds, 1e-6)


Report = Callable[[Loaded], None]


def _shapes() -> tuple[SampleLoan, ...]:
    found = []
    terms = product(((3000, 3), (8000, 6), (12000, 12), (20000, 12), (36000, 24)), ("0.144", "0.18", "0.216"))
    for number, ((amount, periods), rate) in enumerate(terms):
        method = ("equal_instalments", "equal_principal", "interest_first")[number % 3]
        paid = periods // 2
        common = (Decimal(amount), Decimal(rate), periods)
        base = (360, 365)[number % 2]
        found += [
            SampleLoan("随借随还", *common, paid, due_in, method=method, day_count_base=base)
            for due_in in (0, 3, 9, 14, 21, 27)
        ]
        late = 2 + number * 13  # 2 to 184 days past due
        found.append(
            SampleLoan("分期贷", *common, paid, -late, method=method, day_count_base=base, reported_days_ago=late - 1)
        )
        found.append(SampleLoan("分期贷", *common, periods, -30, method=method, day_count_base=base))  # paid off
    return tuple(found)


SHAPES = _shapes()


@dataclass(frozen=True)
class _Stencil:
    """A described loan as the database holds it; what differs from loan to loan is left out."""

    terms: tuple[Any, ...]
    plan: tuple[tuple[Any, ...], ...]
    repayments: tuple[tuple[Any, ...], ...]
    parts: tuple[tuple[int, int, tuple[Any, ...]], ...]  # places of repayment and instalment, amounts
    events: tuple[tuple[Any, ...], ...]


_TERMS = [column.name for column in LOANS.columns if column.name not in ("id", "customer_id")]
_PLAN = ["number", "due_on", "principal_due", "interest_due", "fee_due"]
_REPAYMENT = ["reference", "amount", "paid_at"]
_PART = ["principal", "interest", "penalty", "fee"]
_EVENT = ["reference", "kind", "happened_on", "days_past_due"]


def _stencil(shape: SampleLoan, today: date, dialect: Any) -> _Stencil:
    loan, _ = build("", "", shape, today)

    def raw(table: Table, names: list[str], row: Any) -> tuple[Any, ...]:
        values = []
        for name in names:
            value = getattr(row, name)
            if value is None and table.c[name].default is not None:
                value = table.c[name].default.arg
            values.append(bulk.as_stored(table.c[name], value, dialect))
        return tuple(values)

    places = {id(row): place for place, row in enumerate(loan.instalments)}
    return _Stencil(
        terms=raw(LOANS, _TERMS, loan),
        plan=tuple(raw(PLAN, _PLAN, row) for row in loan.instalments),
        repayments=tuple(raw(REPAYMENTS, _REPAYMENT, row) for row in loan.repayments),
        parts=tuple(
            (place, places[id(part.instalment)], raw(PARTS, _PART, part))
            for place, row in enumerate(loan.repayments)
            for part in row.allocations
        ),
        events=tuple(raw(EVENTS, _EVENT, row) for row in loan.credit_events),
    )


def customer_id(number: int) -> str:
    """Return the id of a generated customer, counted from 1."""
    return f"G{number:08d}"


def shapes_of(number: int) -> tuple[int, ...]:
    """Return which of ``SHAPES`` a generated customer's loans are."""
    first = number * _STEP % len(SHAPES)
    return (first,) if number % SECOND_LOAN_EVERY else (first, (first + len(SHAPES) // 2) % len(SHAPES))


def generate(target: Engine, customers: int, today: date, report: Report) -> None:
    """Put ``customers`` customers with their accounts in; all or nothing. Raises NotEmpty.

    ``report`` is called after each table.
    """
    with exclusive(target) as connection:
        if connection.execute(select(CUSTOMERS.c.id).limit(1)).first() is not None:
            raise NotEmpty
        writer = _Writer([_stencil(shape, today, connection.dialect) for shape in SHAPES], customers)
        with _constraints_afterwards(connection, report):
            for table, names, rows in writer.tables():
                started = time.perf_counter()
                count = bulk.load_raw(connection, table, names, rows)
                report(Loaded(table.name, count, time.perf_counter() - started))
        _count_on(connection)
    if target.dialect.name == "postgresql":
        with target.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("SET statement_timeout = 0")
            connection.exec_driver_sql(f"VACUUM ANALYZE {', '.join(table.name for table in FILLED)}")


class _Writer:
    """Yields each table's rows; ids are counted, so the tables fit together without being looked up."""

    def __init__(self, stencils: list[_Stencil], customers: int) -> None:
        self._stencils = stencils
        self._customers = customers

    def tables(self) -> Iterator[tuple[Table, list[str], Iterator[tuple[Any, ...]]]]:
        yield CUSTOMERS, ["id", "name", "phone"], self._people()
        yield (
            LOANS,
            ["id", "customer_id", *_TERMS],
            ((loan, customer, *stencil.terms) for loan, customer, stencil in self._loans()),
        )
        yield PLAN, ["id", "loan_id", *_PLAN], self._numbered("plan")
        yield REPAYMENTS, ["id", "loan_id", *_REPAYMENT], self._numbered("repayments")
        yield PARTS, ["id", "loan_id", "repayment_id", "instalment_id", *_PART], self._parts()
        yield EVENTS, ["id", "loan_id", *_EVENT], self._numbered("events")

    def _people(self) -> Iterator[tuple[Any, ...]]:
        for number in range(1, self._customers + 1):
            family, given = _FAMILY[number % len(_FAMILY)], _GIVEN[number // len(_FAMILY) % len(_GIVEN)]
            yield customer_id(number), family + given, str(FIRST_PHONE + number)

    def _loans(self) -> Iterator[tuple[str, str, _Stencil]]:
        for number in range(1, self._customers + 1):
            customer = customer_id(number)
            for place, shape in enumerate(shapes_of(number), start=1):
                yield f"{customer}-{place}", customer, self._stencils[shape]

    def _numbered(self, kind: str) -> Iterator[tuple[Any, ...]]:
        row_id = 0
        for loan, _, stencil in self._loans():
            for row in getattr(stencil, kind):
                row_id += 1
                yield (row_id, loan, *row)

    def _parts(self) -> Iterator[tuple[Any, ...]]:
        row_id, first_repayment, first_instalment = 0, 1, 1
        for loan, _, stencil in self._loans():
            for repayment, instalment, amounts in stencil.parts:
                row_id += 1
                yield (row_id, loan, first_repayment + repayment, first_instalment + instalment, *amounts)
            first_repayment += len(stencil.repayments)
            first_instalment += len(stencil.plan)


# What PostgreSQL says about the foreign keys and plain indexes of some tables: how to drop and make each.
_ATTACHED = """
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname),
       format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
FROM pg_constraint WHERE contype = 'f' AND conrelid IN ({tables})
UNION ALL
SELECT format('DROP INDEX %s', indexrelid::regclass), pg_get_indexdef(indexrelid)
FROM pg_index WHERE NOT indisunique AND indrelid IN ({tables})
"""


@contextmanager
def _constraints_afterwards(connection: Connection, report: Report) -> Iterator[None]:
    """Take foreign keys and indexes away from the empty tables, and make them again over all rows at once."""
    if connection.dialect.name != "postgresql":
        yield
        return
    tables = ", ".join(f"'{table.name}'::regclass" for table in FILLED)
    attached = connection.execute(text(_ATTACHED.format(tables=tables))).all()
    for drop, _ in attached:
        connection.exec_driver_sql(drop)
    yield
    started = time.perf_counter()
    for _, make in reversed(attached):  # indexes first
        connection.exec_driver_sql(make)
    report(Loaded("索引和外键", 0, time.perf_counter() - started))


def _count_on(connection: Connection) -> None:
    """Let the next row's id follow the ones that were given here; SQLite does so by itself."""
    if connection.dialect.name != "postgresql":
        return
    for table in (PLAN, REPAYMENTS, PARTS, EVENTS):
        highest = connection.execute(select(func.max(table.c.id))).scalar()
        if highest is not None:
            connection.execute(select(func.setval(func.pg_get_serial_sequence(table.name, "id"), highest)))
