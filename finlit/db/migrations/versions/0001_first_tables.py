"""First tables."""

import sqlalchemy as sa
from alembic import op

from finlit.db import types

revision = "first_tables"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_table(
        "customers",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.CheckConstraint("length(name) > 0 AND length(phone) > 0", name=op.f("ck_customers_can_be_reached")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
        sa.UniqueConstraint("phone", name=op.f("uq_customers_phone")),
    )
    op.create_table(
        "data_imports",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("as_of", types.UtcTime(), nullable=False),
        sa.Column("imported_at", types.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_imports")),
        sa.UniqueConstraint("digest", name=op.f("uq_data_imports_digest")),
    )
    with op.batch_alter_table("data_imports", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_data_imports_as_of"), ["as_of"], unique=False)

    op.create_table(
        "staff_alerts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("conversation", sa.String(length=128), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("raised_at", types.UtcTime(), nullable=False),
        sa.Column("handled_at", types.UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_alerts")),
    )
    with op.batch_alter_table("staff_alerts", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_staff_alerts_handled_at_raised_at"), ["handled_at", "raised_at"], unique=False
        )

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

    op.create_table(
        "contact_points",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("customer_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("value", sa.String(length=128), nullable=False),
        sa.CheckConstraint("kind IN ('phone', 'email', 'address')", name=op.f("ck_contact_points_kind_is_known")),
        sa.CheckConstraint("length(value) > 0", name=op.f("ck_contact_points_value_is_given")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_contact_points_customer_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_points")),
        sa.UniqueConstraint("customer_id", "kind", "value", name=op.f("uq_contact_points_customer_id_kind_value")),
    )
    op.create_table(
        "credit_lines",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("customer_id", sa.String(length=32), nullable=False),
        sa.Column("product", sa.String(length=64), nullable=False),
        sa.Column("limit_amount", types.Fen(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.CheckConstraint("state IN ('open', 'frozen', 'closed')", name=op.f("ck_credit_lines_state_is_known")),
        sa.CheckConstraint("limit_amount > 0", name=op.f("ck_credit_lines_limit_is_positive")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_credit_lines_customer_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_lines")),
        sa.UniqueConstraint("id", "customer_id", name=op.f("uq_credit_lines_id_customer_id")),
    )
    with op.batch_alter_table("credit_lines", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_credit_lines_customer_id"), ["customer_id"], unique=False)

    op.create_table(
        "loans",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("customer_id", sa.String(length=32), nullable=False),
        sa.Column("credit_line_id", sa.String(length=32), nullable=True),
        sa.Column("product", sa.String(length=64), nullable=False),
        sa.Column("method", sa.String(length=32), nullable=False),
        sa.Column("principal", types.Fen(), nullable=False),
        sa.Column("annual_rate", types.MillionthRate(), nullable=False),
        sa.Column("penalty_surcharge", types.MillionthRate(), nullable=False),
        sa.Column("penalty_cap", types.MillionthRate(), nullable=True),
        sa.Column("penalty_runs_from", sa.String(length=16), nullable=False),
        sa.Column("day_count_base", sa.Integer(), nullable=False),
        sa.Column("grace_days", sa.Integer(), nullable=False),
        sa.Column("allocation_order", sa.String(length=40), nullable=True),
        sa.Column("early_fee_rate", types.MillionthRate(), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("restructured_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "allocation_order IN ('fee,penalty,interest,principal', 'fee,penalty,principal,interest', 'fee,interest,penalty,principal', 'fee,interest,principal,penalty', 'fee,principal,penalty,interest', 'fee,principal,interest,penalty', 'penalty,fee,interest,principal', 'penalty,fee,principal,interest', 'penalty,interest,fee,principal', 'penalty,interest,principal,fee', 'penalty,principal,fee,interest', 'penalty,principal,interest,fee', 'interest,fee,penalty,principal', 'interest,fee,principal,penalty', 'interest,penalty,fee,principal', 'interest,penalty,principal,fee', 'interest,principal,fee,penalty', 'interest,principal,penalty,fee', 'principal,fee,penalty,interest', 'principal,fee,interest,penalty', 'principal,penalty,fee,interest', 'principal,penalty,interest,fee', 'principal,interest,fee,penalty', 'principal,interest,penalty,fee')",
            name=op.f("ck_loans_allocation_order_is_known"),
        ),
        sa.CheckConstraint(
            "method IN ('equal_instalments', 'equal_principal', 'interest_first', 'bullet', 'fee_instalments')",
            name=op.f("ck_loans_method_is_known"),
        ),
        sa.CheckConstraint(
            "penalty_runs_from IN ('due_date', 'grace_end')", name=op.f("ck_loans_penalty_start_is_known")
        ),
        sa.CheckConstraint(
            "annual_rate >= 0 AND penalty_surcharge >= 0 AND early_fee_rate >= 0",
            name=op.f("ck_loans_rates_are_not_negative"),
        ),
        sa.CheckConstraint("day_count_base IN (360, 365)", name=op.f("ck_loans_base_is_360_or_365")),
        sa.CheckConstraint("grace_days >= 0", name=op.f("ck_loans_grace_is_not_negative")),
        sa.CheckConstraint("penalty_cap > 0", name=op.f("ck_loans_cap_is_positive")),
        sa.CheckConstraint("principal > 0", name=op.f("ck_loans_principal_is_positive")),
        sa.CheckConstraint("restructured_on >= started_on", name=op.f("ck_loans_restructured_after_start")),
        sa.ForeignKeyConstraint(
            ["credit_line_id", "customer_id"],
            ["credit_lines.id", "credit_lines.customer_id"],
            name=op.f("fk_loans_credit_line_id_customer_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_loans_customer_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loans")),
    )
    with op.batch_alter_table("loans", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_loans_credit_line_id"), ["credit_line_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_loans_customer_id"), ["customer_id"], unique=False)

    op.create_table(
        "credit_events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("loan_id", sa.String(length=32), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("days_past_due", sa.Integer(), nullable=True),
        sa.Column("about_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint(
            "(kind = 'overdue') = (days_past_due IS NOT NULL)", name=op.f("ck_credit_events_only_overdue_counts_days")
        ),
        sa.CheckConstraint(
            "(kind IN ('dispute_opened', 'dispute_rejected', 'corrected')) = (about_id IS NOT NULL)",
            name=op.f("ck_credit_events_only_a_report_can_be_disputed"),
        ),
        sa.CheckConstraint(
            "kind IN ('overdue', 'settled', 'dispute_opened', 'dispute_rejected', 'corrected')",
            name=op.f("ck_credit_events_kind_is_known"),
        ),
        sa.CheckConstraint("days_past_due > 0", name=op.f("ck_credit_events_days_are_positive")),
        sa.ForeignKeyConstraint(
            ["about_id", "loan_id"],
            ["credit_events.id", "credit_events.loan_id"],
            name=op.f("fk_credit_events_about_id_loan_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["loan_id"], ["loans.id"], name=op.f("fk_credit_events_loan_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_events")),
        sa.UniqueConstraint("id", "loan_id", name=op.f("uq_credit_events_id_loan_id")),
        sa.UniqueConstraint("loan_id", "reference", name=op.f("uq_credit_events_loan_id_reference")),
    )
    with op.batch_alter_table("credit_events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_credit_events_about_id"), ["about_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_credit_events_loan_id_happened_on"), ["loan_id", "happened_on"], unique=False
        )

    op.create_table(
        "instalments",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("loan_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("principal_due", types.Fen(), nullable=False),
        sa.Column("interest_due", types.Fen(), nullable=False),
        sa.Column("fee_due", types.Fen(), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_instalments_numbers_start_at_one")),
        sa.CheckConstraint("principal_due + interest_due + fee_due > 0", name=op.f("ck_instalments_something_is_due")),
        sa.CheckConstraint(
            "principal_due >= 0 AND interest_due >= 0 AND fee_due >= 0", name=op.f("ck_instalments_due_is_not_negative")
        ),
        sa.ForeignKeyConstraint(["loan_id"], ["loans.id"], name=op.f("fk_instalments_loan_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instalments")),
        sa.UniqueConstraint("id", "loan_id", name=op.f("uq_instalments_id_loan_id")),
        sa.UniqueConstraint("loan_id", "number", name=op.f("uq_instalments_loan_id_number")),
    )
    with op.batch_alter_table("instalments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_instalments_due_on"), ["due_on"], unique=False)

    op.create_table(
        "repayments",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("loan_id", sa.String(length=32), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=True),
        sa.Column("amount", types.Fen(), nullable=False),
        sa.Column("paid_at", types.UtcTime(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_repayments_amount_is_positive")),
        sa.ForeignKeyConstraint(["loan_id"], ["loans.id"], name=op.f("fk_repayments_loan_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_repayments")),
        sa.UniqueConstraint("id", "loan_id", name=op.f("uq_repayments_id_loan_id")),
        sa.UniqueConstraint("loan_id", "reference", name=op.f("uq_repayments_loan_id_reference")),
    )
    with op.batch_alter_table("repayments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_repayments_loan_id_paid_at"), ["loan_id", "paid_at"], unique=False)

    op.create_table(
        "allocations",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("loan_id", sa.String(length=32), nullable=False),
        sa.Column("repayment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("instalment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("principal", types.Fen(), nullable=False),
        sa.Column("interest", types.Fen(), nullable=False),
        sa.Column("penalty", types.Fen(), nullable=False),
        sa.Column("fee", types.Fen(), nullable=False),
        sa.CheckConstraint(
            "principal + interest + penalty + fee > 0", name=op.f("ck_allocations_something_is_allocated")
        ),
        sa.CheckConstraint(
            "principal >= 0 AND interest >= 0 AND penalty >= 0 AND fee >= 0",
            name=op.f("ck_allocations_parts_not_negative"),
        ),
        sa.ForeignKeyConstraint(
            ["instalment_id", "loan_id"],
            ["instalments.id", "instalments.loan_id"],
            name=op.f("fk_allocations_instalment_id_loan_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["repayment_id", "loan_id"],
            ["repayments.id", "repayments.loan_id"],
            name=op.f("fk_allocations_repayment_id_loan_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocations")),
        sa.UniqueConstraint("repayment_id", "instalment_id", name=op.f("uq_allocations_repayment_id_instalment_id")),
    )
    with op.batch_alter_table("allocations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_allocations_instalment_id"), ["instalment_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_allocations_loan_id"), ["loan_id"], unique=False)


def downgrade() -> None:
    """Bring the tables back; what only the newer ones could hold is lost."""
    with op.batch_alter_table("allocations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_allocations_loan_id"))
        batch_op.drop_index(batch_op.f("ix_allocations_instalment_id"))

    op.drop_table("allocations")
    with op.batch_alter_table("repayments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_repayments_loan_id_paid_at"))

    op.drop_table("repayments")
    with op.batch_alter_table("instalments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_instalments_due_on"))

    op.drop_table("instalments")
    with op.batch_alter_table("credit_events", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_credit_events_loan_id_happened_on"))
        batch_op.drop_index(batch_op.f("ix_credit_events_about_id"))

    op.drop_table("credit_events")
    with op.batch_alter_table("loans", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_loans_customer_id"))
        batch_op.drop_index(batch_op.f("ix_loans_credit_line_id"))

    op.drop_table("loans")
    with op.batch_alter_table("credit_lines", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_credit_lines_customer_id"))

    op.drop_table("credit_lines")
    op.drop_table("contact_points")
    with op.batch_alter_table("bindings", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_bindings_customer_id"))

    op.drop_table("bindings")
    with op.batch_alter_table("staff_alerts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_staff_alerts_handled_at_raised_at"))

    op.drop_table("staff_alerts")
    with op.batch_alter_table("data_imports", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_data_imports_as_of"))

    op.drop_table("data_imports")
    op.drop_table("customers")
