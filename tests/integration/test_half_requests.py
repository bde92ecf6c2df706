"""Requests that lie about their length or never end: the server goes on answering everybody else."""

import re
import select
import socket
import subprocess
import sys
import tempfile
import time

import pytest

from benchmarks.servers import free_port
from finlit.settings import PROJECT_ROOT

WITHIN = 1.5  # seconds for a whole request, here


@pytest.fixture(scope="module")
def port():
    number = free_port()
    command = [sys.executable, "-m", "tests.integration.page_server", str(number), str(WITHIN)]
    with tempfile.TemporaryFile("w+") as log, subprocess.Popen(command, cwd=PROJECT_ROOT, stderr=log) as process:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", number), timeout=1).close()
                break
            except OSError:
                time.sleep(0.2)
        yield number
        process.kill()
        log.seek(0)
        assert "uncaught" not in log.read(), "no fault of a request may reach Sanic's last resort"


def talk(port, *pieces, pause=0.0, patience=8.0):
    """Send ``pieces`` one after the other; return everything that comes until the server hangs up."""
    with socket.create_connection(("127.0.0.1", port), timeout=patience) as connection:
        said = b""
        try:
            for piece in pieces:
                connection.sendall(piece)
                if pause and select.select([connection], [], [], pause)[0]:
                    break  # it has answered: what is sent now would only lose that
            while got := connection.recv(65536):
                said += got
        except ConnectionError:
            pass
        return said


def status(said):
    found = re.match(rb"HTTP/1\.1 (\d{3}) ", said)
    return int(found[1]) if found else 0


def lives(port):
    said = talk(port, b"GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    return status(said) == 200 and b'"alive":true' in said


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: -1",
        b"Content-Length: -99999999999999999999",
        b"Content-Length: many",
        b"Content-Length: 1_0",
        b"Content-Length:",
        b"Content-Length: 3\r\nContent-Length: 5",
        b"Content-Length: 3\r\nTransfer-Encoding: chunked",
    ],
)
def test_a_length_that_makes_no_sense_is_refused_and_the_server_lives(port, head):
    said = talk(port, b"POST /echo HTTP/1.1\r\nHost: a\r\n" + head + b"\r\n\r\nabc\r\n")
    assert status(said) == 400
    assert said.count(b"HTTP/1.1") == 1, "what follows is no request of anybody's"
    assert lives(port)


@pytest.mark.parametrize(
    "start",
    [
        b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n{",
        b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"GET /health HTTP/1.1\r\nHost:",
    ],
)
def test_half_a_request_is_dropped_in_time_however_slowly_it_trickles(port, start):
    started = time.monotonic()
    said = talk(port, start, *[b"a"] * 20, pause=0.4)
    assert status(said) == 408
    assert WITHIN - 0.1 < time.monotonic() - started < WITHIN + 2.5
    assert lives(port)


@pytest.mark.parametrize("path", [b"/nothing", b"/health"])
def test_the_rest_of_a_body_that_nobody_wanted_is_not_waited_for_longer_than_a_request(port, path):
    started = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=8) as connection:
        connection.sendall(b"POST " + path + b" HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n{")
        assert status(connection.recv(65536)) in (404, 405)
        while not select.select([connection], [], [], 0.4)[0]:  # until the server hangs up
            connection.sendall(b"a")
            assert time.monotonic() - started < WITHIN + 2.5
    assert lives(port)


def test_a_hundred_half_requests_keep_nobody_waiting(port):
    half = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n{"
    connections = [socket.create_connection(("127.0.0.1", port), timeout=8) for _ in range(100)]
    for connection in connections:
        connection.sendall(half)
    started = time.monotonic()
    assert lives(port) and time.monotonic() - started < 1
    for connection in connections:
        assert status(connection.recv(4096)) == 408
        connection.close()


def test_a_broken_body_that_nobody_wanted_is_skipped_quietly(port):
    said = talk(port, b"POST /nothing HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n")
    assert status(said) == 404
    said = talk(port, b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n")
    assert status(said) == 400


def test_a_body_in_pieces_is_taken(port):
    pieces = (b"POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 6\r\n\r\nab", b"cd", b"ef")
    assert b'{"bytes":6}' in talk(port, *pieces, pause=0.2)
    chunked = b"POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert b'{"bytes":5}' in talk(port, chunked, b"3\r\nabc\r\n", b"2\r\nde\r\n0\r\n\r\n", pause=0.2)


def test_an_address_that_cannot_be_read_is_no_fault_of_ours(port):
    for line in (b"GET //[ HTTP/1.1", b"GET \xff\xfe HTTP/1.1", b"GET http://a:b:c/ HTTP/1.1", b"\x00\x01 / HTTP/1.1"):
        said = talk(port, line + b"\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert 400 <= status(said) < 500, (line, said)
