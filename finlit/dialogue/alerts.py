"""Alerts for staff: somebody may be in danger. Written in process, so no other service can lose them."""

from __future__ import annotations

import logging

from finlit import request_id, settings
from finlit.db import engine, tables

logger = logging.getLogger(__name__)


def raise_alert(kind: str, conversation: str, channel: str) -> None:
    """Store an alert; never raises: help to the customer must not wait for a database.

    What was said is not stored here: staff read it in the conversation, masked.
    """
    current = settings.load()
    try:
        with engine.sessions(current.database_url).begin() as session:
            session.add(
                tables.StaffAlert(
                    kind=kind,
                    conversation=conversation,
                    channel=channel,
                    raised_at=current.now(),
                    request_id=request_id.current(),
                )
            )
    except Exception:  # noqa: BLE001 - the customer's help comes first; the log is the second way to staff
        logger.exception("staff alert of kind %s for conversation %s could not be stored", kind, conversation)
    logger.warning("staff alert: %s in conversation %s on %s", kind, conversation, channel or "unknown channel")
