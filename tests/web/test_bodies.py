"""Bodies are read piece by piece, no more of them than may be, and no longer than they may take."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import ClientDisconnect
from starlette.types import Receive

from gateway.web.bodies import Unread, again, read
from tests.graph.asking import gateway


def sending(pieces: Iterable[bytes], *, then: str = "http.disconnect") -> Receive:
    """A client that sends these pieces, and then goes, or says nothing any more."""
    given = list(pieces)
    messages: list[Any] = [
        {"type": "http.request", "body": piece, "more_body": at < len(given)} for at, piece in enumerate(given, 1)
    ]

    async def receive() -> Any:
        if messages:
            return messages.pop(0)
        if then == "silence":
            await asyncio.Event().wait()
        return {"type": then}

    return receive


async def body(receive: Receive, *, stated: bytes | None = None, limit: int = 100) -> bytes | Unread:
    headers = [] if stated is None else [(b"content-length", stated)]
    return await read(headers, receive, limit=limit, seconds=0.05)


@given(st.lists(st.binary(max_size=60), min_size=1, max_size=5))
def test_a_body_is_what_its_pieces_are_together_unless_that_is_too_large(pieces: list[bytes]) -> None:
    whole = b"".join(pieces)
    found = asyncio.run(body(sending(pieces)))
    assert found == (whole if len(whole) <= 100 else Unread.TOO_LARGE)


@pytest.mark.anyio
@pytest.mark.parametrize("stated", [b"101", b"9" * 10_000])
async def test_a_body_that_says_it_is_too_large_is_not_read(stated: bytes) -> None:
    assert await body(sending([], then="silence"), stated=stated) is Unread.TOO_LARGE


@pytest.mark.anyio
@pytest.mark.parametrize("stated", [b"", b"-1", b"x", "٣".encode(), b"0" * 10_000])
async def test_what_is_no_length_is_not_believed(stated: bytes) -> None:
    assert await body(sending([b"a" * 101]), stated=stated) is Unread.TOO_LARGE
    assert await body(sending([b"a"]), stated=stated) == b"a"


@pytest.mark.anyio
async def test_a_body_that_does_not_end_is_waited_for_no_longer_than_it_may_take() -> None:
    receive = sending([b"a", b"b"], then="silence")

    async def first_of_two() -> Any:
        message = await receive()
        return {**message, "more_body": True}

    assert await body(first_of_two) is Unread.TOO_LATE


@pytest.mark.anyio
async def test_a_client_that_leaves_is_no_body() -> None:
    with pytest.raises(ClientDisconnect):
        await body(sending([]))


@pytest.mark.anyio
async def test_a_body_that_was_read_can_be_read_again_and_what_comes_after_it_comes_after_it() -> None:
    receive = again(b"abc", sending([]))
    assert await receive() == {"type": "http.request", "body": b"abc", "more_body": False}
    assert await receive() == {"type": "http.disconnect"}


@pytest.mark.anyio
async def test_a_request_that_is_too_large_is_told_the_limit_and_the_connection_ends() -> None:
    async with gateway(body_bytes=2_000) as client:
        answer = await client.post("/graphql", json={"query": "{ __typename }", "variables": {"a": "x" * 2_000}})
        taken = await client.post("/graphql", json={"query": "{ __typename }", "variables": {"a": "x" * 1_000}})
    assert (answer.status_code, answer.headers["connection"]) == (413, "close")
    assert "2000 bytes that GATEWAY_BODY_BYTES allows" in answer.json()["errors"][0]["message"]
    assert taken.status_code == 200


@pytest.mark.anyio
async def test_a_request_that_comes_too_slowly_is_refused() -> None:
    async def drip() -> Any:
        yield b'{"query":'
        await asyncio.sleep(5)

    async with gateway(body_seconds=0.05) as client:
        headers = {"Content-Type": "application/json"}
        answer = await client.post("/graphql", content=dripped(drip()), headers=headers)
    assert (answer.status_code, answer.headers["connection"]) == (408, "close")
    assert "GATEWAY_BODY_SECONDS" in answer.json()["errors"][0]["message"]


def dripped(content: Any) -> httpx.AsyncByteStream:
    """A body that is sent piece by piece."""

    class Stream(httpx.AsyncByteStream):
        def __aiter__(self) -> Any:
            return content

    return Stream()


@pytest.mark.anyio
@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "gzip, identity", "x"])
async def test_a_compressed_body_is_refused_unread(encoding: str) -> None:
    """However small it is, what comes out of it could be of any size."""
    async with gateway() as client:
        headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
        answer = await client.post("/graphql", content=b"\x1f\x8b", headers=headers)
    assert answer.status_code == 415
