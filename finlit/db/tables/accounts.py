"""The account: customers, credit lines, loans with the terms of their contract, and what was paid.

These rows come from the lender's core system (``finlit db import``); the assistant only reads them.
"""

from __future__ import annotations

from datetime import date
from itertools import permutations

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
from finlit.db.tables.credit import CreditEvent
from finlit.db.types import Fen, MillionthRate, UtcTime

CONTACT_KINDS = ("phone", "email", "address")
LINE_STATES = ("open", "frozen", "closed")
METHODS = ("equal_instalments", "equal_principal", "interest_first", "bullet", "fee_instalments")
PENALTY_STARTS = ("due_date", "grace_end")
# What a repayment can pay, in every order that a contract may name.
ALLOCATION_ORDERS = tuple(",".join(order) for order in permutations(("fee", "penalty", "interest", "principal")))


class Customer(Base):
    """A borrower of the lender. ``phone`` is the registered one: who holds it can prove who they are."""

    __tablename__ = "customers"
    __table_args__ = (CheckConstraint("length(name) > 0 AND length(phone) > 0", name="can_be_reached"),)

    id = Column(String(32), primary_key=True)
    name = Column(String(64), nullable=False)
    phone = Column(String(20), nullable=False, unique=True)
    contact_points = relationship("ContactPoint", back_populates="customer", passive_deletes=True)
    credit_lines = relationship("CreditLine", back_populates="customer", passive_deletes=True)
    loans = relationship("Loan", back_populates="customer", order_by="Loan.id", passive_deletes=True)


class ContactPoint(Base):
    """A further way to reach a customer. Never proof of identity, and never another person's."""

    __tablename__ = "contact_points"
    __table_args__ = (
        UniqueConstraint("customer_id", "kind", "value"),
        CheckConstraint(one_of("kind", CONTACT_KINDS), name="kind_is_known"),
        CheckConstraint("length(value) > 0", name="value_is_given"),
    )

    id = Column(RowId, primary_key=True)
    customer_id = Column(ForeignKey("customers.id", ondelete="CASCADE"), nullable=False)
    kind = Column(String(16), nullable=False)
    value = Column(String(128), nullable=False)
    customer = relationship("Customer", back_populates="contact_points")


class CreditLine(Base):
    """How much a customer may have borrowed at once under one contract."""

    __tablename__ = "credit_lines"
    __table_args__ = (
        UniqueConstraint("id", "customer_id"),  # a loan can name a line of its own customer only
        CheckConstraint("limit_amount > 0", name="limit_is_positive"),
        CheckConstraint(one_of("state", LINE_STATES), name="state_is_known"),
        Index(None, "customer_id"),
    )

    id = Column(String(32), primary_key=True)
    customer_id = Column(ForeignKey("customers.id", ondelete="CASCADE"), nullable=False)
    product = Column(String(64), nullable=False)
    limit_amount = Column(Fen, nullable=False)
    state = Column(String(16), nullable=False, default="open")
    opened_on = Column(Date, nullable=False)
    customer = relationship("Customer", back_populates="credit_lines")


class Loan(Base):
    """One loan and the terms of its contract. Rates are annual, as fractions.

    ``penalty_runs_from`` says from which day penalty interest is counted once the grace period has
    passed; ``penalty_cap`` is the highest annual penalty rate, or null. ``allocation_order`` is the
    order in which a repayment is used, or null when the contract is silent (F-FEE-20 then holds).
    ``early_fee_rate`` is what settling early costs, as a fraction of the principal paid early.
    ``restructured_on`` is the day on which the present schedule was agreed, or null.
    """

    __tablename__ = "loans"
    __table_args__ = (
        ForeignKeyConstraint(
            ["credit_line_id", "customer_id"], ["credit_lines.id", "credit_lines.customer_id"], ondelete="CASCADE"
        ),
        CheckConstraint("principal > 0", name="principal_is_positive"),
        CheckConstraint(
            "annual_rate >= 0 AND penalty_surcharge >= 0 AND early_fee_rate >= 0", name="rates_are_not_negative"
        ),
        CheckConstraint("penalty_cap > 0", name="cap_is_positive"),
        CheckConstraint("day_count_base IN (360, 365)", name="base_is_360_or_365"),
        CheckConstraint("grace_days >= 0", name="grace_is_not_negative"),
        CheckConstraint(one_of("penalty_runs_from", PENALTY_STARTS), name="penalty_start_is_known"),
        CheckConstraint(one_of("method", METHODS), name="method_is_known"),
        CheckConstraint(one_of("allocation_order", ALLOCATION_ORDERS), name="allocation_order_is_known"),
        CheckConstraint("restructured_on >= started_on", name="restructured_after_start"),
        Index(None, "customer_id"),
        Index(None, "credit_line_id"),
    )

    id = Column(String(32), primary_key=True)
    customer_id = Column(ForeignKey("customers.id", ondelete="CASCADE"), nullable=False)
    credit_line_id = Column(String(32))
    product = Column(String(64), nullable=False)
    method = Column(String(32), nullable=False, default="equal_instalments")
    principal = Column(Fen, nullable=False)
    annual_rate = Column(MillionthRate, nullable=False)
    penalty_surcharge = Column(MillionthRate, nullable=False)
    penalty_cap = Column(MillionthRate)
    penalty_runs_from = Column(String(16), nullable=False, default="due_date")
    day_count_base = Column(Integer, nullable=False)
    grace_days = Column(Integer, nullable=False, default=0)
    allocation_order = Column(String(40))
    early_fee_rate = Column(MillionthRate, nullable=False, default=0)
    started_on = Column(Date, nullable=False)
    restructured_on = Column(Date)
    customer = relationship("Customer", back_populates="loans")
    instalments = relationship("Instalment", back_populates="loan", order_by="Instalment.number", passive_deletes=True)
    repayments = relationship("Repayment", back_populates="loan", order_by="Repayment.paid_at", passive_deletes=True)
    credit_events = relationship(
        "CreditEvent",
        back_populates="loan",
        order_by="[CreditEvent.happened_on, CreditEvent.id]",
        passive_deletes=True,
    )

    @property
    def standing_report(self) -> CreditEvent | None:
        """The latest report as overdue that the lender has not corrected."""
        reports = [event for event in self.credit_events if event.kind == "overdue"]
        standing = [report for report in reports if not any(event.kind == "corrected" for event in report.answers)]
        return standing[-1] if standing else None

    @property
    def credit_reported_on(self) -> date | None:
        """The day of ``standing_report``, or None."""
        report = self.standing_report
        return report.happened_on if report else None

    @property
    def dispute_opened_on(self) -> date | None:
        """The day on which the customer objected to ``standing_report``, while that is undecided."""
        report = self.standing_report
        latest = report.answers[-1] if report and report.answers else None
        return latest.happened_on if latest is not None and latest.kind == "dispute_opened" else None


