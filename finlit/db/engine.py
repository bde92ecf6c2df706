"""One engine for each address; sessions that commit once or not at all.

A database that is down is found out in seconds, and the next call after it is back works: no
connection is used without a sign of life, and none waits longer than a customer would.
"""

from __future__ import annotations

import os
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import create_engine, event
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import QueuePool

CONNECT_WITHIN = 3  # seconds, also the longest wait for a free connection
ANSWER_WITHIN = 5  # seconds for one statement of a conversation; long jobs lift it (``no_time_limit``)


def _tune_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA secure_delete=ON")  # what is deleted is not left readable in the file
    cursor.execute("PRAGMA busy_timeout=3000")
    cursor.close()


def _watch_sqlite(engine: Engine, file: Path) -> None:
    """Keep connections open (the last one to close writes the whole log back), but only to the file that stands there.

    A file that was moved away, or put back from a copy, must not be written to behind its new one's back; and a
    forked process must not use its parent's connections.
    """

    path = str(file)

    def identity() -> tuple[int, int]:
        try:
            found = os.stat(path)  # noqa: PTH116 - at each checkout, and pathlib costs five times as much
        except OSError:
            return (0, os.getpid())
        return (found.st_ino, os.getpid())

    def connected(_connection: Any, record: Any) -> None:
        record.info["identity"] = identity()

    def checked_out(_connection: Any, record: Any, _proxy: Any) -> None:
        if record.info["identity"] != identity():
            raise DisconnectionError("the file is another one now")

    event.listen(engine, "connect", connected)
    event.listen(engine, "checkout", checked_out)


_engines: dict[str, Engine] = {}
_sessions: dict[str, sessionmaker[Session]] = {}
_making = Lock()


def _postgresql_options() -> dict[str, Any]:
    milliseconds = ANSWER_WITHIN * 1000
    return {
        "pool_pre_ping": True,
        "pool_recycle": 1800,
        "pool_timeout": CONNECT_WITHIN,
        "connect_args": {
            "connect_timeout": CONNECT_WITHIN,
            "tcp_user_timeout": milliseconds,  # a host that vanished does not answer, ever
            "application_name": "finlit",
            "options": f"-c statement_timeout={milliseconds} -c lock_timeout={milliseconds} -c timezone=UTC",
        },
    }


def engine_for(url: str) -> Engine:
    """Return the engine for ``url``, the same one until ``dispose``; an SQLite file's folder is created."""
    with _making:
        if url not in _engines:
            _engines[url] = _new_engine(url)
        return _engines[url]


def dispose(url: str) -> None:
    """Close the connections to ``url`` and forget its engine: its database is no longer needed."""
    with _making:
        engine = _engines.pop(url, None)
        _sessions.pop(url, None)
    if engine is not None:
        engine.dispose()


def _new_engine(url: str) -> Engine:
    parsed = make_url(url)
    is_sqlite = parsed.get_backend_name() == "sqlite"
    if is_sqlite and parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    # hide_parameters: errors are logged, and parameters are phones, names and amounts
    options: dict[str, Any] = {} if is_sqlite else _postgresql_options()
    if is_sqlite and parsed.database:
        options = {"poolclass": QueuePool, "pool_timeout": CONNECT_WITHIN}
        options["connect_args"] = {"check_same_thread": False}  # the pool lends a connection to one thread at a time
    engine = create_engine(url, future=True, hide_parameters=True, **options)
    if is_sqlite:
        event.listen(engine, "connect", _tune_sqlite)
        if parsed.database:
            _watch_sqlite(engine, Path(parsed.database))
    return engine


def sessions(url: str) -> sessionmaker[Session]:
    """Return a session factory: ``with sessions(url).begin() as session`` commits or rolls back."""
    engine = engine_for(url)
    known = _sessions.get(url)
    if known is None or known.kw["bind"] is not engine:  # each factory is a class of its own: dear to make
        known = _sessions[url] = sessionmaker(engine, future=True, expire_on_commit=False)
    return known


def no_time_limit(connection: Any) -> None:
    """Let this transaction's statements take as long as they need: for migrations, imports and the like."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
