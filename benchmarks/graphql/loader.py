"""The load: HTTP/1.1 over raw sockets, one request at a time on each connection, answers told by their Content-Length.

In a closed loop every connection sends its next request when its answer is complete; in an open loop requests are due
at a fixed rate, and how long an answer took counts from when its request was due, whether or not it could be sent then.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, Final

_EVERY: Final = 499
"""Of so many answers one is kept, to be looked at when the time is over."""
_PATIENCE: Final = 30.0
"""Seconds after the end that an answer may still come."""
_MINUTE: Final = 60.0


class LoadFailed(Exception):
    """A server has refused a request, or closed a connection."""


@dataclasses.dataclass(slots=True)
class Measured:
    """What one run has shown: ``answers`` in ``seconds``, and some of them with the requests that they answer.

    ``latencies`` are in seconds, of an open loop alone.
    """

    seconds: float
    answers: int = 0
    samples: list[tuple[bytes, bytes]] = dataclasses.field(default_factory=list)
    latencies: list[float] = dataclasses.field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers per second."""
        return self.answers / self.seconds

    def percentile(self, share: float) -> float:
        """The latency in seconds that this share of the answers did not exceed."""
        return sorted(self.latencies)[min(int(len(self.latencies) * share), len(self.latencies) - 1)]


class Connection(asyncio.Protocol):
    """One connection; ``answered`` is told that an answer is complete, ``failed`` that none will be."""

    def __init__(self, answered: Callable[[Connection], None], failed: Callable[[str], None]) -> None:
        self._answered = answered
        self._failed = failed
        self._transport: Any = None
        self._pieces: list[bytes] = []
        self._missing = 0
        self._head = b""
        self.sent = b""
        self.due = 0.0

    def connection_made(self, transport: Any) -> None:
        """Keep the transport."""
        self._transport = transport

    def connection_lost(self, _: Exception | None) -> None:
        """Nothing more will come."""
        self._failed("the server has closed a connection")

    def send(self, request: bytes) -> None:
        """Ask."""
        self.sent = request
        self._transport.write(request)

    def close(self) -> None:
        """Hang up."""
        self._failed = lambda _: None
        self._transport.close()

    def content(self) -> bytes:
        """The body of the last answer."""
        return b"".join(self._pieces)

    def data_received(self, data: bytes) -> None:
        """A piece of an answer."""
        if self._missing:
            self._pieces.append(data)
            self._missing -= len(data)
        elif not self._begin(self._head + data if self._head else data):
            return
        if not self._missing:
            self._answered(self)

    def _begin(self, data: bytes) -> bool:
        """Read the head of an answer, if it is complete."""
        end = data.find(b"\r\n\r\n")
        if end < 0:
            self._head = data
            return False
        self._head = b""
        head = data[:end].lower()
        at = head.find(b"\r\ncontent-length:")
        if head[9:12] != b"200" or at < 0:
            self._failed(data[:500].decode("latin-1"))
            return False
        stop = head.find(b"\r", at + 2)
        length = int(head[at + 17 : stop if stop > 0 else end])
        self._pieces = [data[end + 4 :]]
        self._missing = length - (len(data) - end - 4)
        return True


class Load:
    """Connections to one server, and what is asked over them."""

    def __init__(self, port: int, requests: Iterator[bytes]) -> None:
        self._port = port
        self._requests = requests
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._measured = Measured(0.0)
        self._until = 0.0
        self._asking = 0
        self._left = 0

    @contextlib.asynccontextmanager
    async def _connected(self, count: int, answered: Callable[[Connection], None]) -> AsyncIterator[list[Connection]]:
        loop, made = asyncio.get_running_loop(), list[Connection]()
        try:
            for _ in range(count):
                _, connection = await loop.create_connection(
                    lambda: Connection(answered, self._fail), "127.0.0.1", self._port
                )
                made.append(connection)
            yield made
        finally:
            for connection in made:
                connection.close()

    async def closed(self, *, seconds: float, connections: int) -> Measured:
        """Ask in a closed loop for so long, and wait for what was asked: the time ends with the last answer.

        Raises:
            LoadFailed: a request was refused, or not answered.
        """
        return await self._ask(seconds, connections, most=1 << 62)

    async def replay(self, count: int, *, connections: int) -> Measured:
        """Ask so many requests in a closed loop, in a minute at most. Raises as `closed` does."""
        return await self._ask(_MINUTE, min(count, connections), most=count)

    async def _ask(self, seconds: float, connections: int, *, most: int) -> Measured:
        async with self._connected(connections, self._next) as made:
            started = time.perf_counter()
            self._until = started + seconds
            self._asking, self._left = len(made), most - len(made)
            for connection in made:
                connection.send(next(self._requests))
            async with _in_time(seconds):
                await self._over
        self._measured.seconds = time.perf_counter() - started
        return self._measured

    def _next(self, connection: Connection) -> None:
        self._count(connection)
        if self._left and time.perf_counter() < self._until:
            self._left -= 1
            connection.send(next(self._requests))
            return
        self._measured.samples.append((connection.sent, connection.content()))
        self._asking -= 1
        if not self._asking:
            self._end()

    async def open(self, *, rate: float, seconds: float, connections: int) -> Measured:
        """Ask in an open loop: so many requests per second, evenly spread, whatever the server makes of them.

        The processor that this runs on is kept busy: timers would come a millisecond late.

        Raises:
            LoadFailed: a request was refused, or not answered.
        """
        free: list[Connection] = []
        async with self._connected(connections, lambda c: self._timed(c, free)) as made:
            free.extend(made)
            async with _in_time(seconds):
                await self._spread(free, rate, seconds)
        self._measured.seconds = seconds
        return self._measured

    async def _spread(self, free: list[Connection], rate: float, seconds: float) -> None:
        loop, waiting = asyncio.get_running_loop(), deque[float]()
        started, gap, total = time.perf_counter(), 1 / rate, max(1, int(rate * seconds))
        number = 0

        def look() -> None:
            nonlocal number
            now = time.perf_counter()
            while number < total and started + number * gap <= now:
                waiting.append(started + number * gap)
                number += 1
            while waiting and free:
                connection = free.pop()
                connection.due = waiting.popleft()
                connection.send(next(self._requests))
            if self._measured.answers == total:
                self._end()
            elif not self._over.done():
                loop.call_soon(look)

        look()
        await self._over

    def _timed(self, connection: Connection, free: list[Connection]) -> None:
        self._measured.latencies.append(time.perf_counter() - connection.due)
        self._count(connection)
        free.append(connection)

    def _count(self, connection: Connection) -> None:
        measured = self._measured
        if measured.answers % _EVERY == 0:
            measured.samples.append((connection.sent, connection.content()))
        measured.answers += 1

    def _end(self) -> None:
        if not self._over.done():
            self._over.set_result(None)

    def _fail(self, said: str) -> None:
        if not self._over.done():
            self._over.set_exception(LoadFailed(said))


@contextlib.asynccontextmanager
async def _in_time(seconds: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds + _PATIENCE):
            yield
    except TimeoutError:
        raise LoadFailed(f"no answer within {_PATIENCE:g} seconds") from None


async def ask(port: int, request: bytes) -> bytes:
    """The body of the answer to one request. Raises `LoadFailed`."""
    measured = await Load(port, iter([request])).replay(1, connections=1)
    return measured.samples[0][1]
