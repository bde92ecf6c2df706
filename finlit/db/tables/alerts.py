"""Alerts for staff."""

from __future__ import annotations

from sqlalchemy import Column, Index, String

from finlit.db.tables.base import Base, RowId
from finlit.db.types import UtcTime


class StaffAlert(Base):
    """Somebody may be in danger; a person has to look."""

    __tablename__ = "staff_alerts"
    __table_args__ = (Index(None, "handled_at", "raised_at"),)

    id = Column(RowId, primary_key=True)
    kind = Column(String(32), nullable=False)
    conversation = Column(String(128), nullable=False)
    channel = Column(String(32), nullable=False)
    raised_at = Column(UtcTime, nullable=False)
    handled_at = Column(UtcTime)
    request_id = Column(String(64))  # the same as in the logs of all processes
