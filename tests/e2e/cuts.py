"""Cuts: exports that their clients break off at random bytes, and what is left of them in the process.

    python -m tests.e2e.cuts --cuts 100 [--calls 2000] [--seed 1]

A gateway over simulated calls serves on a socket of this process. Each export is read up to a random byte, and then
left in one of the ways in which clients leave. The figures are what the process held before and holds after.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import dataclasses
import random
import socket
import struct
import threading
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, Final

import httpx

from gateway import app
from gateway.domain.tabular import CALLS, COSTS, CUSTOMERS, MESSAGES, STRUCTURED_OUTPUTS
from gateway.simulator.app import create
from tests.e2e.clocks import ANCHOR, Clock
from tests.e2e.gateways import gateway
from tests.web.served import served

TABLES: Final = (CALLS, CUSTOMERS, COSTS, MESSAGES, STRUCTURED_OUTPUTS)
FORMATS: Final = ("csv", "ndjson", "arrow", "parquet")
PLACES: Final = 2
"""Exports that one caller may have at a time: a place that is not given back is missed soon."""
_ENCODINGS: Final = ("identity", "gzip", "zstd")
_PATIENCE: Final = 10.0
_SMALL: Final = 4096
"""The buffer of a client in bytes: what it has not read stays with the server."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a process holds: asyncio's tasks, open files, threads, connections to the copy, and files of exports.

    Pools that grow to their size whatever happens do not count: connections to the mirror, and Python's own threads.
    """

    tasks: int
    descriptors: int
    threads: int
    connections: int
    files: int

    def is_within(self, other: Held) -> bool:
        """Whether none of it is more than that."""
        return all(getattr(self, name) <= getattr(other, name) for name in Held.__dataclass_fields__)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What the cuts came to: how many in the middle of an answer, and what was held ``before`` and ``after`` them.

    ``answered`` is whether complete exports came afterwards, as many at once as a caller may have.
    """

    cuts: int
    in_the_middle: int
    before: Held
    after: Held
    answered: bool

    @property
    def is_clean(self) -> bool:
        """Whether nothing was left."""
        return self.answered and self.after.is_within(self.before)


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """A gateway on a socket, and how long each of its exports is in bytes, by its address."""

    port: int
    parts: app.Gateway
    folder: Path
    lengths: dict[str, int]


@contextlib.asynccontextmanager
async def place(folder: Path, *, calls: int) -> AsyncIterator[Place]:
    """A gateway over so many simulated calls, warm: every export has been asked for once."""
    simulated = create(seed=7, calls=calls, live=0, clock=Clock(), anchor=ANCHOR)
    stated: dict[str, Any] = {"data_dir": folder, "exports_at_once": PLACES}
    async with gateway(clock=Clock(), transport=httpx.ASGITransport(simulated), **stated) as there:
        await there.fill()
        built: Any = there.http._transport.app  # type: ignore[attr-defined]
        async with served(built) as port:
            lengths = {address: len(await whole(port, address)) for address in addresses()}
            yield Place(port, there.parts, folder, lengths)


def addresses() -> Sequence[str]:
    """Every table in every format."""
    return [f"/export/{table}.{ending}" for table in TABLES for ending in FORMATS]


