"""``python -m benchmarks.webhooks``: how many webhooks one core takes in, each durable before it is answered.

The real server (uvicorn, the application's layers, a SQLite mirror in a folder of its own) runs pinned to one core, and
who posts to it on another. What it prints: answers per second, how long they took, how many commits (each one sync of
the disk) kept them, and how fast what had to wait came into the mirror afterwards. Where other processes are busy on
that core, the share of it that the server got is in the column CPU.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import dataclasses
import datetime as dt
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import uvicorn
from sqlalchemy import func, select
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from gateway.domain import catalog as catalogs
from gateway.domain.decode import decoder
from gateway.domain.projection import projector
from gateway.domain.signatures import vapi_secret
from gateway.domain.webhooks import Rereads
from gateway.observe.events import silence
from gateway.services.webhooks import Webhooks
from gateway.store.calls import SqlCalls
from gateway.store.ledger import WAITING, SqlLedger
from gateway.store.opening import opened
from gateway.web.middleware.closing import Closing
from gateway.web.middleware.request_id import RequestId
from gateway.web.refusals import HANDLERS
from gateway.web.webhooks import WebhookView

PATH: Final = "/webhooks/vapi"
SECRET: Final = "benchmark"  # noqa: S105  # opens nothing
SIZES: Final = {"3": 3_000, "130": 130_000}
_PLACE: Final = b"00000000-0000-7000-8000-000000000000"
"""Where the id of a call stands in a body."""


# The server


class Received:
    """A place to receive webhooks at, over a SQLite file; the endpoint is there once it is open."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextlib.asynccontextmanager
    async def opened(self, *, applies: bool) -> AsyncIterator[None]:
        """Open the database; what waits is applied, or waits for good."""
        catalog = catalogs.build()
        decode, project = decoder(catalog, b"benchmark"), projector(catalog)
        database = await opened(f"sqlite:///{self._folder / 'mirror.sqlite'}", catalog)
        store = SqlCalls(database, catalog, lambda document: project(decode(document).call))
        pause = Rereads(noticed=dt.timedelta(seconds=0.5), late=dt.timedelta(minutes=5))
        self._database, self._ledger = database, SqlLedger(database)
        webhooks = Webhooks(ledger=self._ledger, store=store, rereads=pause, clock=utc_now)
        self._view = WebhookView(webhooks, schemes=(vapi_secret(SECRET),), limit=2**22, seconds=10, clock=utc_now)
        task = asyncio.create_task(webhooks.run() if applies else asyncio.sleep(0))
        yield
        task.cancel()
        await asyncio.wait({task})
        await database.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._view(scope, receive, send)

    async def counts(self, _: Request) -> JSONResponse:
        """What happened so far."""
        ledger = self._database.tables.ledger
        waiting = select(func.count()).select_from(ledger).where(ledger.c.state == WAITING)
        async with self._database.reading() as connection:
            left = await connection.scalar(waiting)
        return JSONResponse({"commits": self._ledger.commits, "waiting": left, "cpu": time.process_time()})


def application(folder: Path, *, applies: bool) -> Starlette:
    """What `gateway serve` has for webhooks, and a page of counts."""
    received = Received(folder)
    return Starlette(
        routes=[Route(PATH, received, methods=["POST"]), Route("/counts", received.counts)],
        middleware=[Middleware(RequestId, listen=silence)],
        exception_handlers=HANDLERS,
        lifespan=lambda _: received.opened(applies=applies),
    )


def utc_now() -> dt.datetime:
    """The clock on the wall."""
    return dt.datetime.now(dt.UTC)


def serve(folder: Path, listening: socket.socket, core: int, *, applies: bool) -> None:
    """Serve on one core until terminated."""
    os.sched_setaffinity(0, {core})
    config = uvicorn.Config(
        Closing(application(folder, applies=applies)), access_log=False, log_level="warning", server_header=False
    )
    uvicorn.Server(config).run(sockets=[listening])


