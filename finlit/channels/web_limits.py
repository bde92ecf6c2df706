"""How much a web client may ask for: counted for its address and its session; whoever is in danger need not wait."""

from __future__ import annotations

import asyncio
import time

from sanic.request import Request

from finlit import settings
from finlit.channels.addresses import address_of
from finlit.channels.limits import Allowance, Limiter, limiter_for
from finlit.dialogue import without_store

# Help that is asked for beyond all other limits. It is a limit of its own, so that nobody computes for nothing
# without an end; such a message gets the help and nothing else, whatever else it says.
URGENT_PER_MINUTE = 10


def _limiter() -> Limiter:
    current = settings.load()
    return limiter_for(current.database_url, current.session_secret)


async def wait(request: Request, *more: Allowance) -> int:
    """Count one request; return how many seconds it comes too early, 0 for none."""
    current = settings.load()
    address = address_of(request, current.trusted_proxies)
    allowances = [Allowance(f"address:{address}", current.address_requests_per_minute), *more]
    return await asyncio.to_thread(_limiter().wait, allowances, time.time())


async def wait_to_open(request: Request) -> int:
    """Count one new session; return how many seconds it comes too early, 0 for none."""
    current = settings.load()
    address = address_of(request, current.trusted_proxies)
    return await wait(request, Allowance(f"opened:{address}", current.new_sessions_per_minute))


async def wait_to_say(request: Request, conversation: str, text: str) -> int:
    """Count one message; return how many seconds it comes too early, 0 for none and for a message about danger."""
    seconds = await wait(request, Allowance(f"session:{conversation}", settings.load().messages_per_minute))
    return await _unless_in_danger(seconds, request, conversation, text)


async def wait_to_rate(request: Request, conversation: str, word: str) -> int:
    """Count one rating; return how many seconds it comes too early, 0 for none and for a word about danger."""
    return await _unless_in_danger(await wait(request), request, conversation, word)


async def _unless_in_danger(seconds: int, request: Request, conversation: str, text: str) -> int:
    if not seconds or await without_store.outranking_intent(request.app.ctx.agent, text) is None:
        return seconds
    urgent = Allowance(f"urgent:{conversation}", URGENT_PER_MINUTE)
    return await asyncio.to_thread(_limiter().wait, [urgent], time.time())
