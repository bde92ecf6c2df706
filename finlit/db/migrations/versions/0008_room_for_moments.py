"""Room for more moments: an address counts more codes than a phone."""

from alembic import op

from finlit.db import types

revision = "room_for_moments"
down_revision = "request_ids"
branch_labels = None
depends_on = None

COLUMNS = ("codes", "wrong")


def upgrade() -> None:
    """Bring the tables forward."""
    _room_for(types.Moments.impl.length)


def downgrade() -> None:
    """Bring the tables back; raises when a counter holds more than fits."""
    _room_for(200)


def _room_for(characters: int) -> None:
    if op.get_bind().dialect.name == "postgresql":  # SQLite does not look at the length
        for column in COLUMNS:
            op.execute(f"ALTER TABLE verification_limits ALTER COLUMN {column} TYPE VARCHAR({characters})")
