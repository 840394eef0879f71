"""An error in the middle of an export never looks like the end of it: over a socket, the connection breaks."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import httpx
import pyarrow as pa
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route

from gateway.domain.catalog import build
from gateway.domain.filters import EVERYTHING
from gateway.domain.principal import ANONYMOUS
from gateway.errors import StoreTimeout, StoreUnavailable
from gateway.export.spool import Spool
from gateway.observe.events import Event, ExportCut, RequestFailed
from gateway.ports import TableQuery
from gateway.services.stats import Snapshots
from gateway.services.tables import Tables
from gateway.web.exports import ExportView
from gateway.web.middleware.request_id import RequestId
from gateway.web.rates import Places
from tests.graph.asking import running
from tests.web.served import served

pytestmark = pytest.mark.anyio

ROWS: Final = pa.RecordBatch.from_pylist([{"id": "a" * 1000} for _ in range(1000)])
STREAMED: Final = ("csv", "ndjson", "arrow")
END: Final = b"0\r\n\r\n"
"""How an answer ends that says of itself that it is complete."""


@dataclasses.dataclass
class Reader:
    """A table whose rows never end, until ``then`` happens behind some of them."""

    then: Callable[[], Any]
    batches_before: int = 3
    state: int = 1
    deletion: int = 0
    open: int = 0
    read: int = 0

    @contextlib.asynccontextmanager
    async def scan(self, query: TableQuery) -> AsyncIterator[Reader]:
        self.open += 1
        try:
            yield self
        finally:
            self.open -= 1

    async def count(self) -> int:
        return 0

    async def batches(self) -> AsyncGenerator[Any]:
        for _ in range(self.batches_before):
            self.read += 1
            yield ROWS
        happened = self.then()
        if isinstance(happened, Exception):
            raise happened
        await happened


async def last_change() -> int:
    return 1


@dataclasses.dataclass
class World:
    """Exports of a table like that, what was told of them, and who has a place."""

    reader: Reader
    folder: Path
    seconds: float = 60
    told: list[Event] = dataclasses.field(default_factory=list)
    places: Places = dataclasses.field(default_factory=lambda: Places(2, what="Exports", setting="GATEWAY_…"))

    def __post_init__(self) -> None:
        self.spool = Spool(self.folder, most_bytes=2**30, seconds=60, timer=lambda: 0.0)

    @contextlib.asynccontextmanager
    async def served(self) -> AsyncIterator[int]:
        """The port at which they are asked for."""
        with contextlib.closing(self.spool):
            async with served(self._app()) as port:
                yield port

    def _app(self) -> Starlette:
        view = ExportView(
            Tables(self.reader, Snapshots(last_change), catalog=build()),
            principal=lambda _: ANONYMOUS,
            predicate=lambda *_: EVERYTHING,
            spool=self.spool,
            places=self.places,
            seconds=self.seconds,
            listen=self.told.append,
            clock=lambda: pytest.fail("nobody asks for the time"),
        )
        return Starlette(
            routes=[Route("/export/{file}", view)], middleware=[Middleware(RequestId, listen=self.told.append)]
        )

    def files(self) -> list[Path]:
        return [path for path in self.folder.rglob("*") if path.is_file() and path.suffix != ".lock"]


async def asked(port: int, ending: str) -> bytes:
    """Everything that is sent until the connection ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET /export/calls.{ending} HTTP/1.1\r\nHost: gateway\r\n\r\n".encode())
    try:
        async with asyncio.timeout(10):
            return await reader.read()
    finally:
        writer.close()


async def forever() -> None:
    await asyncio.Event().wait()


CAUSES: Final[list[tuple[Callable[[], Any], float, str]]] = [
    (lambda: StoreUnavailable("The disk is gone."), 60, "STORE_UNAVAILABLE"),
    (lambda: StoreTimeout("It took too long."), 60, "STORE_TIMEOUT"),
    (forever, 0.3, "0.3 seconds"),
]


@pytest.mark.parametrize(("then", "seconds", "reason"), CAUSES, ids=[reason for *_, reason in CAUSES])
@pytest.mark.parametrize("ending", STREAMED)
async def test_rows_that_end_too_early_end_without_an_end(
    tmp_path: Path, ending: str, then: Callable[[], Any], seconds: float, reason: str
) -> None:
    world = World(Reader(then), tmp_path, seconds)
    async with world.served() as port:
        sent = await asked(port, ending)
        with pytest.raises(httpx.RemoteProtocolError, match="incomplete chunked read"):
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
                await client.get(f"/export/calls.{ending}")
    assert sent.startswith(b"HTTP/1.1 200 OK")
    assert len(sent) > 2_000_000
    assert not sent.endswith(END)
    cuts = [event for event in world.told if isinstance(event, ExportCut)]
    assert [(cut.file, cut.reason) for cut in cuts] == [(f"calls.{ending}", reason)] * 2
    assert len({cut.request_id for cut in cuts}) == 2
    assert world.reader.open == 0


