"""Who is talking: which conversation has proved to be which customer."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, String

from finlit.db.tables.base import Base
from finlit.db.types import UtcTime


class Binding(Base):
    """Which customer a conversation has proved to be; written by the server only."""

    __tablename__ = "bindings"
    __table_args__ = (CheckConstraint("expires_at > bound_at", name="lasts"),)

    conversation = Column(String(128), primary_key=True)
    customer_id = Column(ForeignKey("customers.id", ondelete="CASCADE"), nullable=False, index=True)
    bound_at = Column(UtcTime, nullable=False)
    expires_at = Column(UtcTime, nullable=False)
