"""From which network address the message of this task comes: only to count, never stored as it is, never a proof."""

from __future__ import annotations

from contextvars import ContextVar

# Empty where a channel has no address of the customer's own: WeChat's servers speak for everybody.
_address: ContextVar[str] = ContextVar("finlit_origin", default="")


def comes_from(address: str) -> None:
    """Note the customer's address for this task and the tasks that it starts."""
    _address.set(address)


def address() -> str:
    """Return the address, empty when it is not known."""
    return _address.get()
