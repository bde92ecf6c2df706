"""One computation for each delivered message, one way for each answer: shared by all processes.

WeChat delivers a message up to three times and acknowledges no reply. So each message is a row:

* ``waiting`` → ``running`` (one process holds a lease that it renews while it lives) → ``done``.
  A person's messages run one after the other, in the order in which they came.
* A done answer goes by exactly one way. ``passive``: with the response to a delivery; the same
  delivery again gets the same answer again. ``service``: by customer-service messages. No way yet:
  its request is still waiting, or it was late; a late answer goes with the next reply.
* A passive answer of unknown fate is not repeated by another way, unless it must arrive.

Every step locks the person's row, so steps of one person never overlap, whichever process takes
them. All functions block: call them in a thread. Times are wall-clock times, not business time:
a lease must run out while ``FINLIT_NOW`` stands still.
"""

from __future__ import annotations

from finlit.channels.deliveries.computing import Computing
from finlit.channels.deliveries.kinds import (
    NOTHING,
    Answer,
    Claim,
    Contact,
    Handed,
    OtherBody,
    Push,
    wall_clock,
)
from finlit.channels.deliveries.pushing import Pushing
from finlit.channels.deliveries.replying import Replying

__all__ = ["NOTHING", "Answer", "Claim", "Contact", "Handed", "Inbox", "OtherBody", "Push", "wall_clock"]


class Inbox(Computing, Replying, Pushing):
    """The deliveries as one process sees them."""