async def whole(port: int, address: str) -> bytes:
    """A complete export."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        answer = await client.get(address, headers={"Host": "gateway", "Accept-Encoding": "identity"})
    assert answer.status_code == 200, answer.text
    return answer.content


async def cut_at_random(there: Place, *, cuts: int, seed: int) -> Figures:
    """Break off so many exports, two at a time, and look at what is left."""
    chance, told = random.Random(seed), Counter[bool]()
    before = await settled(there, None)
    for _ in range(cuts // PLACES):
        assert there.parts.spool is not None
        there.parts.spool.purge()
        pair = [_cut(there, random.Random(chance.random())) for _ in range(PLACES)]
        told.update(await asyncio.gather(*pair))
        await settled(there, before)
    after = await settled(there, before)
    at_once = [whole(there.port, "/export/calls.csv") for _ in range(PLACES)]
    lengths = [len(answer) for answer in await asyncio.gather(*at_once)]
    return Figures(
        cuts=told.total(),
        in_the_middle=told[True],
        before=before,
        after=after,
        answered=lengths == [there.lengths["/export/calls.csv"]] * PLACES,
    )


async def _cut(there: Place, chance: random.Random) -> bool:
    """Read an export up to a random byte and leave; whether more of it would have come."""
    address = chance.choice(list(there.lengths))
    length = chance.choice([0, chance.randrange(there.lengths[address]), chance.randrange(there.lengths[address])])
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL)
    connection.setblocking(False)  # noqa: FBT003  # as the standard library has it
    await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", there.port))
    reader, writer = await asyncio.open_connection(sock=connection, limit=_SMALL)
    writer.write(_request(address, chance))
    more = True
    while length > 0 and more:
        read = await reader.read(min(length, _SMALL))
        length, more = length - len(read), bool(read)
    await _leave(writer, connection, chance)
    return more


def _request(address: str, chance: random.Random) -> bytes:
    lines = [f"GET {address} HTTP/1.1", "Host: gateway", f"Accept-Encoding: {chance.choice(_ENCODINGS)}"]
    if chance.random() < 0.3:
        lines.append(f"Range: bytes={chance.randrange(1000)}-")
    return "\r\n".join([*lines, "", ""]).encode()


async def _leave(writer: asyncio.StreamWriter, connection: socket.socket, chance: random.Random) -> None:
    """Close, reset, or say that nothing more will be said and then close."""
    match chance.randrange(3):
        case 0:
            connection_options = struct.pack("ii", 1, 0)  # lingering for no time: the connection is reset
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, connection_options)
        case 1:
            writer.write_eof()
            await asyncio.sleep(chance.random() / 50)
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


async def settled(there: Place, before: Held | None) -> Held:
    """What is held once nothing of the exports is under way any more, or patience has ended."""
    end = asyncio.get_running_loop().time() + _PATIENCE
    while True:
        held = await _held(there)
        quiet = before is None or held.is_within(dataclasses.replace(before, files=held.files))
        if quiet or asyncio.get_running_loop().time() > end:
            break
        await asyncio.sleep(0.01)
    assert there.parts.spool is not None
    there.parts.spool.purge()
    return await _held(there)


async def _held(there: Place) -> Held:
    assert there.parts.columnar is not None
    counted = "SELECT count FROM duckdb_connection_count()"
    ((connections,),) = await there.parts.columnar.copy.ask(lambda _, asking: asking.execute(counted).fetchall())
    of_system = await asyncio.to_thread(_of_system, there.folder)
    return Held(tasks=len(asyncio.all_tasks()), connections=int(connections), **of_system)


def _of_system(folder: Path) -> dict[str, int]:
    opened = [_leads_to(link) for link in Path("/proc/self/fd").iterdir()]
    files = [path for path in (folder / "spool").rglob("*") if path.is_file() and path.suffix != ".lock"]
    return {
        "descriptors": sum("mirror.sqlite" not in name for name in opened),
        "threads": sum(1 for _ in Path("/proc/self/task").iterdir()) - threading.active_count(),
        "files": len(files),
    }


def _leads_to(link: Path) -> str:
    with contextlib.suppress(OSError):  # it may have been closed since
        return str(link.readlink())
    return ""


async def figures(folder: Path, *, cuts: int, calls: int, seed: int) -> Figures:
    """Cut exports of a new gateway."""
    async with place(folder, calls=calls) as there:
        return await cut_at_random(there, cuts=cuts, seed=seed)


def main() -> None:
    """Print the figures."""
    import tempfile

    parser = argparse.ArgumentParser(description="Break off exports at random bytes, and look at what is left.")
    parser.add_argument("--cuts", type=int, default=100)
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    stated = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gateway-cuts-") as folder:
        found = asyncio.run(figures(Path(folder), cuts=stated.cuts, calls=stated.calls, seed=stated.seed))
    print(f"{found.cuts} exports were cut, {found.in_the_middle} of them before their end")  # noqa: T201  # a program's answer
    print(f"before: {found.before}\nafter:  {found.after}")  # noqa: T201  # the same
    print(f"complete exports come afterwards: {found.answered}; clean: {found.is_clean}")  # noqa: T201  # the same
    raise SystemExit(not found.is_clean)


if __name__ == "__main__":
    main()
