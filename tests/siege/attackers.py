"""Attackers: clients that connect and say nothing, and some that send a byte a second; a process of their own.

    python -m tests.siege.attackers PORT CLIENTS DRIPPING ADDRESS…

Each comes again a second after it was sent away. It says ``ready`` once everybody has been connected, and ends with its
standard input, saying how often somebody connected.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from typing import Final, cast

import uvloop

_AGAIN: Final = 1.0
"""After how many seconds one that was sent away comes again."""

_AT_ONCE: Final = 500
"""How many connect at the same time in the beginning."""

_REQUEST: Final = b"GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"a" * 600


class Silent(asyncio.Protocol):
    """Says nothing."""

    def __init__(self) -> None:
        self.ended = asyncio.get_running_loop().create_future()

    def connection_lost(self, _: Exception | None) -> None:
        if not self.ended.done():  # at the end they are ended from this side
            self.ended.set_result(None)


class Dripping(Silent):
    """Sends a request, one byte a second."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._drip(cast("asyncio.Transport", transport), 0)

    def _drip(self, transport: asyncio.Transport, at: int) -> None:
        if not transport.is_closing():
            transport.write(_REQUEST[at : at + 1])
            asyncio.get_running_loop().call_later(1.0, self._drip, transport, at + 1)


async def attack(port: int, clients: int, dripping: int, addresses: list[str]) -> None:
    """Connect, again and again, until standard input ends."""
    connected, gate = itertools.count(), asyncio.Semaphore(_AT_ONCE)
    once = [asyncio.Event() for _ in range(clients)]

    async def attacker(number: int) -> None:
        address, kind = addresses[number % len(addresses)], Dripping if number < dripping else Silent
        while True:
            try:
                async with gate:
                    _, protocol = await asyncio.get_running_loop().create_connection(
                        kind, "127.0.0.1", port, local_addr=(address, 0)
                    )
                next(connected)
                once[number].set()
                await protocol.ended
            except OSError:
                pass
            await asyncio.sleep(_AGAIN)

    tasks = [asyncio.create_task(attacker(number)) for number in range(clients)]
    for event in once:
        await event.wait()
    print("ready", flush=True)  # noqa: T201  # a program's answer
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    print(next(connected), flush=True)  # noqa: T201  # the same


if __name__ == "__main__":
    uvloop.run(attack(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]))
