"""A way to a PostgreSQL that can be cut and mended: what a gateway sees of a server that goes away and comes back."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from sqlalchemy import URL, make_url


class Forwarder:
    """Carries bytes between whoever connects to ``port`` and a server, unless it is ``down``."""

    def __init__(self, server: URL) -> None:
        self.down = False
        self.port = 0
        self._server = server
        self._open: set[asyncio.StreamWriter] = set()

    async def cut(self) -> None:
        """Break every connection, and refuse new ones."""
        self.down = True
        for writer in self._open:
            writer.transport.abort()

    def mend(self) -> None:
        """Carry again."""
        self.down = False

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, both ways."""
        if self.down:
            writer.transport.abort()
            return
        there, back = await asyncio.open_connection(self._server.host, self._server.port)
        self._open |= {writer, back}
        await asyncio.gather(_copy(reader, back), _copy(there, writer))
        self._open -= {writer, back}


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while piece := await reader.read(65_536):
            writer.write(piece)
            await writer.drain()
    writer.close()


@contextlib.asynccontextmanager
async def forwarding(url: str) -> AsyncIterator[tuple[str, Forwarder]]:
    """The URL of the same database by way of a forwarder, and that."""
    to = make_url(url)
    forwarder = Forwarder(to)
    server = await asyncio.start_server(forwarder.carry, "127.0.0.1", 0)
    forwarder.port = server.sockets[0].getsockname()[1]
    async with server:
        through = to.set(host="127.0.0.1", port=forwarder.port)
        yield through.render_as_string(hide_password=False), forwarder
        await forwarder.cut()
