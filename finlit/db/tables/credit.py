"""What the lender told the credit system about loans; from its core system, too."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import relationship

from finlit.db.tables.base import Base, RowId, one_of

# Events about a report of the lender name the report that they are about.
REPORT_KINDS = ("overdue", "settled")
ABOUT_REPORT_KINDS = ("dispute_opened", "dispute_rejected", "corrected")


class CreditEvent(Base):
    """What the lender told the credit system about a loan, and what became of it.

    A dispute, its rejection and a correction are ``about`` the report in question; a report is
    about nothing. ``days_past_due`` is what a report as overdue said.
    """

    __tablename__ = "credit_events"
    __table_args__ = (
        ForeignKeyConstraint(
            ["about_id", "loan_id"], ["credit_events.id", "credit_events.loan_id"], ondelete="CASCADE"
        ),
        UniqueConstraint("id", "loan_id"),
        UniqueConstraint("loan_id", "reference"),
        CheckConstraint(one_of("kind", REPORT_KINDS + ABOUT_REPORT_KINDS), name="kind_is_known"),
        CheckConstraint(
            f"({one_of('kind', ABOUT_REPORT_KINDS)}) = (about_id IS NOT NULL)", name="only_a_report_can_be_disputed"
        ),
        CheckConstraint("days_past_due > 0", name="days_are_positive"),
        CheckConstraint("(kind = 'overdue') = (days_past_due IS NOT NULL)", name="only_overdue_counts_days"),
        Index(None, "loan_id", "happened_on"),
        Index(None, "about_id"),
    )

    id = Column(RowId, primary_key=True)
    loan_id = Column(ForeignKey("loans.id", ondelete="CASCADE"), nullable=False)
    reference = Column(String(64))
    kind = Column(String(20), nullable=False)
    happened_on = Column(Date, nullable=False)
    days_past_due = Column(Integer)
    about_id = Column(RowId)
    loan = relationship("Loan", back_populates="credit_events", overlaps="about,answers")
    about = relationship(
        "CreditEvent", remote_side="CreditEvent.id", foreign_keys=[about_id], back_populates="answers", viewonly=False
    )
    answers = relationship(
        "CreditEvent",
        foreign_keys=[about_id],
        back_populates="about",
        order_by="[CreditEvent.happened_on, CreditEvent.id]",
        passive_deletes=True,
    )