@pytest.mark.parametrize("ending", STREAMED)
async def test_an_error_that_nobody_foresaw_breaks_it_off_too(tmp_path: Path, ending: str) -> None:
    world = World(Reader(lambda: ZeroDivisionError("a person's name")), tmp_path)
    async with world.served() as port:
        sent = await asked(port, ending)
    assert not sent.endswith(END)
    (told,) = world.told
    assert isinstance(told, RequestFailed)
    assert told.error == "ZeroDivisionError"
    assert world.reader.open == 0


@pytest.mark.parametrize("batches_before", [0, 3])
@pytest.mark.parametrize(("status", "code"), [(503, "STORE_UNAVAILABLE"), (504, "QUERY_TIMEOUT")])
async def test_what_goes_wrong_while_a_file_is_written_is_told_and_leaves_no_file(
    tmp_path: Path, status: int, code: str, batches_before: int
) -> None:
    then, seconds = (forever, 0.3) if status == HTTPStatus.GATEWAY_TIMEOUT else (CAUSES[0][0], 60)
    world = World(Reader(then, batches_before), tmp_path, seconds)
    async with world.served() as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        answer = await client.get("/export/calls.parquet")
        assert (world.told, world.files(), world.reader.open) == ([], [], 0)
    assert answer.status_code == status
    assert answer.json()["errors"][0]["extensions"]["code"] == code


@pytest.mark.parametrize("ending", STREAMED)
async def test_what_goes_wrong_before_the_first_row_is_told_in_an_answer(tmp_path: Path, ending: str) -> None:
    for then, seconds, status in ((lambda: StoreUnavailable("Down."), 60, 503), (forever, 0.3, 504)):
        world = World(Reader(then, batches_before=0), tmp_path, seconds)
        async with world.served() as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            answer = await client.get(f"/export/calls.{ending}")
        assert answer.status_code == status
        assert "GATEWAY_EXPORT_SECONDS" in answer.text or status == HTTPStatus.SERVICE_UNAVAILABLE
        assert world.told == []


@pytest.mark.parametrize("ending", [*STREAMED, "parquet"])
async def test_a_client_who_goes_while_nothing_is_sent_frees_everything_at_once(tmp_path: Path, ending: str) -> None:
    """Parquet is not sent until it is complete, and of the rest the first rows may be long in coming."""
    began = asyncio.Event()

    async def waiting() -> None:
        began.set()
        await forever()

    world = World(Reader(waiting, batches_before=0), tmp_path)
    async with world.served() as port:
        asking = asyncio.create_task(asked(port, ending))
        async with asyncio.timeout(5):
            await began.wait()
            asking.cancel()
            while world.reader.open:  # noqa: ASYNC110  # it happens on the other side of a socket
                await asyncio.sleep(0.01)
        with world.places.taken("anonymous"), world.places.taken("anonymous"):
            assert (world.files(), world.told) == ([], [])


async def test_rows_are_read_at_the_pace_of_the_client(tmp_path: Path) -> None:
    world = World(Reader(forever, batches_before=1000), tmp_path)
    async with world.served() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**16)
        writer.write(b"GET /export/calls.csv HTTP/1.1\r\nHost: gateway\r\n\r\n")
        await reader.readexactly(1000)
        await asyncio.sleep(0.5)
        read = world.reader.read
        await asyncio.sleep(0.2)
        assert world.reader.read == read < 100
        await reader.readexactly(20_000_000)
        assert world.reader.read > read
        writer.transport.abort()


async def test_who_has_as_many_exports_as_may_be_waits_for_one_of_them_to_end(tmp_path: Path) -> None:
    world = World(Reader(forever), tmp_path)
    async with world.served() as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        async with contextlib.AsyncExitStack() as stack:
            for ending in ("csv", "arrow"):
                await stack.enter_async_context(client.stream("GET", f"/export/calls.{ending}"))
            refused = [await client.get(f"/export/calls.{ending}") for ending in ("csv", "parquet")]
            known = await client.head("/export/calls.csv")
        async with asyncio.timeout(5):
            while world.reader.open:  # noqa: ASYNC110  # it happens on the other side of a socket
                await asyncio.sleep(0.01)
        async with client.stream("GET", "/export/calls.csv") as again:
            pass
    for answer in refused:
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "5")
        assert "Exports are 2 at most (GATEWAY_…)" in answer.text
    assert (known.status_code, again.status_code) == (200, 200)


async def test_more_rows_of_documents_than_may_be_break_it_off_where_they_show() -> None:
    """How many there are is not known before they are read."""
    told: list[Event] = []
    async with running(listen=told.append, export_rows=3) as there:
        app: Any = there.client._transport.app  # type: ignore[attr-defined]
        async with served(app) as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            at_host = {"Host": "gateway"}
            with pytest.raises(httpx.RemoteProtocolError):
                await client.get("/export/messages.csv", headers=at_host)
            told_before_any = await client.get("/export/messages.ndjson", headers=at_host)
            as_file = await client.get("/export/messages.parquet", headers=at_host)
    (cut,) = [event for event in told if isinstance(event, ExportCut)]
    assert (cut.file, cut.reason) == ("messages.csv", "EXPORT_TOO_LARGE")
    assert (told_before_any.status_code, as_file.status_code) == (413, 413)
    assert "GATEWAY_EXPORT_ROWS" in as_file.text