@contextlib.contextmanager
def server(core: int, *, applies: bool, folder: Path) -> Iterator[int]:
    """A server in a process of its own; its port."""
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listening:
        listening.set_inheritable(True)
        command = [sys.executable, "-m", "benchmarks.webhooks", "--serve", str(listening.fileno()), str(folder)]
        process = subprocess.Popen(  # noqa: S603  # ourselves
            [*command, "--core", str(core), *([] if applies else ["--only-keep"])], pass_fds=[listening.fileno()]
        )
        try:
            yield listening.getsockname()[1]
        finally:
            process.terminate()
            process.wait()


# Who posts


@dataclasses.dataclass(slots=True)
class Poster(asyncio.Protocol):
    """One connection that posts one webhook after the other; ``took`` are seconds from sending to the answer."""

    around: tuple[bytes, bytes]
    until: float
    took: list[float]
    done: asyncio.Future[None]
    transport: Any = None
    sent: float = 0.0
    number: int = 0
    call: bytes = _PLACE

    def connection_made(self, transport: Any) -> None:
        """Begin."""
        self.transport = transport
        self._post()

    def data_received(self, data: bytes) -> None:
        """An answer, or the beginning of one: the body comes in a piece of its own."""
        if data.startswith(b"HTTP/1.1") and not data.startswith(b"HTTP/1.1 200"):
            self._fail(data)
        elif data.endswith(b"{}"):
            self._answered(time.perf_counter())

    def _answered(self, now: float) -> None:
        self.took.append(now - self.sent)
        if now < self.until:
            self._post()
        elif not self.done.done():
            self.done.set_result(None)

    def connection_lost(self, _: Exception | None) -> None:
        """The server has gone away."""
        self._fail(b"the connection was closed")

    def _fail(self, said: bytes) -> None:
        if not self.done.done():
            self.done.set_exception(RuntimeError(said[:200].decode("latin-1")))

    def _post(self) -> None:
        if self.number % 3 == 0:  # a call has about three webhooks that are kept
            self.call = str(uuid.uuid4()).encode()
        self.number += 1
        self.sent = time.perf_counter()
        self.transport.writelines([self.around[0], self.call, self.around[1]])


def request(size: int, port: int) -> tuple[bytes, bytes]:
    """A webhook as it goes over the wire, before and behind the id of its call."""
    body = posted(size)
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"X-Vapi-Secret: {SECRET}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    before, _, behind = (head.encode() + body).partition(_PLACE)
    return before, behind


def posted(size: int) -> bytes:
    """A status-update, or a report of the end where there is room for one, filled up with conversation."""
    call = {"id": _PLACE.decode(), "type": "webCall", "status": "queued", "createdAt": "2026-08-19T12:00:00.028Z"}
    message: dict[str, Any] = {
        "timestamp": 1787140870909,
        "type": "status-update",
        "status": "in-progress",
        "call": call,
    }
    if size > 20_000:  # noqa: PLR2004
        message |= {"type": "end-of-call-report", "endedReason": "customer-ended-call", **REPORTED}
    turn = {
        "role": "bot",
        "message": "And would Tuesday at ten suit you? " * 3,
        "time": 1787140805000.5,
        "duration": 1250,
    }
    spoken: list[Any] = []
    message["artifact"] = {"messages": spoken}
    while len(json.dumps({"message": message})) < size:
        spoken.append(turn)
    return json.dumps({"message": message}).encode()


REPORTED: Final = {
    "startedAt": "2026-08-19T12:00:03.649Z",
    "endedAt": "2026-08-19T12:01:05.925Z",
    "cost": 0.0731,
    "costBreakdown": {"stt": 0.0056, "llm": 0.0101, "tts": 0.0126, "vapi": 0.0448, "total": 0.0731},
    "costs": [
        {"type": "transcriber", "transcriber": {"provider": "deepgram"}, "minutes": 1.0379, "cost": 0.00562928},
        {
            "type": "model",
            "model": {"provider": "openai"},
            "promptTokens": 2570,
            "completionTokens": 57,
            "cost": 0.0101,
        },
        {"type": "voice", "voice": {"provider": "vapi"}, "characters": 251, "cost": 0.0126},
        {"type": "vapi", "subType": "normal", "minutes": 1.0379, "cost": 0.0448},
    ],
    "analysis": {"summary": "They agreed on Tuesday at ten. " * 10, "successEvaluation": "true"},
}


