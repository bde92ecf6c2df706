"""Identity: attempts, limits, consents, host tokens, audit; a binding says how it was proved."""

import sqlalchemy as sa
from alembic import op

from finlit.db import types

revision = "identity"
down_revision = "console_tables"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", types.UtcTime(), nullable=False),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("what", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.String(length=32), nullable=True),
        sa.Column("conversation", sa.String(length=128), nullable=True),
        sa.Column("channel", sa.String(length=32), nullable=True),
        sa.Column("detail", sa.String(length=200), nullable=True),
        sa.CheckConstraint("length(who) > 0 AND length(what) > 0", name=op.f("ck_audit_entries_says_who_and_what")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_entries_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entries_conversation_at"), ["conversation", "at"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entries_customer_id_at"), ["customer_id", "at"], unique=False)

    op.create_table(
        "consents",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("conversation", sa.String(length=128), nullable=False),
        sa.Column("notice", sa.String(length=32), nullable=False),
        sa.Column("given_at", types.UtcTime(), nullable=False),
        sa.Column("withdrawn_at", types.UtcTime(), nullable=True),
        sa.CheckConstraint("withdrawn_at >= given_at", name=op.f("ck_consents_withdrawn_after_given")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_consents_conversation"), ["conversation"], unique=False)

    op.create_table(
        "used_host_tokens",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("expires_at", types.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_used_host_tokens")),
    )
    with op.batch_alter_table("used_host_tokens", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_used_host_tokens_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "verification_limits",
        sa.Column("subject", sa.String(length=140), nullable=False),
        sa.Column("codes", types.Moments(), nullable=False),
        sa.Column("wrong", types.Moments(), nullable=False),
        sa.Column("touched_at", types.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_verification_limits")),
    )
    with op.batch_alter_table("verification_limits", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_verification_limits_touched_at"), ["touched_at"], unique=False)

    op.create_table(
        "verification_attempts",
        sa.Column("conversation", sa.String(length=128), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("wanted", sa.String(length=64), nullable=True),
        sa.Column("customer_id", sa.String(length=32), nullable=True),
        sa.Column("phone_digest", sa.String(length=64), nullable=True),
        sa.Column("code_digest", sa.String(length=64), nullable=True),
        sa.Column("code_expires_at", types.UtcTime(), nullable=True),
        sa.Column("bad_answers", sa.Integer(), nullable=False),
        sa.Column("touched_at", types.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "stage <> 'code' OR (phone_digest IS NOT NULL AND code_digest IS NOT NULL)",
            name=op.f("ck_verification_attempts_code_stage_has_a_code"),
        ),
        sa.CheckConstraint(
            "stage IN ('consent', 'phone', 'code', 'done', 'left')",
            name=op.f("ck_verification_attempts_stage_is_known"),
        ),
        sa.CheckConstraint(
            "(code_digest IS NULL) = (code_expires_at IS NULL)", name=op.f("ck_verification_attempts_a_code_expires")
        ),
        sa.CheckConstraint("bad_answers >= 0", name=op.f("ck_verification_attempts_bad_answers_not_negative")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_verification_attempts_customer_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("conversation", name=op.f("pk_verification_attempts")),
    )
    with op.batch_alter_table("verification_attempts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_verification_attempts_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_verification_attempts_phone_digest"), ["phone_digest"], unique=False)
        batch_op.create_index(batch_op.f("ix_verification_attempts_touched_at"), ["touched_at"], unique=False)

    op.drop_table("bindings")  # they don't say how they were proved, so they prove nothing: verify again
    op.create_table(
        "bindings",
        sa.Column("conversation", sa.String(length=128), nullable=False),
        sa.Column("customer_id", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("proved_by", sa.String(length=16), nullable=False),
        sa.Column("bound_at", types.UtcTime(), nullable=False),
        sa.Column("seen_at", types.UtcTime(), nullable=False),
        sa.CheckConstraint("proved_by IN ('code', 'host_token', 'terminal')", name=op.f("ck_bindings_proof_is_known")),
        sa.CheckConstraint("seen_at >= bound_at", name=op.f("ck_bindings_seen_after_bound")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_bindings_customer_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("conversation", name=op.f("pk_bindings")),
    )
    with op.batch_alter_table("bindings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bindings_customer_id"), ["customer_id"], unique=False)


def downgrade() -> None:
    """Bring the tables back; what only the newer ones could hold is lost."""
    op.drop_table("bindings")
    op.create_table(
        "bindings",
        sa.Column("conversation", sa.String(length=128), nullable=False),
        sa.Column("customer_id", sa.String(length=32), nullable=False),
        sa.Column("bound_at", types.UtcTime(), nullable=False),
        sa.Column("expires_at", types.UtcTime(), nullable=False),
        sa.CheckConstraint("expires_at > bound_at", name=op.f("ck_bindings_lasts")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_bindings_customer_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("conversation", name=op.f("pk_bindings")),
    )
    with op.batch_alter_table("bindings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bindings_customer_id"), ["customer_id"], unique=False)

    with op.batch_alter_table("verification_attempts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_verification_attempts_touched_at"))
        batch_op.drop_index(batch_op.f("ix_verification_attempts_phone_digest"))
        batch_op.drop_index(batch_op.f("ix_verification_attempts_customer_id"))

    op.drop_table("verification_attempts")
    with op.batch_alter_table("verification_limits", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_verification_limits_touched_at"))

    op.drop_table("verification_limits")
    with op.batch_alter_table("used_host_tokens", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_used_host_tokens_expires_at"))

    op.drop_table("used_host_tokens")
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_consents_conversation"))

    op.drop_table("consents")
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_entries_customer_id_at"))
        batch_op.drop_index(batch_op.f("ix_audit_entries_conversation_at"))
        batch_op.drop_index(batch_op.f("ix_audit_entries_at"))

    op.drop_table("audit_entries")
