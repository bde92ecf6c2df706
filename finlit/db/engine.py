"""One engine for each address; sessions that commit once or not at all."""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import create_engine, event
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.orm import Session, sessionmaker


def _tune_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA busy_timeout=3000")
    cursor.close()


_engines: dict[str, Engine] = {}
_making = Lock()


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
    engine = create_engine(url, future=True, pool_pre_ping=not is_sqlite, hide_parameters=True)
    if is_sqlite:
        event.listen(engine, "connect", _tune_sqlite)
    return engine


def sessions(url: str) -> sessionmaker[Session]:
    """Return a session factory: ``with sessions(url).begin() as session`` commits or rolls back."""
    return sessionmaker(engine_for(url), future=True, expire_on_commit=False)
