import asyncio
from types import SimpleNamespace

import pytest
from sanic.exceptions import RequestTimeout
from sanic.http import Stage

from finlit.channels import careful_http


class Protocol:
    """As much of Sanic's protocol as waiting for bytes needs, word for word."""

    def __init__(self):
        self.app = SimpleNamespace(dispatch=None)
        self.transport = SimpleNamespace(resume_reading=lambda: None)
        self.recv_buffer = bytearray()
        self.send = None
        self.request_max_size = 1000
        self._data_received = asyncio.Event()

    async def receive_more(self):
        self.transport.resume_reading()
        self._data_received.clear()
        await self._data_received.wait()


async def half_received():
    http = careful_http.CarefulHttp(Protocol())
    http.init_for_request()
    http.stage = Stage.HANDLER
    return http


def test_bytes_that_come_in_the_moment_when_the_wait_begins_are_not_missed():
    async def play():
        http = await half_received()
        waiting = asyncio.create_task(http._receive_in_time())
        await asyncio.sleep(0)  # it has begun to wait, and nothing that it started has run yet
        http.protocol._data_received.set()
        await asyncio.wait_for(waiting, 1)

    asyncio.run(play())


def test_all_waits_of_one_request_share_its_time(monkeypatch):
    monkeypatch.setattr(careful_http, "WHOLE_REQUEST_WITHIN", 0.3)

    async def play():
        http = await half_received()
        started = asyncio.get_running_loop().time()
        with pytest.raises(RequestTimeout):
            while True:
                asyncio.get_running_loop().call_later(0.1, http.protocol._data_received.set)
                await http._receive_in_time()
        assert 0.25 < asyncio.get_running_loop().time() - started < 0.6

    asyncio.run(play())
