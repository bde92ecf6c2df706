"""Logs without personal data: every record of every logger is masked when it is made.

A filter on the root logger would miss what other loggers hand up to its handlers, so the
masking sits in the factory that makes all records. ``structlog``, which Rasa uses, is led
into ``logging`` and so through the same place, without the local variables of a traceback.
"""

from __future__ import annotations

import logging
from typing import Any

import structlog

from finlit import request_id
from finlit.privacy import mask

UNREADABLE = "a log record could not be formatted"  # its arguments may hold personal data: left out
_plain = logging.Formatter()


class _MaskingFactory:
    """Makes a record with ``make``, masks its message and its traceback, and notes whose request it belongs to."""

    def __init__(self, make: Any) -> None:
        self._make = make

    def __call__(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record: logging.LogRecord = self._make(*args, **kwargs)
        try:
            record.msg = mask(record.getMessage())
        except Exception:  # noqa: BLE001 - whatever a record's own text raises, logging must go on
            record.msg = UNREADABLE
        record.args = ()
        record.request = request_id.current()
        if record.exc_info and record.exc_info[0] is not None:
            record.exc_text = mask(_plain.formatException(record.exc_info))
        return record


def install(level: int) -> None:
    """Mask everything that is logged from now on; safe to call again."""
    if not isinstance(logging.getLogRecordFactory(), _MaskingFactory):
        logging.setLogRecordFactory(_MaskingFactory(logging.getLogRecordFactory()))
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(key_order=["event"]),
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )
