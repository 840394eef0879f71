"""The protocol: clients who take for ever are sent away, and what cannot be read as HTTP is refused in JSON."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from uvicorn.server import ServerState

from gateway.observe.events import ConnectionsClosed, Event, silence
from gateway.web.connections import Connections, Limits
from gateway.web.protocol import Doorkeeper, GuardedProtocol, protocol

HEADERS, BODIES = 0.4, 0.8
SIXTY_FOUR_KILOBYTES = 2**16
LARGE = 32 * 2**20
"""More than the buffers of a connection hold."""


async def echoed(request: Request) -> Response:
    """The request's headers by name, and how long its body is."""
    body = await request.body()
    return PlainTextResponse(f"{' '.join(sorted(request.headers))} {len(body)}")


async def large(_: Request) -> Response:
    """More than anybody takes at once."""
    return Response(b"a" * LARGE)


async def slow(_: Request) -> Response:
    """An answer that takes longer than any client may."""
    await asyncio.sleep(2 * BODIES)
    return PlainTextResponse("done")


async def slowly(_: Request) -> Response:
    """An answer for which a client need not wait long."""
    await asyncio.sleep(HEADERS / 2)
    return PlainTextResponse("done")


async def early(_: Request) -> Response:
    """An answer that does not wait for the body."""
    return PlainTextResponse("no")


LEFT: asyncio.Queue[str] = asyncio.Queue()
"""What `waiting` has seen."""


async def waiting(request: Request) -> Response:
    """An answer that waits until the client has gone."""
    await request.body()
    LEFT.put_nowait((await request.receive())["type"])
    return PlainTextResponse("nobody reads this")


@contextlib.asynccontextmanager
async def serving(
    *, connections: int = 50, of_one_address: int = 50, listen: Callable[[Event], None] = silence, speed: float = 1
) -> AsyncIterator[int]:
    """A small application on a socket, behind the protocol; its port. Its clock goes at this speed."""
    served = (echoed, large, slow, slowly, early, waiting)
    app = Starlette(routes=[Route(f"/{f.__name__}", f, methods=["GET", "POST"]) for f in served])
    limits = Limits(connections=connections, of_one_address=of_one_address, headers=HEADERS, bodies=BODIES)
    there: Connections[GuardedProtocol] = Connections(limits)
    keeper = Doorkeeper(there, header_bytes=SIXTY_FOUR_KILOBYTES, listen=listen, clock=lambda: speed * time.monotonic())
    config = uvicorn.Config(app, ws="none", http=protocol(keeper), access_log=False, log_config=None)
    config.load()
    state, loop = ServerState(), asyncio.get_running_loop()
    made: Any = config.http_protocol_class
    server = await loop.create_server(lambda: made(config, state, {}, loop), "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in state.tasks:
            task.cancel()
        for connection in list(state.connections):
            connection.transport.abort()
        await asyncio.gather(*state.tasks, return_exceptions=True)
        await server.wait_closed()


@contextlib.asynccontextmanager
async def client(port: int, **options: Any) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection to it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, **options)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def ended(reader: asyncio.StreamReader) -> float:
    """How long it took until the other side ended the connection; whatever it says before is passed over."""
    started = time.monotonic()
    with contextlib.suppress(ConnectionError):
        while await reader.read(2**20):
            pass
    return time.monotonic() - started