class Instalment(Base):
    """One due amount of a loan; what has been paid of it is the sum of its allocations."""

    __tablename__ = "instalments"
    __table_args__ = (
        UniqueConstraint("loan_id", "number"),
        UniqueConstraint("id", "loan_id"),  # an allocation stays within one loan
        CheckConstraint("number > 0", name="numbers_start_at_one"),
        CheckConstraint("principal_due >= 0 AND interest_due >= 0 AND fee_due >= 0", name="due_is_not_negative"),
        CheckConstraint("principal_due + interest_due + fee_due > 0", name="something_is_due"),
        Index(None, "due_on"),
    )

    id = Column(RowId, primary_key=True)
    loan_id = Column(ForeignKey("loans.id", ondelete="CASCADE"), nullable=False)
    number = Column(Integer, nullable=False)
    due_on = Column(Date, nullable=False)
    principal_due = Column(Fen, nullable=False)
    interest_due = Column(Fen, nullable=False, default=0)
    fee_due = Column(Fen, nullable=False, default=0)
    loan = relationship("Loan", back_populates="instalments")
    allocations = relationship(
        "Allocation", back_populates="instalment", passive_deletes=True, overlaps="allocations,repayment"
    )


class Repayment(Base):
    """One payment that the lender has booked; ``reference`` is the core system's number of it."""

    __tablename__ = "repayments"
    __table_args__ = (
        UniqueConstraint("loan_id", "reference"),
        UniqueConstraint("id", "loan_id"),  # an allocation stays within one loan
        CheckConstraint("amount > 0", name="amount_is_positive"),
        Index(None, "loan_id", "paid_at"),
    )

    id = Column(RowId, primary_key=True)
    loan_id = Column(ForeignKey("loans.id", ondelete="CASCADE"), nullable=False)
    reference = Column(String(64))
    amount = Column(Fen, nullable=False)
    paid_at = Column(UtcTime, nullable=False)
    loan = relationship("Loan", back_populates="repayments")
    allocations = relationship(
        "Allocation", back_populates="repayment", passive_deletes=True, overlaps="allocations,instalment"
    )


class Allocation(Base):
    """Which part of a repayment went to which instalment; the only record of what is paid.

    ``loan_id`` is there for the two foreign keys: both sides belong to the same loan.
    """

    __tablename__ = "allocations"
    __table_args__ = (
        ForeignKeyConstraint(["repayment_id", "loan_id"], ["repayments.id", "repayments.loan_id"], ondelete="CASCADE"),
        ForeignKeyConstraint(
            ["instalment_id", "loan_id"], ["instalments.id", "instalments.loan_id"], ondelete="CASCADE"
        ),
        UniqueConstraint("repayment_id", "instalment_id"),
        CheckConstraint("principal >= 0 AND interest >= 0 AND penalty >= 0 AND fee >= 0", name="parts_not_negative"),
        CheckConstraint("principal + interest + penalty + fee > 0", name="something_is_allocated"),
        Index(None, "instalment_id"),
        Index(None, "loan_id"),
    )

    id = Column(RowId, primary_key=True)
    loan_id = Column(String(32), nullable=False)
    repayment_id = Column(RowId, nullable=False)
    instalment_id = Column(RowId, nullable=False)
    principal = Column(Fen, nullable=False, default=0)
    interest = Column(Fen, nullable=False, default=0)
    penalty = Column(Fen, nullable=False, default=0)
    fee = Column(Fen, nullable=False, default=0)
    repayment = relationship("Repayment", back_populates="allocations", overlaps="allocations,instalment")
    instalment = relationship("Instalment", back_populates="allocations", overlaps="allocations,repayment")


class DataImport(Base):
    """One accepted delivery of the lender's core system: what it holds was true at ``as_of``."""

    __tablename__ = "data_imports"
    __table_args__ = (Index(None, "as_of"),)

    id = Column(RowId, primary_key=True)
    digest = Column(String(64), nullable=False, unique=True)
    as_of = Column(UtcTime, nullable=False)
    imported_at = Column(UtcTime, nullable=False)
