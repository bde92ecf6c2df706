"""What all tables share: the registry, the names of constraints, and a whole-number key."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Integer, MetaData
from sqlalchemy.orm import declarative_base

# Every constraint and index has a name that follows from its table and columns, so that SQLite
# and PostgreSQL agree and a migration can name what it changes. Give a name to checks only.
NAMING = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}

Base: Any = declarative_base(metadata=MetaData(naming_convention=NAMING))  # a class made at run time

# SQLite counts up by itself only in a column of type INTEGER.
RowId = BigInteger().with_variant(Integer, "sqlite")


def one_of(column: str, values: tuple[str, ...]) -> str:
    """Return the SQL condition that ``column`` has one of ``values``."""
    return f"{column} IN ({', '.join(repr(value) for value in values)})"
