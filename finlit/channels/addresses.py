"""Whose address a request comes from, when proxies stand in front."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv6Network, ip_address

from sanic.request import Request

from finlit.settings import Network


def _is_trusted(address: str, proxies: Iterable[Network]) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed.version == network.version and parsed in network for network in proxies)


def client_address(peer: str, forwarded: Iterable[str], proxies: tuple[Network, ...]) -> str:
    """Return the client's address: the last one that no proxy of ours vouches for.

    ``forwarded`` are the values of ``X-Forwarded-For`` in order. They count only when ``peer`` is a
    trusted proxy, and are read from the right, because the left end is whatever the client wrote.
    """
    hops = [hop.strip() for value in forwarded for hop in value.split(",") if hop.strip()]
    address = peer
    while hops and _is_trusted(address, proxies):
        address = hops.pop()
    try:
        parsed = ip_address(address)
    except ValueError:
        return peer
    if parsed.version == 6:  # one customer has a whole /64
        return str(IPv6Network((parsed, 64), strict=False))
    return str(parsed)


def is_trusted_proxy(request: Request, proxies: Iterable[Network]) -> bool:
    """Say whether ``request`` comes straight from a proxy of ours, whose headers are believed."""
    return _is_trusted(request.ip, proxies)


def address_of(request: Request, proxies: tuple[Network, ...]) -> str:
    """Return the client's address of ``request``."""
    return client_address(request.ip, request.headers.getall("x-forwarded-for", []), proxies)
