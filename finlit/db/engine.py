"""One engine for each address; sessions that commit once or not at all.

A database that is down is found out in seconds, and the next call after it is back works: no
connection is used without a sign of life, and none waits longer than a customer would.
"""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import create_engine, event
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.orm import Session, sessionmaker

CONNECT_WITHIN = 3  # seconds, also the longest wait for a free connection
ANSWER_WITHIN = 5  # seconds for one statement of a conversation; long jobs lift it (``no_time_limit``)


def _tune_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA busy_timeout=3000")
    cursor.close()


_engines: dict[str, Engine] = {}
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
    if engine is not None:
        engine.dispose()


def _new_engine(url: str) -> Engine:
    parsed = make_url(url)
    is_sqlite = parsed.get_backend_name() == "sqlite"
    if is_sqlite and parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    # hide_parameters: errors are logged, and parameters are phones, names and amounts
    options = {} if is_sqlite else _postgresql_options()
    engine = create_engine(url, future=True, hide_parameters=True, **options)
    if is_sqlite:
        event.listen(engine, "connect", _tune_sqlite)
    return engine


def sessions(url: str) -> sessionmaker[Session]:
    """Return a session factory: ``with sessions(url).begin() as session`` commits or rolls back."""
    return sessionmaker(engine_for(url), future=True, expire_on_commit=False)


def no_time_limit(connection: Any) -> None:
    """Let this transaction's statements take as long as they need: for migrations, imports and the like."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