async def posting(port: int, size: int, *, connections: int, seconds: float) -> list[float]:
    """Post for so long over so many connections; how long each answer took, in seconds."""
    loop, took = asyncio.get_running_loop(), list[float]()
    ends = [loop.create_future() for _ in range(connections)]
    until = time.perf_counter() + seconds
    around = request(size, port)
    for done in ends:
        await loop.create_connection(lambda done=done: Poster(around, until, took, done), "127.0.0.1", port)  # type: ignore[misc]
    await asyncio.gather(*ends)
    return took


async def counts(port: int) -> dict[str, Any]:
    """What the server counts."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET /counts HTTP/1.1\r\nHost: x:{port}\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    found: dict[str, Any] = json.loads(answer.partition(b"\r\n\r\n")[2])
    return found


async def measured(port: int, size: int, *, connections: int, seconds: float, applies: bool) -> list[str]:
    """One row of the table."""
    await posting(port, size, connections=connections, seconds=1.0)
    if applies:
        await emptied(port)
    before, started = await counts(port), time.perf_counter()
    took = sorted(await posting(port, size, connections=connections, seconds=seconds))
    lasted, after = time.perf_counter() - started, await counts(port)
    commits, left = after["commits"] - before["commits"], after["waiting"] - before["waiting"]
    return [
        f"{len(took) / lasted:,.0f}",
        *(f"{1000 * took[int(len(took) * share)]:.1f}" for share in (0.5, 0.99)),
        f"{1000 * took[-1]:.0f}",
        f"{commits / lasted:,.0f}",
        f"{len(took) / commits:.1f}",
        f"{(after['cpu'] - before['cpu']) / lasted:.0%}",
        f"{len(took) / (after['cpu'] - before['cpu']):,.0f}",
        f"{left:,}",
        f"{left / await emptied(port):,.0f}" if applies and left else "-",
    ]


async def emptied(port: int) -> float:
    """Wait until nothing waits; how many seconds that took."""
    started = time.perf_counter()
    while (await counts(port))["waiting"]:  # noqa: ASYNC110  # the other process has no event for it
        await asyncio.sleep(0.1)
    return time.perf_counter() - started


HEAD: Final = (
    "kB",
    "applying",
    "per s",
    "p50 ms",
    "p99 ms",
    "max ms",
    "commits/s",
    "per commit",
    "CPU",
    "per CPU s",
    "left",
    "then per s",
)


def main() -> None:
    """Serve, or post and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=8.0, help="how long each row takes")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--folder", type=Path, help="where the database is; by default a temporary folder")
    parser.add_argument("--serve", nargs=2, metavar=("FD", "FOLDER"), help=argparse.SUPPRESS)
    parser.add_argument("--core", type=int, default=0, help="the core that serves; another one posts")
    parser.add_argument("--only-keep", action="store_true", help=argparse.SUPPRESS)
    stated = parser.parse_args()
    if stated.serve:
        listening = socket.socket(fileno=int(stated.serve[0]))
        serve(Path(stated.serve[1]), listening, stated.core, applies=not stated.only_keep)
        return
    os.sched_setaffinity(0, os.sched_getaffinity(0) - {stated.core})
    rows = [row(stated, kilobytes, applies=applies) for kilobytes in SIZES for applies in (False, True)]
    table([HEAD, *rows])


def row(stated: argparse.Namespace, kilobytes: str, *, applies: bool) -> list[str]:
    """One row, by a server and a database of its own."""
    with (
        tempfile.TemporaryDirectory(dir=stated.folder) as folder,
        server(stated.core, applies=applies, folder=Path(folder)) as port,
    ):
        size, connections = SIZES[kilobytes], stated.connections
        work = measured(port, size, connections=connections, seconds=stated.seconds, applies=applies)
        return [kilobytes, "yes" if applies else "no", *asyncio.run(work)]


def table(rows: Sequence[Sequence[str]]) -> None:
    """The figures."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(text.rjust(width) for text, width in zip(row, widths, strict=True)))  # noqa: T201


if __name__ == "__main__":
    main()
