"""The delivered rows in temporary tables, each with its line, so that the database can compare them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, Date, Integer, MetaData, Table
from sqlalchemy.engine import Connection

from finlit.db import bulk
from finlit.db.delivery import reading
from finlit.db.delivery.columns import FILES, DeliveredFile
from finlit.db.delivery.reading import Delivery, Faults
from finlit.settings import SHANGHAI

_metadata = MetaData()


def _table(file: DeliveredFile) -> Table:
    columns = [Column(column.name, column.stored) for column in file.columns]
    if file.name == "repayments":
        columns.append(Column("paid_on", Date))  # the day in Shanghai, which SQL can't tell from UTC
    return Table(
        f"in_{file.name}",
        _metadata,
        Column("line", Integer, nullable=False),
        *columns,
        prefixes=["TEMPORARY"],
    )


TABLES = {file.name: _table(file) for file in FILES}


def fill(connection: Connection, delivery: Delivery, faults: Faults) -> None:
    """Make the temporary tables and put every good line in; the bad ones go to ``faults``."""
    drop(connection)
    for file in FILES:
        table = TABLES[file.name]
        table.create(connection, checkfirst=False)
        if file in delivery.present:
            names = [column.name for column in table.columns]
            bulk.load(connection, table, names, _rows(delivery, file, faults))
        _key(connection, table, file)  # made at once over all rows, not row by row
    if connection.dialect.name == "postgresql":
        for table in TABLES.values():
            connection.exec_driver_sql(f"ANALYZE {table.name}")


def _key(connection: Connection, table: Table, file: DeliveredFile) -> None:
    names = ", ".join(file.key)
    connection.exec_driver_sql(f"CREATE INDEX in_{file.name}_key ON {table.name} ({names})")


def drop(connection: Connection) -> None:
    """Remove the temporary tables, also those of a run before on the same connection."""
    for table in TABLES.values():
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {table.name}")


def _rows(delivery: Delivery, file: DeliveredFile, faults: Faults) -> Iterator[tuple[Any, ...]]:
    paid_at = next((at for at, column in enumerate(file.columns) if column.name == "paid_at"), None)
    for line, values in reading.rows(delivery, file, faults):
        if paid_at is None:
            yield (line, *values)
        else:
            yield (line, *values, values[paid_at].astimezone(SHANGHAI).date())
