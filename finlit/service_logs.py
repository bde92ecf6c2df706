"""The servers' log lines: who writes, for which request, what happened. One line each, as text or as JSON.

Masking is not done here but where records are made (``finlit.masked_logs``); only what a record brings in
``fields`` (``extra={"fields": {…}}``, values that describe and never quote) is masked here.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from finlit.privacy import mask
from finlit.settings import SHANGHAI, Settings

OWN = ("finlit", "actions")  # loggers that tell what is done for customers; others speak of faults only
NO_REQUEST = "-"


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    given: Mapping[str, Any] = getattr(record, "fields", {})
    return {name: mask(value) if isinstance(value, str) else value for name, value in given.items()}


def _moment(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, SHANGHAI).isoformat(timespec="milliseconds")


class TextLines(logging.Formatter):
    """For people: ``time level process [request] logger: message name=value``."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; a traceback follows it."""
        request = getattr(record, "request", None) or NO_REQUEST
        head = f"{_moment(record)} {record.levelname} {self._process} [{request}] {record.name}: {record.getMessage()}"
        line = " ".join([head, *(f"{name}={value}" for name, value in _fields(record).items())])
        return f"{line}\n{record.exc_text}" if record.exc_text else line


class JsonLines(logging.Formatter):
    """For machines: one object with the same parts; ``fields`` stand beside ``message``."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        """Return the object on one line."""
        line = {
            **_fields(record),
            "time": _moment(record),
            "level": record.levelname.lower(),
            "process": self._process,
            "request": getattr(record, "request", None),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_text:
            line["exception"] = record.exc_text
        return json.dumps(line, ensure_ascii=False, default=str)


def begin(process: str, current: Settings) -> None:
    """Let this process log to its standard error as the settings say; ``process`` names it in every line."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(process) if current.log_format == "json" else TextLines(process))
    logging.getLogger().addHandler(handler)
    for name in OWN:
        logging.getLogger(name).setLevel(current.log_level.upper())
