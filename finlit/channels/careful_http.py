"""Requests that are never finished, or that lie about their length, end here.

Sanic 21.12, which Rasa pins, has three gaps. ``Content-Length: -1`` makes it read nothing for ever without giving
the event loop back: one such request stops the whole process. The time for a body starts anew with each byte, so a
slow sender holds a connection as long as it likes. A header that can't be read is answered with a 500.
"""

from __future__ import annotations

import asyncio
from typing import Any

from sanic.exceptions import InvalidUsage, RequestTimeout, SanicException
from sanic.http import Http, Stage
from sanic.server.protocols import http_protocol

WHOLE_REQUEST_WITHIN = 20.0  # seconds for header and body together, however the bytes trickle


class CarefulHttp(Http):
    """Sanic's HTTP with one deadline for each request and a length that must make sense."""

    __slots__ = ("_receive_some", "_whole_by")

    def __init__(self, protocol: Any) -> None:
        super().__init__(protocol)
        self._receive_some = self._receive_more
        self._receive_more = self._receive_in_time

    def init_for_request(self) -> None:
        """Begin to wait for the next request; its time runs from its first byte."""
        super().init_for_request()
        self._whole_by: float | None = None

    async def _receive_in_time(self) -> None:
        # Nothing has begun: the keep-alive timeout counts. A request that is answered before its body has come is idle, too.
        if self.stage is Stage.IDLE and self.request is None:
            return await self._receive_some()
        now = asyncio.get_running_loop().time()
        if self._whole_by is None:
            self._whole_by = now + WHOLE_REQUEST_WITHIN
        self.protocol.transport.resume_reading()
        # Cleared here and not in the task that ``wait_for`` makes: bytes that come before it starts would be missed.
        came = self.protocol._data_received
        came.clear()
        try:
            await asyncio.wait_for(came.wait(), self._whole_by - now)
        except asyncio.TimeoutError:
            raise RequestTimeout("Request Timeout") from None

    async def http1_request_header(self) -> None:
        """Read the header; raises a SanicException for one that makes no sense."""
        try:
            await super().http1_request_header()
            self._check_length()
        except Exception as error:
            self._give_up_body()
            self.url = None  # it may be what can't be read, and the refusal would read it again
            if isinstance(error, SanicException):
                raise
            raise InvalidUsage("Bad Request") from error

    def _check_length(self) -> None:
        """Refuse two answers to "how long?": so requests are smuggled past a proxy; and lengths that are none."""
        lengths = self.request.headers.getall("content-length", [])
        is_chunked = "transfer-encoding" in self.request.headers
        if len(lengths) + is_chunked > 1 or not all(_is_length(length) for length in lengths):
            raise InvalidUsage("Bad Request")

    async def read(self) -> bytes | None:
        """Read some of the body; after a fault in it nothing more is read, not even to skip it."""
        try:
            data: bytes | None = await super().read()
        except SanicException:
            self._give_up_body()
            if self.stage is not Stage.HANDLER:
                return None  # it is answered already, and this was only to skip the rest
            raise
        return data

    def _give_up_body(self) -> None:
        """Don't read on: nobody knows where the next request begins."""
        self.request_body = None
        self.keep_alive = False


def _is_length(text: str) -> bool:
    return text.isascii() and text.strip().isdigit()


def install() -> None:
    """Make every connection of this process use ``CarefulHttp``; raises RuntimeError when Sanic has changed."""
    if getattr(http_protocol, "Http", None) not in (Http, CarefulHttp):
        raise RuntimeError("sanic.server.protocols.http_protocol.Http is gone: check finlit/channels/careful_http.py")
    http_protocol.Http = CarefulHttp  # type: ignore[misc]
