"""A transaction that no other big job shares: for migrations, imports and load."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.engine import Connection, Engine

from finlit.db.engine import no_time_limit

_LOCK = 0x66696E6C  # any number, the same in each process


class DanglingRow(RuntimeError):
    """A migration would leave a row without the row that it points at."""


@contextmanager
def exclusive(target: Engine, foreign_keys: bool = True) -> Iterator[Connection]:
    """Yield a connection; commits at the end or not at all, tables included. A second caller waits.

    ``foreign_keys=False`` is for migrations on SQLite, which copies a table to change it: dropping
    the old one must not delete the rows that point at it. They are checked before the commit.
    """
    with target.connect() as connection:
        if target.dialect.name != "sqlite":
            with connection.begin():
                no_time_limit(connection)
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
                yield connection
            return
        raw = connection.connection.dbapi_connection
        isolation, raw.isolation_level = raw.isolation_level, None  # the driver would commit at each CREATE
        try:
            connection.exec_driver_sql(f"PRAGMA foreign_keys={'ON' if foreign_keys else 'OFF'}")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            broken = None if foreign_keys else connection.exec_driver_sql("PRAGMA foreign_key_check").first()
            if broken is not None:
                raise DanglingRow(str(broken[0]))
            connection.exec_driver_sql("COMMIT")
        except BaseException:
            if raw.in_transaction:
                raw.execute("ROLLBACK")
            raise
        finally:
            raw.execute("PRAGMA foreign_keys=ON")
            raw.isolation_level = isolation
