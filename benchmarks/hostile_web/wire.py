"""One request as bytes, and whatever comes back, within a bound: no attempt can hang the run."""

from __future__ import annotations

import asyncio
import re
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
    """Connections on which nothing more is ever sent; the server must end each of them, answered or not.

    ``most`` are open at once: a process may open only so many files. Who wants to send another one waits until
    one of them is judged, so none goes unjudged.
    """

    def __init__(self, port: int, within: float, most: int = 400) -> None:
        self._port = port
        self._within = within
        self._free = asyncio.Semaphore(most)
        self._watched: set[asyncio.Task[None]] = set()
        self._held: list[bytes] = []
        self.left = 0

    async def send(self, part: bytes) -> Reply | None:
        """Send ``part``; return what is said to it at once, None when nothing is. What stays open is watched."""
        await self._free.acquire()
        try:
            reader, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", self._port), PATIENCE)
        except BaseException:
            self._free.release()
            raise
        said, is_open = b"", False
        try:
            writer.write(part)
            while len(said) < MOST_BYTES and (got := await asyncio.wait_for(reader.read(65536), AT_ONCE)):
                said += got
        except asyncio.TimeoutError:
            is_open = True
        except OSError:
            pass
        if not is_open:
            self._close(writer)
            return parse(said)
        self.left += 1
        watch = asyncio.create_task(self._watch(part, reader, writer))
        self._watched.add(watch)
        watch.add_done_callback(self._watched.discard)
        return parse(said) if said else None

    async def _watch(self, part: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Wait for the server to end the connection; it holds one that it has not ended in time."""
        try:
            await asyncio.wait_for(_read_on(reader), self._within)
        except asyncio.TimeoutError:
            self._held.append(part)
        except OSError:
            pass
        finally:
            self._close(writer)

    def _close(self, writer: asyncio.StreamWriter) -> None:
        writer.close()
        self._free.release()

    async def never_ended(self) -> list[bytes]:
        """Return, when all are judged, what was sent on each connection that the server held too long."""
        await asyncio.gather(*self._watched)
        return self._held


async def _read_on(reader: asyncio.StreamReader) -> None:
    while await reader.read(65536):
        pass
