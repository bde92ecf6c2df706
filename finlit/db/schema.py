"""Bring a database to the present tables, and write the revision for a change of them.

A migration runs in one transaction on both engines: it is done or it never was. Two processes
that start at once do not get in each other's way, the second one waits and finds it done.
"""

from __future__ import annotations

import io
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, inspect
from sqlalchemy.engine import Connection, Engine

from finlit.db import tables
from finlit.db.exclusive import exclusive

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
VERSION_TABLE = "alembic_version"
_LONGEST_NAME = 32  # of a revision, in Alembic's own table


class UnknownTables(RuntimeError):
    """The database has tables of ours and no version: made by hand or before there were migrations."""


class BadRevisionName(ValueError):
    """A revision's name is a short English one with underscores."""


def config(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration; there is no alembic.ini, ``finlit db`` is the command."""
    from alembic.config import Config

    settings = Config(stdout=io.StringIO())  # it would tell what it writes
    settings.set_main_option("script_location", str(MIGRATIONS))
    settings.set_main_option("path_separator", "os")
    settings.attributes["connection"] = connection
    return settings


def head() -> str:
    """Return the newest revision; raises CommandError of Alembic when there are two."""
    from alembic.script import ScriptDirectory

    return str(ScriptDirectory.from_config(config()).get_current_head())


def revision_of(target: Engine) -> str | None:
    """Return the revision that the database is at, None when it is empty."""
    from alembic.migration import MigrationContext

    with target.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def migrate(target: Engine, revision: str = "head") -> None:
    """Bring the database to ``revision``; a second run changes nothing. Raises UnknownTables."""
    from alembic import command

    with exclusive(target, foreign_keys=False) as connection:
        present = set(inspect(connection).get_table_names())
        if VERSION_TABLE not in present and present & set(tables.Base.metadata.tables):
            raise UnknownTables(target.url.render_as_string())
        command.upgrade(config(connection), revision)


def downgrade(target: Engine, revision: str) -> None:
    """Take the database back to ``revision`` (``base`` drops every table)."""
    from alembic import command

    with exclusive(target, foreign_keys=False) as connection:
        command.downgrade(config(connection), revision)


def write_revision(name: str) -> Path:
    """Write the revision that leads from the newest one to the tables in the code; raises BadRevisionName.

    The comparison runs against an SQLite file of its own, so no database of yours is touched.
    """
    from alembic import command

    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or len(name) > _LONGEST_NAME:
        raise BadRevisionName(name)
    number = len(list((MIGRATIONS / "versions").glob("[0-9]*.py"))) + 1
    with tempfile.TemporaryDirectory() as scratch:
        target = create_engine(f"sqlite:///{scratch}/empty.db", future=True)
        migrate(target)
        with exclusive(target, foreign_keys=False) as connection:
            settings = config(connection)
            settings.set_main_option("file_template", f"{number:04d}_%%(rev)s")
            script = command.revision(settings, name.replace("_", " ").capitalize(), autogenerate=True, rev_id=name)
        target.dispose()
    return Path(script.path)  # type: ignore[union-attr]
