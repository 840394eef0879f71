"""Every answer tells a browser what not to do with it."""

from __future__ import annotations

import httpx
import pytest
from starlette.responses import PlainTextResponse

from gateway.web.middleware.security import HEADERS, SecurityHeaders
from tests.graph.asking import gateway


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/graphql"),
        ("GET", "/graphql?query={__typename}"),
        ("GET", "/nowhere"),
        ("PUT", "/livez"),
        ("GET", "/livez"),
        ("GET", "/readyz"),
        ("POST", "/webhooks/vapi"),
        ("OPTIONS", "/graphql"),
    ],
)
async def test_every_answer_has_the_security_headers(client: httpx.AsyncClient, method: str, path: str) -> None:
    answer = await client.request(method, path)
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS


@pytest.mark.anyio
async def test_a_refused_preflight_has_them_too() -> None:
    async with gateway(cors_origins=("https://app.example.com",)) as there:
        headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
        answer = await there.options("/graphql", headers=headers)
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS


@pytest.mark.anyio
async def test_what_an_answer_says_itself_is_left_as_it_is() -> None:
    served = SecurityHeaders(PlainTextResponse("a", headers={"Cache-Control": "max-age=60"}))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(served), base_url="http://gateway") as client:
        answer = await client.get("/")
    assert answer.headers.get_list("cache-control") == ["max-age=60"]
    assert answer.headers["x-content-type-options"] == "nosniff"
