"""The name of what is being done for somebody just now: one request's, in every log line and row that it causes.

It travels with the context: tasks, ``asyncio.to_thread`` and actions inherit it.
"""

from __future__ import annotations

import re
import secrets
from contextvars import ContextVar

HEADER = "X-Request-Id"
_SHAPE = re.compile(r"[A-Za-z0-9._-]{8,64}")
_current: ContextVar[str | None] = ContextVar("finlit_request_id", default=None)


def current() -> str | None:
    """Return the name of the request that is being served here, None outside of any."""
    return _current.get()


def begin(given: str | None = None) -> str:
    """Name what begins here: as ``given`` by somebody we believe, if it looks like a name, else anew."""
    name = given if given and _SHAPE.fullmatch(given) else secrets.token_hex(8)
    _current.set(name)
    return name
