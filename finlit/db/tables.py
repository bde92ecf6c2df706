"""The tables, one class each, with their constraints.

Amounts are stored as whole fen and times in UTC (column types in ``finlit.db.types``),
because SQLite keeps decimals as floats and drops time zones.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import declarative_base, relationship

from finlit.db.types import Fen, MillionthRate, UtcTime

Base = declarative_base()


class Customer(Base):
    """A borrower of the lender."""

    __tablename__ = "customers"

    id = Column(String(32), primary_key=True)
    name = Column(String(64), nullable=False)
    phone = Column(String(20), nullable=False, unique=True)
    loans = relationship("Loan", back_populates="customer", order_by="Loan.id")


class Binding(Base):
    """Which customer a conversation has proved to be; written by the server only."""

    __tablename__ = "bindings"

    conversation = Column(String(128), primary_key=True)
    customer_id = Column(ForeignKey("customers.id", ondelete="CASCADE"), nullable=False)
    bound_at = Column(UtcTime, nullable=False)
    expires_at = Column(UtcTime, nullable=False)


class Loan(Base):
    """One loan and the terms of its contract. Rates are annual, as fractions."""

    __tablename__ = "loans"
    __table_args__ = (
        CheckConstraint("principal > 0", name="principal_is_positive"),
        CheckConstraint("day_count_base IN (360, 365)", name="base_is_360_or_365"),
        CheckConstraint("grace_days >= 0", name="grace_is_not_negative"),
        Index("loans_by_customer", "customer_id"),
    )

    id = Column(String(32), primary_key=True)
    customer_id = Column(ForeignKey("customers.id", ondelete="CASCADE"), nullable=False)
    product = Column(String(64), nullable=False)
    principal = Column(Fen, nullable=False)
    annual_rate = Column(MillionthRate, nullable=False)
    penalty_surcharge = Column(MillionthRate, nullable=False)
    day_count_base = Column(Integer, nullable=False)
    grace_days = Column(Integer, nullable=False, default=0)
    started_on = Column(Date, nullable=False)
    credit_reported_on = Column(Date)
    customer = relationship("Customer", back_populates="loans")
    instalments = relationship("Instalment", back_populates="loan", order_by="Instalment.number")
    repayments = relationship("Repayment", back_populates="loan", order_by="Repayment.paid_at")


class Instalment(Base):
    """One due amount of a loan and what has been paid of it."""

    __tablename__ = "instalments"
    __table_args__ = (
        UniqueConstraint("loan_id", "number", name="one_row_for_each_instalment"),
        CheckConstraint("principal_paid BETWEEN 0 AND principal_due", name="principal_paid_in_range"),
        CheckConstraint("interest_paid BETWEEN 0 AND interest_due", name="interest_paid_in_range"),
        Index("instalments_by_due_day", "due_on"),
    )

    id = Column(Integer, primary_key=True)
    loan_id = Column(ForeignKey("loans.id", ondelete="CASCADE"), nullable=False)
    number = Column(Integer, nullable=False)
    due_on = Column(Date, nullable=False)
    principal_due = Column(Fen, nullable=False)
    interest_due = Column(Fen, nullable=False)
    principal_paid = Column(Fen, nullable=False, default=0)
    interest_paid = Column(Fen, nullable=False, default=0)
    loan = relationship("Loan", back_populates="instalments")


class Repayment(Base):
    """One payment that the lender has booked."""

    __tablename__ = "repayments"
    __table_args__ = (CheckConstraint("amount > 0", name="amount_is_positive"), Index("repayments_by_loan", "loan_id"))

    id = Column(Integer, primary_key=True)
    loan_id = Column(ForeignKey("loans.id", ondelete="CASCADE"), nullable=False)
    amount = Column(Fen, nullable=False)
    paid_at = Column(UtcTime, nullable=False)
    loan = relationship("Loan", back_populates="repayments")


class StaffAlert(Base):
    """Somebody may be in danger; a person has to look."""

    __tablename__ = "staff_alerts"
    __table_args__ = (Index("staff_alerts_open", "handled_at", "raised_at"),)

    id = Column(Integer, primary_key=True)
    kind = Column(String(32), nullable=False)
    conversation = Column(String(128), nullable=False)
    channel = Column(String(32), nullable=False)
    raised_at = Column(UtcTime, nullable=False)
    handled_at = Column(UtcTime)
