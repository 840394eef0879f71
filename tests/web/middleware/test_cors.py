"""Pages of origins that were named may ask and read the answers; pages of others may not."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.graph.asking import gateway

APP = "https://app.example.com"
ASKING = {"Origin": APP, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,a"}


@pytest.fixture(scope="module")
async def named(anyio_backend: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a gateway that allows one origin."""
    async with gateway(cors_origins=(APP,)) as there:
        yield there


@pytest.mark.anyio
@pytest.mark.parametrize("path", ["/graphql", "/calls/a/recording", "/livez"])
async def test_a_browser_is_told_that_a_page_may_ask_without_credentials_that_come_by_themselves(
    named: httpx.AsyncClient, path: str
) -> None:
    answer = await named.options(path, headers=ASKING)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == APP
    assert answer.headers["access-control-allow-headers"] == "authorization,a"
    assert "access-control-allow-credentials" not in answer.headers
    assert "Origin" in answer.headers["vary"]


@pytest.mark.anyio
@pytest.mark.parametrize("different", [{"Origin": "https://evil.example"}, {"Access-Control-Request-Method": "DELETE"}])
async def test_a_browser_is_told_in_json_that_a_page_may_not_ask(
    named: httpx.AsyncClient, different: dict[str, str]
) -> None:
    answer = await named.options("/graphql", headers={**ASKING, **different})
    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/json")
    assert answer.json()["errors"][0]["extensions"] == {"code": "CROSS_ORIGIN"}


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("POST", "/graphql", 415), ("GET", "/graphql", 400), ("PUT", "/graphql", 405), ("GET", "/nowhere", 404)],
)
async def test_a_page_that_may_ask_can_read_what_it_was_refused_for(
    named: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await named.request(method, path, headers={"Origin": APP})
    assert answer.status_code == status
    assert answer.headers["access-control-allow-origin"] == APP
    exposed = answer.headers["access-control-expose-headers"].split(", ")
    assert {"X-Request-Id", "Retry-After", "ETag"} <= set(exposed)


@pytest.mark.anyio
async def test_a_page_of_another_origin_cannot_even_read_that_it_was_refused(named: httpx.AsyncClient) -> None:
    answer = await named.get("/livez", headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.anyio
async def test_by_default_no_page_of_another_origin_may_ask(client: httpx.AsyncClient) -> None:
    answer = await client.options("/graphql", headers=ASKING)
    assert answer.status_code == 403
    assert not [name for name in answer.headers if name.startswith("access-control-")]
