"""The tables, one module for each area, one class for each table, with their constraints.

Amounts are stored as whole fen and times in UTC (column types in ``finlit.db.types``), because
SQLite keeps decimals as floats and drops time zones. A change here needs a revision in
``finlit/db/migrations/versions`` (``finlit db revision``); a test compares the two.
"""

from finlit.db.tables.accounts import (
    Allocation,
    ContactPoint,
    CreditLine,
    Customer,
    DataImport,
    Instalment,
    Loan,
    Repayment,
)
from finlit.db.tables.alerts import StaffAlert
from finlit.db.tables.base import Base
from finlit.db.tables.console import (
    ConsoleAudit,
    ConsoleLoginFailure,
    ConsoleSession,
    ConsoleUser,
    InboxMark,
    Publication,
    ServingWorker,
)
from finlit.db.tables.credit import CreditEvent
from finlit.db.tables.deliveries import WeChatDelivery, WeChatPerson, WeChatToken
from finlit.db.tables.identity import (
    AuditEntry,
    Binding,
    Consent,
    UsedHostToken,
    VerificationAttempt,
    VerificationLimit,
)
from finlit.db.tables.requests import Complaint, HandoffTicket, HardshipRequest, RequestEvent, ServiceRequest
from finlit.db.tables.web import AnswerFeedback, RateCounter, WebMessage

__all__ = [
    "Allocation",
    "AnswerFeedback",
    "AuditEntry",
    "Base",
    "Binding",
    "Complaint",
    "Consent",
    "ConsoleAudit",
    "ConsoleLoginFailure",
    "ConsoleSession",
    "ConsoleUser",
    "ContactPoint",
    "CreditEvent",
    "CreditLine",
    "Customer",
    "DataImport",
    "HandoffTicket",
    "HardshipRequest",
    "InboxMark",
    "Instalment",
    "Loan",
    "Publication",
    "RateCounter",
    "Repayment",
    "RequestEvent",
    "ServiceRequest",
    "ServingWorker",
    "StaffAlert",
    "UsedHostToken",
    "VerificationAttempt",
    "VerificationLimit",
    "WeChatDelivery",
    "WeChatPerson",
    "WeChatToken",
    "WebMessage",
]
