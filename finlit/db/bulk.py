"""Put many rows into a table fast: COPY on PostgreSQL, one prepared statement on SQLite."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Table
from sqlalchemy.engine import Connection

Row = Sequence[Any]
BATCH = 5_000
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


class _Pieces:
    """A file for COPY whose content is made while it is read."""

    def __init__(self, pieces: Iterator[str]) -> None:
        self._pieces = pieces

    def read(self, _size: int = -1) -> str:
        return next(self._pieces, "")


def load(connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[Row]) -> int:
    """Insert ``rows`` (Python values in the order of ``columns``) inside the open transaction; returns how many."""
    processors = [_processor(table.c[name].type, connection.dialect) for name in columns]
    needed = [(place, process) for place, process in enumerate(processors) if process is not None]
    return load_raw(connection, table, columns, (_processed(needed, row) for row in rows))


def load_raw(connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[Row]) -> int:
    """Like ``load`` for rows that are already as the database holds them: fen as integers, times in UTC."""
    counter = _Counter()
    counted = counter.count(rows)
    names = ", ".join(columns)
    cursor = connection.connection.cursor()
    try:
        if connection.dialect.name == "postgresql":
            cursor.copy_expert(f"COPY {table.name} ({names}) FROM STDIN", _Pieces(_copy_text(counted)))
        else:
            marks = ", ".join("?" * len(columns))
            cursor.executemany(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", counted)
    finally:
        cursor.close()
    return counter.rows


def as_stored(column: Any, value: Any, dialect: Any) -> Any:
    """Return ``value`` as ``load_raw`` wants it for ``column``."""
    process = _processor(column.type, dialect)
    return value if process is None else process(value)


class _Counter:
    rows = 0

    def count(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            self.rows += 1
            yield row


def _copy_text(rows: Iterator[Row]) -> Iterator[str]:
    while batch := list(islice(rows, BATCH)):
        yield "".join("\t".join(map(_copy_value, row)) + "\n" for row in batch)


def _copy_value(value: Any) -> str:
    if value is None:
        return "\\N"
    return value.translate(_ESCAPES) if isinstance(value, str) else str(value)


def _processor(type_: Any, dialect: Any) -> Callable[[Any], Any] | None:
    return type_.dialect_impl(dialect).bind_processor(dialect)  # type: ignore[no-any-return]


def _processed(needed: Sequence[tuple[int, Callable[[Any], Any]]], row: Row) -> Row:
    stored = list(row)
    for place, process in needed:
        if stored[place] is not None:
            stored[place] = process(stored[place])
    return stored
