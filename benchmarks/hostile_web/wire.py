"""One request as bytes, and whatever comes back, within a bound: no attempt can hang the run."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

PATIENCE = 20.0  # seconds for one exchange; more is a server that is stuck
AT_ONCE = 0.3  # seconds in which half a request may be answered
STREAM_FOR = 0.05  # seconds that a stream is listened to
MOST_BYTES = 2_000_000
_GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"
_STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")
_COOKIE = re.compile(rb"^Set-Cookie: ([^;\r\n]*)", re.I | re.M)


@dataclass(frozen=True)
class Reply:
    """Everything that the server said before it hung up; status 0 when that was nothing."""

    status: int
    head: bytes
    body: bytes
    answers: int  # more than one: part of the request was taken for another one

    @property
    def cookie(self) -> str:
        found = _COOKIE.search(self.head)
        return found[1].decode("latin-1") if found else ""

    @property
    def is_stream(self) -> bool:
        return b"text/event-stream" in self.head


def parse(said: bytes) -> Reply:
    """Return the reply that ``said`` is."""
    while said.startswith(_GO_ON):
        said = said[len(_GO_ON) :]
    head, _, body = said.partition(b"\r\n\r\n")
    found = _STATUS.match(head)
    return Reply(int(found[1]) if found else 0, head, body, len(re.findall(rb"HTTP/1\.1 \d{3} ", said)))


async def exchange(port: int, pieces: Sequence[bytes], pause: float = 0.0) -> Reply:
    """Send ``pieces``, read until the server hangs up. Raises asyncio.TimeoutError when it neither answers nor does."""
    return await asyncio.wait_for(_exchange(port, pieces, pause), PATIENCE)


async def _exchange(port: int, pieces: Sequence[bytes], pause: float) -> Reply:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    said = b""
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)
        while len(said) < MOST_BYTES:
            patience = STREAM_FOR if b"text/event-stream" in said else PATIENCE
            got = await asyncio.wait_for(reader.read(65536), patience)
            if not got:
                break
            said += got
    except OSError:  # the server hung up while we were talking
        pass
    except asyncio.TimeoutError:
        if not said:
            raise
    finally:
        writer.close()
    return parse(said)


class HalfRequests:
    """Connections on which only a part is ever sent; the server must end them by itself."""

    def __init__(self, port: int, most: int = 400) -> None:
        self._port = port
        self._most = most
        self._open: deque[tuple[bytes, asyncio.StreamReader, asyncio.StreamWriter]] = deque()
        self.left = 0

    async def send(self, part: bytes) -> Reply | None:
        """Send ``part``; return what is said to it at once, None when nothing is: then it is left open."""
        reader, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", self._port), PATIENCE)
        said = b""
        try:
            writer.write(part)
            while got := await asyncio.wait_for(reader.read(65536), AT_ONCE):
                said += got
        except asyncio.TimeoutError:
            if not said:
                self._leave(part, reader, writer)
                return None
        except OSError:
            pass
        writer.close()
        return parse(said)

    def _leave(self, part: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.left += 1
        self._open.append((part, reader, writer))
        if len(self._open) > self._most:  # a process may open only so many files
            self._open.popleft()[2].close()

    async def never_ended(self, within: float) -> list[bytes]:
        """Return what was sent on each connection that the server still holds after ``within`` seconds."""
        parts = [part for part, _, _ in self._open]
        ended = await asyncio.gather(*(self._ends(reader, writer, within) for _, reader, writer in self._open))
        self._open.clear()
        return [part for part, over in zip(parts, ended) if not over]

    @staticmethod
    async def _ends(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, within: float) -> bool:
        """Say whether the server ends it; a stream that it opened, only later than at once, was a whole request."""
        said = b""

        async def read_on() -> None:
            nonlocal said
            while got := await reader.read(65536):
                said = (said + got)[:MOST_BYTES]

        try:
            await asyncio.wait_for(read_on(), within)
        except asyncio.TimeoutError:
            return parse(said).is_stream
        except OSError:
            pass
        finally:
            writer.close()
        return True
