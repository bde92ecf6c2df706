"""The tables, one class each, with their constraints.

Amounts are stored as whole fen and times in UTC (column types in ``finlit.db.types``),
because SQLite keeps decimals as floats and drops time zones.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import declarative_base, relationship

from finlit.db.types import Fen, MillionthRate, UtcTime

Base: Any = declarative_base()  # a class made at run time


class Customer(Base):
    """A borrower of the lender."""

    __tablename__ = "customers"
    __table_args__ = (CheckConstraint("length(name) > 0 AND length(phone) > 0", name="customer_can_be_reached"),)

    id = Column(String(32), primary_key=True)
    name = Column(String(64), nullable=False)
    phone = Column(String(20), nullable=False, unique=True)
    loans = relationship("Loan", back_populates="customer", order_by="Loan.id", passive_deletes=True)


class Binding(Base):
    """Which customer a conversation has proved to be; written by the server only."""

    __tablename__ = "bindings"
    __table_args__ = (
        CheckConstraint("expires_at > bound_at", name="binding_lasts"),
        Index("bindings_by_customer", "customer_id"),
    )

    conversation = Column(String(128), primary_key=True)
    customer_id = Column(ForeignKey("customers.id", ondelete="CASCADE"), nullable=False)
    bound_at = Column(UtcTime, nullable=False)
    expires_at = Column(UtcTime, nullable=False)


class Loan(Base):
    """One loan and the terms of its contract. Rates are annual, as fractions.

    ``penalty_runs_from`` says from which day penalty interest is counted once the grace period has
    passed; ``penalty_cap`` is the highest annual penalty rate, or null. ``credit_reported_on`` is
    the day of a report as overdue, ``dispute_opened_on`` the day on which the customer objected.
    """

    __tablename__ = "loans"
    __table_args__ = (
        CheckConstraint("principal > 0", name="principal_is_positive"),
        CheckConstraint("annual_rate >= 0 AND penalty_surcharge >= 0", name="rates_are_not_negative"),
        CheckConstraint("penalty_cap > 0", name="cap_is_positive"),
        CheckConstraint("day_count_base IN (360, 365)", name="base_is_360_or_365"),
        CheckConstraint("grace_days >= 0", name="grace_is_not_negative"),
        CheckConstraint("penalty_runs_from IN ('due_date', 'grace_end')", name="penalty_start_is_known"),
        CheckConstraint(
            "dispute_opened_on IS NULL OR credit_reported_on IS NOT NULL", name="only_a_report_can_be_disputed"
        ),
        Index("loans_by_customer", "customer_id"),
    )

    id = Column(String(32), primary_key=True)
    customer_id = Column(ForeignKey("customers.id", ondelete="CASCADE"), nullable=False)
    product = Column(String(64), nullable=False)
    principal = Column(Fen, nullable=False)
    annual_rate = Column(MillionthRate, nullable=False)
    penalty_surcharge = Column(MillionthRate, nullable=False)
    penalty_cap = Column(MillionthRate)
    penalty_runs_from = Column(String(16), nullable=False, default="due_date")
    day_count_base = Column(Integer, nullable=False)
    grace_days = Column(Integer, nullable=False, default=0)
    started_on = Column(Date, nullable=False)
    credit_reported_on = Column(Date)
    dispute_opened_on = Column(Date)
    customer = relationship("Customer", back_populates="loans")
    instalments = relationship("Instalment", back_populates="loan", order_by="Instalment.number", passive_deletes=True)
    repayments = relationship("Repayment", back_populates="loan", order_by="Repayment.paid_at", passive_deletes=True)


class Instalment(Base):
    """One due amount of a loan; what has been paid of it is the sum of its allocations."""

    __tablename__ = "instalments"
    __table_args__ = (
        UniqueConstraint("loan_id", "number", name="one_row_for_each_instalment"),
        CheckConstraint("number > 0", name="numbers_start_at_one"),
        CheckConstraint("principal_due >= 0 AND interest_due >= 0", name="due_is_not_negative"),
        CheckConstraint("principal_due + interest_due > 0", name="something_is_due"),
        Index("instalments_by_due_day", "due_on"),
    )

    id = Column(Integer, primary_key=True)
    loan_id = Column(ForeignKey("loans.id", ondelete="CASCADE"), nullable=False)
    number = Column(Integer, nullable=False)
    due_on = Column(Date, nullable=False)
    principal_due = Column(Fen, nullable=False)
    interest_due = Column(Fen, nullable=False)
    loan = relationship("Loan", back_populates="instalments")
    allocations = relationship("Allocation", back_populates="instalment", passive_deletes=True)


class Repayment(Base):
    """One payment that the lender has booked."""

    __tablename__ = "repayments"
    __table_args__ = (CheckConstraint("amount > 0", name="amount_is_positive"), Index("repayments_by_loan", "loan_id"))

    id = Column(Integer, primary_key=True)
    loan_id = Column(ForeignKey("loans.id", ondelete="CASCADE"), nullable=False)
    amount = Column(Fen, nullable=False)
    paid_at = Column(UtcTime, nullable=False)
    loan = relationship("Loan", back_populates="repayments")
    allocations = relationship("Allocation", back_populates="repayment", passive_deletes=True)


class Allocation(Base):
    """Which part of a repayment went to which instalment; the only record of what is paid."""

    __tablename__ = "allocations"
    __table_args__ = (
        UniqueConstraint("repayment_id", "instalment_id", name="one_row_for_each_repayment_and_instalment"),
        CheckConstraint("principal >= 0 AND interest >= 0 AND penalty >= 0", name="allocated_is_not_negative"),
        CheckConstraint("principal + interest + penalty > 0", name="something_is_allocated"),
        Index("allocations_by_instalment", "instalment_id"),
    )

    id = Column(Integer, primary_key=True)
    repayment_id = Column(ForeignKey("repayments.id", ondelete="CASCADE"), nullable=False)
    instalment_id = Column(ForeignKey("instalments.id", ondelete="CASCADE"), nullable=False)
    principal = Column(Fen, nullable=False, default=0)
    interest = Column(Fen, nullable=False, default=0)
    penalty = Column(Fen, nullable=False, default=0)
    repayment = relationship("Repayment", back_populates="allocations")
    instalment = relationship("Instalment", back_populates="allocations")


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
