"""Some hundred hostile requests against real servers; `make fuzz-web` sends ten thousand to each address."""

import asyncio
import re
from random import Random

import pytest

from benchmarks.hostile_web.attacks import ADDRESSES, Attacker, request
from benchmarks.hostile_web.findings import LEAK, Findings, report
from benchmarks.hostile_web.running import run
from benchmarks.hostile_web.wire import AT_ONCE, HalfRequests, exchange, parse
from benchmarks.servers import Servers
from finlit.channels.careful_http import WHOLE_REQUEST_WITHIN


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


ANSWERED = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"


async def late(asked, writer):
    """Say at once or late what ``asked`` asks for, or nothing."""
    if asked.startswith(b"answered at once"):
        writer.write(ANSWERED)
    await asyncio.sleep(2 * AT_ONCE)
    if asked.startswith(b"answered late"):
        writer.write(ANSWERED)
    if asked.startswith(b"stream"):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")


def judged(parts, most=400):
    """Send ``parts`` to a server that answers ``late``; return what it held, and how many were open at most."""
    open_now = [0, 0]

    async def server(reader, writer):
        open_now[0] += 1
        open_now[1] = max(open_now)
        asked = await reader.read(100)
        await late(asked, writer)
        if asked.endswith(b"held"):
            await reader.read()  # until the other side goes
        open_now[0] -= 1
        writer.close()

    async def play():
        async with await asyncio.start_server(server, "127.0.0.1", 0) as started:
            halves = HalfRequests(started.sockets[0].getsockname()[1], 4 * AT_ONCE, most)
            await asyncio.gather(*(halves.send(part) for part in parts))
            return await halves.never_ended()

    return sorted(asyncio.run(play())), open_now[1]


def test_a_connection_that_is_held_is_found_whatever_was_said_on_it():
    held = [b"answered at once, held", b"answered late, held", b"silence, held", b"stream, held"]
    ended = [b"answered at once", b"answered late", b"silence"]
    assert judged([*ended, *held]) == (held, 7)


def test_each_half_request_is_judged_however_few_may_be_open():
    parts = [b"%02d%b" % (number, b", held" * (number % 2)) for number in range(12)]
    held, open_at_most = judged(parts, most=3)
    assert held == parts[1::2]
    assert open_at_most <= 4, "three, and one that goes at that moment"


def test_what_is_called_half_can_never_open_a_stream():
    attacker = Attacker(Random(7))
    halves = [attack for _ in range(20_000) if (attack := attacker.attack("stream", "finlit_session=x")).is_half]
    assert len({attack.kind for attack in halves}) == 3
    for attack in halves:
        head, end, body = attack.pieces[0].partition(b"\r\n\r\n")
        is_short = (found := re.search(rb"Content-Length: *(\d+)", head)) and len(body) < int(found[1])
        is_unended = b"chunked" in head and b"0\r\n\r\n" not in body
        assert b"finlit_session" not in head or not end or is_short or is_unended, attack


# Sanic takes a line with a colon in it for a header: with an empty line behind it, this is a whole request.
NOISE = (
    b"`\xf9\xe8\x9d_o\xfbz\xf1\xc3x\r\x83E\x14\xebhR\xeb\xa5\xb0A\xef\x1f`\x0b\xe1j$\x16\xddU\x01\ro\xf5\x02o\xfd:u\xefC\x04'"
    b"\x85b?\x07A\x91L\x8e\x15=\xdb\rOf\xdeI$\x99\xb2\xa6\xc1\xf3\xcb\xe2\x8b\x17\x03\rk\xc9\xc7\xde\xc9\xafx\xd8\xb68\xb2l"
)


def test_the_real_server_ends_what_is_silent_and_keeps_a_stream(tmp_path):
    noise = b"GET /webhooks/web/stream HTTP/1.1\r\n" + NOISE
    silent = [noise + b"\r\n\r\n", noise, b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n", b""]

    async def held(port):
        said = await exchange(port, [request("GET", "/webhooks/web/history", "", None)])
        stream = request("GET", "/webhooks/web/stream", said.cookie, None)
        halves = HalfRequests(port, WHOLE_REQUEST_WITHIN + 10)
        await asyncio.gather(*(halves.send(part) for part in [*silent, stream]))
        return await halves.never_ended() == [stream]

    with Servers(tmp_path) as servers:
        assert asyncio.run(held(servers.port))
