"""Every request has an id, and an error that nobody foresaw ends here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.observe.events import Event, RequestFailed, silence
from gateway.web.middleware.request_id import RequestId, request_id


@pytest.mark.anyio
@pytest.mark.parametrize("stated", ["a", "order-66", "0af7651916cd43dd8448eb211c80319c", "a.b_c-D", "x" * 64])
async def test_a_callers_own_id_is_kept_where_it_is_short_and_plain(client: httpx.AsyncClient, stated: str) -> None:
    answer = await client.get("/livez", headers={"X-Request-Id": stated})
    assert answer.headers["x-request-id"] == stated


@pytest.mark.anyio
@pytest.mark.parametrize(
    "stated", ["", " ", "x" * 65, "a b", "a\tb", "ada@example.com", "<script>", "a=b", "id;id", "é"]
)
async def test_any_other_id_is_replaced(client: httpx.AsyncClient, stated: str) -> None:
    answer = await client.get("/livez", headers={b"X-Request-Id": stated.encode("latin-1")})
    assert len(answer.headers["x-request-id"]) == 32
    assert stated not in ("", answer.headers["x-request-id"]) or stated == ""


@pytest.mark.anyio
async def test_two_requests_have_two_ids(client: httpx.AsyncClient) -> None:
    ids = {(await client.get("/livez")).headers["x-request-id"] for _ in range(2)}
    assert len(ids) == 2


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/livez", 200),
        ("POST", "/graphql", 415),
        ("GET", "/graphql", 400),
        ("PUT", "/graphql", 405),
        ("GET", "/nowhere", 404),
        ("GET", "/", 404),
        ("POST", "/livez", 405),
        ("POST", "/graphql/", 307),
    ],
)
async def test_every_answer_bears_the_id(client: httpx.AsyncClient, method: str, path: str, status: int) -> None:
    answer = await client.request(method, path, headers={"X-Request-Id": "mine"})
    assert answer.status_code == status
    assert answer.headers.get_list("x-request-id") == ["mine"]


async def ask(served: ASGIApp, listen: Any = silence) -> httpx.Response:
    """The answer of an application behind the middleware."""
    transport = httpx.ASGITransport(RequestId(served, listen=listen))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        return await client.get("/", headers={"X-Request-Id": "mine"})


@pytest.mark.anyio
async def test_an_exception_is_a_masked_500_and_one_event() -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise ZeroDivisionError("ada@example.com")

    told: list[Event] = []
    answer = await ask(broken, told.append)
    assert answer.status_code == 500
    assert answer.headers["x-request-id"] == "mine"
    assert answer.json()["errors"][0]["extensions"] == {"code": "INTERNAL_SERVER_ERROR", "requestId": "mine"}
    assert "ada@example.com" not in answer.text + str(told)
    assert [(type(event), getattr(event, "request_id", None)) for event in told] == [(RequestFailed, "mine")]


@pytest.mark.anyio
async def test_an_exception_after_the_answer_began_is_told_and_sends_nothing_more() -> None:
    async def half(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ZeroDivisionError

    told: list[Event] = []
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        sent.append(message)

    await RequestId(half, listen=told.append)({"type": "http", "headers": []}, receive, send)
    assert [message["type"] for message in sent] == ["http.response.start"]
    assert [type(event) for event in told] == [RequestFailed]


@pytest.mark.anyio
async def test_what_is_no_request_passes_untouched() -> None:
    seen: list[Scope] = []

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(dict(scope))

    async def unused() -> AsyncIterator[Any]:
        raise AssertionError

    await RequestId(served, listen=silence)({"type": "lifespan"}, unused, unused)  # type: ignore[arg-type]  # not called
    assert seen == [{"type": "lifespan"}]


def test_a_scope_without_an_id_says_so() -> None:
    assert request_id({}) == "none"
