"""Service requests."""

import sqlalchemy as sa
from alembic import op

from finlit.db import types

revision = "service_requests"
down_revision = "web_chat"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_table(
        "service_requests",
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("customer_id", sa.String(length=32), nullable=True),
        sa.Column("conversation", sa.String(length=128), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("assigned_to", sa.String(length=64), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("opened_at", types.UtcTime(), nullable=False),
        sa.Column("closed_at", types.UtcTime(), nullable=True),
        sa.CheckConstraint(
            "(state = 'closed') = (closed_at IS NOT NULL)", name=op.f("ck_service_requests_closed_has_a_time")
        ),
        sa.CheckConstraint(
            "kind <> 'hardship' OR customer_id IS NOT NULL", name=op.f("ck_service_requests_hardship_has_a_customer")
        ),
        sa.CheckConstraint(
            "kind IN ('hardship', 'complaint', 'handoff')", name=op.f("ck_service_requests_kind_is_known")
        ),
        sa.CheckConstraint(
            "state <> 'answered' OR answer IS NOT NULL", name=op.f("ck_service_requests_an_answer_has_words")
        ),
        sa.CheckConstraint(
            "state = 'open' OR assigned_to IS NOT NULL", name=op.f("ck_service_requests_somebody_works_on_it")
        ),
        sa.CheckConstraint(
            "state IN ('open', 'assigned', 'answered', 'closed')", name=op.f("ck_service_requests_state_is_known")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_service_requests_customer_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_service_requests")),
    )
    with op.batch_alter_table("service_requests", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_service_requests_conversation_kind_opened_at"),
            ["conversation", "kind", "opened_at"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_service_requests_customer_id_kind_opened_at"),
            ["customer_id", "kind", "opened_at"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_service_requests_state_opened_at"), ["state", "opened_at"], unique=False)
        batch_op.create_index(
            "uq_service_requests_open_handoff",
            ["conversation"],
            unique=True,
            sqlite_where=sa.text("kind = 'handoff' AND closed_at IS NULL"),
            postgresql_where=sa.text("kind = 'handoff' AND closed_at IS NULL"),
        )
        batch_op.create_index(
            "uq_service_requests_open_hardship",
            ["customer_id"],
            unique=True,
            sqlite_where=sa.text("kind = 'hardship' AND closed_at IS NULL"),
            postgresql_where=sa.text("kind = 'hardship' AND closed_at IS NULL"),
        )

    op.create_table(
        "complaints",
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("happened", sa.Text(), nullable=False),
        sa.Column("happened_when", sa.Text(), nullable=True),
        sa.Column("wanted", sa.Text(), nullable=False),
        sa.CheckConstraint("length(happened) > 0 AND length(wanted) > 0", name=op.f("ck_complaints_words_are_given")),
        sa.ForeignKeyConstraint(
            ["number"], ["service_requests.number"], name=op.f("fk_complaints_number"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_complaints")),
    )
    op.create_table(
        "handoff_tickets",
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("transcript", sa.Text(), nullable=False),
        sa.CheckConstraint("length(question) > 0", name=op.f("ck_handoff_tickets_question_is_given")),
        sa.ForeignKeyConstraint(
            ["number"], ["service_requests.number"], name=op.f("fk_handoff_tickets_number"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_handoff_tickets")),
    )
    op.create_table(
        "request_events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("at", types.UtcTime(), nullable=False),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "what IN ('opened', 'assigned', 'answered', 'closed')", name=op.f("ck_request_events_step_is_known")
        ),
        sa.CheckConstraint("length(who) > 0", name=op.f("ck_request_events_says_who")),
        sa.ForeignKeyConstraint(
            ["number"], ["service_requests.number"], name=op.f("fk_request_events_number"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_events")),
    )
    with op.batch_alter_table("request_events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_request_events_number_id"), ["number", "id"], unique=False)

    op.create_table(
        "hardship_requests",
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("reason_words", sa.Text(), nullable=False),
        sa.Column("monthly_amount", types.Fen(), nullable=False),
        sa.Column("contact_time", sa.String(length=64), nullable=False),
        sa.Column("loan_id", sa.String(length=32), nullable=True),
        sa.CheckConstraint("length(contact_time) > 0", name=op.f("ck_hardship_requests_contact_time_is_given")),
        sa.CheckConstraint("monthly_amount >= 0", name=op.f("ck_hardship_requests_amount_is_not_negative")),
        sa.ForeignKeyConstraint(
            ["loan_id"], ["loans.id"], name=op.f("fk_hardship_requests_loan_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["number"], ["service_requests.number"], name=op.f("fk_hardship_requests_number"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_hardship_requests")),
    )
    with op.batch_alter_table("hardship_requests", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_hardship_requests_loan_id"), ["loan_id"], unique=False)


def downgrade() -> None:
    """Bring the tables back; what only the newer ones could hold is lost."""
    with op.batch_alter_table("hardship_requests", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_hardship_requests_loan_id"))

    op.drop_table("hardship_requests")
    with op.batch_alter_table("request_events", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_request_events_number_id"))

    op.drop_table("request_events")
    op.drop_table("handoff_tickets")
    op.drop_table("complaints")
    with op.batch_alter_table("service_requests", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_service_requests_open_hardship",
            sqlite_where=sa.text("kind = 'hardship' AND closed_at IS NULL"),
            postgresql_where=sa.text("kind = 'hardship' AND closed_at IS NULL"),
        )
        batch_op.drop_index(
            "uq_service_requests_open_handoff",
            sqlite_where=sa.text("kind = 'handoff' AND closed_at IS NULL"),
            postgresql_where=sa.text("kind = 'handoff' AND closed_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_service_requests_state_opened_at"))
        batch_op.drop_index(batch_op.f("ix_service_requests_customer_id_kind_opened_at"))
        batch_op.drop_index(batch_op.f("ix_service_requests_conversation_kind_opened_at"))

    op.drop_table("service_requests")