async def answer(port: int, *sent: bytes) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the one answer to these bytes."""
    async with client(port) as (reader, writer):
        for piece in sent:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.001)
        head = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
        headers = dict(line.lower().split(": ", 1) for line in head[1:-1])
        return int(head[0].split()[1]), headers, await reader.readexactly(int(headers["content-length"]))


async def everything(port: int, *sent: bytes) -> tuple[int, dict[str, str], bytes, bytes]:
    """Status, headers and body of the first answer to these bytes, and what follows until the connection ends."""
    async with client(port) as (reader, writer):
        for piece in sent:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.05)
        head = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
        headers = dict(line.lower().split(": ", 1) for line in head[1:-1])
        body = await reader.readexactly(int(headers["content-length"]))
        return int(head[0].split()[1]), headers, body, await asyncio.wait_for(reader.read(), HEADERS / 2)


@pytest.mark.anyio
async def test_a_client_that_says_nothing_is_sent_away() -> None:
    async with serving() as port, client(port) as (reader, _):
        assert HEADERS <= await ended(reader) < 2 * HEADERS + 1


@pytest.mark.anyio
async def test_a_client_that_sends_its_headers_byte_by_byte_is_sent_away_as_soon() -> None:
    async with serving() as port, client(port) as (reader, writer):

        async def drip() -> None:
            for byte in b"GET /echoed HTTP/1.1\r\nHost: localhost\r\n" + b"X-Long: " + b"a" * 500:
                writer.write(bytes([byte]))
                await asyncio.sleep(0.05)

        dripping = asyncio.create_task(drip())
        assert HEADERS <= await ended(reader) < 2 * HEADERS + 1
        dripping.cancel()


@pytest.mark.anyio
async def test_a_client_that_never_sends_the_body_it_promised_is_sent_away() -> None:
    async with serving() as port, client(port) as (reader, writer):
        writer.write(b"POST /echoed HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nabc")
        assert BODIES <= await ended(reader) < 2 * BODIES + 1


@pytest.mark.anyio
async def test_a_client_that_takes_nothing_of_its_answer_is_sent_away() -> None:
    async with serving() as port, client(port, limit=2**10) as (reader, writer):
        writer.write(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await asyncio.sleep(3 * BODIES)
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await reader.readexactly(LARGE)


@pytest.mark.anyio
async def test_a_client_that_takes_its_answer_slowly_gets_all_of_it() -> None:
    async with serving() as port, client(port) as (reader, writer):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**16)
        writer.write(b"GET /large HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        started, taken = time.monotonic(), 0
        while piece := await reader.read(2**20):
            taken += len(piece)
            await asyncio.sleep(2.5 * BODIES / (LARGE / len(piece)))
        assert taken > LARGE
        assert time.monotonic() - started > 2 * BODIES


@pytest.mark.anyio
async def test_a_client_whose_answer_takes_long_is_waited_with() -> None:
    async with serving() as port:
        assert (await answer(port, b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n"))[2] == b"done"


@pytest.mark.anyio
async def test_a_client_that_goes_on_sending_after_its_answer_is_sent_away() -> None:
    async with serving() as port, client(port) as (reader, writer):
        writer.write(b"POST /early HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000000\r\n\r\n")

        async def pour() -> None:
            with contextlib.suppress(ConnectionError):
                while True:
                    writer.write(b"a" * 100)
                    await writer.drain()
                    await asyncio.sleep(0.05)

        pouring = asyncio.create_task(pour())
        assert HEADERS <= await ended(reader) < 2 * HEADERS + 1
        await pouring


@pytest.mark.anyio
async def test_a_newcomer_is_answered_however_many_say_nothing() -> None:
    told: list[Event] = []
    async with (
        serving(connections=20, of_one_address=10, listen=told.append) as port,
        contextlib.AsyncExitStack() as them,
    ):
        silent = [await them.enter_async_context(client(port)) for _ in range(40)]
        status, _, _ = await answer(port, b"GET /echoed HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert status == 200
        assert all([await asyncio.wait_for(ended(reader), 1) < 1 for reader, _ in silent[:31]])


@pytest.mark.anyio
async def test_a_crowd_is_told_of_once_in_a_while() -> None:
    told: list[Event] = []
    async with serving(of_one_address=2, listen=told.append, speed=0.1) as port, contextlib.AsyncExitStack() as them:
        for _ in range(12):
            await them.enter_async_context(client(port))
    async with serving(of_one_address=2, listen=told.append, speed=100) as port, contextlib.AsyncExitStack() as them:
        for _ in range(12):
            await them.enter_async_context(client(port))
        await asyncio.sleep(1)
    assert told == [ConnectionsClosed(late=2, crowded=10, refused=0)]


@pytest.mark.anyio
async def test_where_everybody_is_being_answered_a_newcomer_is_refused() -> None:
    request = b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n"
    async with serving(of_one_address=1) as port, client(port) as (reader, writer):
        writer.write(request)
        await asyncio.sleep(0.05)
        async with client(port) as (refused, _):
            assert await asyncio.wait_for(ended(refused), 1) < BODIES
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")


@pytest.mark.anyio
@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET  HTTP/1.1\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /echoed HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"GET /echoed HTTP/1.1\r\nBad Name: 1\r\n\r\n",
        b"POST /echoed HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
)
async def test_what_cannot_be_read_as_http_is_refused_in_json(sent: bytes, caplog: pytest.LogCaptureFixture) -> None:
    async with serving() as port:
        status, headers, body = await answer(port, sent)
    assert (status, headers["content-type"], headers["connection"]) == (400, "application/json", "close")
    assert headers["x-content-type-options"] == "nosniff"
    assert json.loads(body)["errors"][0]["extensions"] == {"code": "BAD_REQUEST"}
    assert caplog.records == []


@pytest.mark.anyio
@pytest.mark.parametrize(
    "sent",
    [
        [b"GET /echoed HTTP/1.1\r\nX-Long: " + b"a" * SIXTY_FOUR_KILOBYTES + b"\r\n\r\n"],
        [b"GET /echoed?" + b"a" * SIXTY_FOUR_KILOBYTES + b" HTTP/1.1\r\n\r\n"],
        [b"GET /echoed HTTP/1.1\r\n", *[b"X-Many: " + b"a" * 990 + b"\r\n"] * 66],
        [b"GET /echoed HTTP/1.1\r\nX-Long: ", *[b"a" * 1000] * 66],
    ],
)
async def test_headers_without_an_end_are_refused_in_json(sent: list[bytes]) -> None:
    async with serving() as port:
        status, headers, body = await answer(port, *sent)
    assert (status, headers["content-type"]) == (431, "application/json")
    assert "GATEWAY_HEADER_BYTES" in json.loads(body)["errors"][0]["message"]


@pytest.mark.anyio
async def test_a_body_that_comes_with_the_headers_is_none_of_them() -> None:
    body = b"a" * (3 * SIXTY_FOUR_KILOBYTES)
    head = f"POST /echoed HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    async with serving() as port:
        assert (await answer(port, head + body))[2] == f"content-length host {len(body)}".encode()


@pytest.mark.anyio
async def test_trailers_do_not_pass_for_headers() -> None:
    async with serving() as port:
        _, _, body = await answer(
            port,
            b"POST /echoed HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"1\r\na\r\n0\r\nAuthorization: Bearer stolen\r\n\r\n",
        )
    assert body == b"host transfer-encoding 1"


SMUGGLED = b"GET /echoed?smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
UPGRADE = b"Host: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"


@pytest.mark.anyio
@pytest.mark.parametrize("body", ["Content-Length: 50\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n32\r\n"])
@pytest.mark.parametrize("in_one", [True, False])
async def test_the_body_of_a_request_to_upgrade_does_not_pass_for_a_request(body: str, *, in_one: bool) -> None:
    """The parser ends such a request with its headers, whatever they announce."""
    head = b"POST /echoed HTTP/1.1\r\n" + UPGRADE + body.encode()
    async with serving() as port:
        status, headers, told, behind = await everything(port, *([head + SMUGGLED] if in_one else [head, SMUGGLED]))
    assert (status, headers["connection"], behind) == (400, "close", b"")
    assert json.loads(told)["errors"][0]["extensions"] == {"code": "BAD_REQUEST"}


@pytest.mark.anyio
@pytest.mark.parametrize("asked", [UPGRADE, UPGRADE + b"Content-Length: 0\r\n", UPGRADE.replace(b"h2c", b"websocket")])
@pytest.mark.parametrize("in_one", [True, False])
async def test_who_asks_for_another_protocol_is_answered_by_this_one_and_no_more(
    asked: bytes, caplog: pytest.LogCaptureFixture, *, in_one: bool
) -> None:
    head = b"GET /slowly HTTP/1.1\r\n" + asked + b"\r\n"
    async with serving() as port:
        status, headers, told, behind = await everything(port, *([head + SMUGGLED] if in_one else [head, SMUGGLED]))
    assert (status, headers["connection"], told, behind) == (200, "close", b"done", b"")
    assert caplog.records == []


@pytest.mark.anyio
async def test_a_connection_serves_many_requests_one_after_another() -> None:
    async with serving() as port, client(port) as (reader, writer):
        for _ in range(5):
            writer.write(b"GET /echoed HTTP/1.1\r\nHost: localhost\r\n\r\n" * 2)
            for _ in range(2):
                await reader.readuntil(b"host 0")
            await asyncio.sleep(HEADERS / 2)


@pytest.mark.anyio
async def test_a_request_whose_client_has_gone_is_told_so_even_if_another_came_behind_it() -> None:
    async with serving() as port:
        async with client(port) as (_, writer):
            writer.write(b"GET /waiting HTTP/1.1\r\nHost: localhost\r\n\r\n" * 2)
            await writer.drain()
            await asyncio.sleep(HEADERS / 4)
        assert await asyncio.wait_for(LEFT.get(), HEADERS) == "http.disconnect"
