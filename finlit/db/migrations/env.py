"""Alembic's entry point; the connection and its transaction come from ``finlit.db.schema``."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context

from finlit.db import tables
from finlit.db.types import OWN_TYPES


def _render(kind: str, item: Any, autogenerate: Any) -> str | Literal[False]:
    """Write our own column types by name, so that a revision stays short and exact."""
    if kind == "type" and isinstance(item, OWN_TYPES):
        autogenerate.imports.add("from finlit.db import types")
        return f"types.{type(item).__name__}()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=tables.Base.metadata,
    render_as_batch=True,  # SQLite changes a table by copying it; elsewhere this is a plain ALTER
    render_item=_render,
    compare_type=True,
    transactional_ddl=True,  # finlit.db.schema opens one on SQLite as well
)
context.run_migrations()
