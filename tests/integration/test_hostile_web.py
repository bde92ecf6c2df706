"""Some hundred hostile requests against real servers; `make fuzz-web` sends ten thousand to each address."""

import asyncio

import pytest

from benchmarks.hostile_web.attacks import ADDRESSES
from benchmarks.hostile_web.findings import LEAK, Findings, report
from benchmarks.hostile_web.running import run
from benchmarks.hostile_web.wire import AT_ONCE, HalfRequests, parse


def test_hostile_requests_find_nothing():
    found, _ = run(each=40, seed=7, longest=90, within=150)
    assert found.faults == []
    assert found.checked > 5 and found.half > 5
    assert all(sum(found.statuses[address].values()) >= 40 for address in ADDRESSES)
    assert found.statuses["message"][200] > 20 and found.statuses["message"][400] > 5


@pytest.mark.parametrize(
    "content", [b"Traceback (most recent", b'{"payload": "/x"}', b"in /srv/finlit/channels/web.py", b"sqlalchemy.exc"]
)
def test_a_leak_would_be_seen(content):
    assert LEAK.search(content)
    found = Findings()
    said = [(200, content), (500, b""), (200, "暗号2号".encode()), (200, b"x HTTP/1.1 200 OK\r\n\r\n")]
    for status, body in said:
        found.judge("history", b"GET", parse(b"HTTP/1.1 %d OK\r\n\r\n%b" % (status, body)), person=1)
    assert len(found.faults) == len(said)
    assert report(found, 1, 7, 0).count("\n- ") == len(said)


def test_a_connection_that_is_held_for_nothing_is_found_and_a_stream_that_opens_late_is_not():
    async def server(reader, writer):
        asked = await reader.read(100)
        await asyncio.sleep(2 * AT_ONCE)
        if b"stream" in asked:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        await reader.read()  # until the other side goes
        writer.close()

    async def held():
        async with await asyncio.start_server(server, "127.0.0.1", 0) as started:
            halves = HalfRequests(started.sockets[0].getsockname()[1])
            assert await halves.send(b"GET /stream") is None and await halves.send(b"GET /half") is None
            return await halves.never_ended(3 * AT_ONCE)

    assert asyncio.run(held()) == [b"GET /half"]
