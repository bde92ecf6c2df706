"""The commit that a publication was asked for."""

import sqlalchemy as sa
from alembic import op

revision = "asked_commit"
down_revision = "room_for_moments"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""
    with op.batch_alter_table("publications", schema=None) as batch_op:
        batch_op.add_column(sa.Column("asked_commit", sa.String(length=64), nullable=True))


def downgrade() -> None:
    """Bring the tables back; which commit was asked for is lost."""
    with op.batch_alter_table("publications", schema=None) as batch_op:
        batch_op.drop_column("asked_commit")
