"""One turn of a conversation at a time, in the order of arrival, and the next begins when the one before ends.

Stock Rasa lets who waits look once a second, so a customer's second quick message is answered a second late. Here
the end of a turn wakes the next one. The locks are those of one process; between processes the channels keep the
order in the database (``finlit.channels.web_inbox``, ``finlit.channels.deliveries``).

Configured in ``endpoints.yml`` by its module path.
"""

from __future__ import annotations

import asyncio
from typing import Any

from rasa.core.lock import TicketLock
from rasa.core.lock_store import InMemoryLockStore, LockError


class WakingLockStore(InMemoryLockStore):
    """Rasa's tickets in memory; who waits is woken when it is their turn."""

    def __init__(self, **_rasa: Any) -> None:  # Rasa passes ``endpoint_config``
        super().__init__()
        self._waiting: dict[tuple[str, int], asyncio.Future[None]] = {}

    async def _acquire_lock(self, conversation_id: str, ticket: int, wait_time_in_seconds: float) -> TicketLock:
        """Wait for the turn of ``ticket``; looks every ``wait_time_in_seconds`` too, because tickets expire in silence.

        Raises LockError when the lock is gone: the ticket has expired.
        """
        while lock := self.get_lock(conversation_id):
            if not lock.is_locked(ticket):
                return lock
            waiter = self._waiting[conversation_id, ticket] = asyncio.get_running_loop().create_future()
            try:
                await asyncio.wait({waiter}, timeout=wait_time_in_seconds)
            finally:
                del self._waiting[conversation_id, ticket]
            self.update_lock(conversation_id)
        raise LockError(f"Could not acquire lock for conversation_id '{conversation_id}'.")

    def finish_serving(self, conversation_id: str, ticket_number: int) -> None:
        """Take the ticket off the lock and wake whose turn it is now."""
        super().finish_serving(conversation_id, ticket_number)
        lock = self.get_lock(conversation_id)
        waiter = self._waiting.get((conversation_id, lock.now_serving or 0)) if lock else None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)
