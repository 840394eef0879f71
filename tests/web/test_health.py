"""Whether the process lives, and whether it can answer."""

from __future__ import annotations

import httpx
import pytest

from gateway import app
from tests.graph.asking import settings


@pytest.mark.anyio
async def test_a_gateway_is_ready_between_its_start_and_its_end_and_alive_all_the_time() -> None:
    built = app.build(settings())
    transport = httpx.ASGITransport(built)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        before = await client.get("/readyz")
        alive = await client.get("/livez")
        async with built.router.lifespan_context(built):
            during = await client.get("/readyz")
        after = await client.get("/readyz")
    assert (before.status_code, before.json()) == (503, {"status": "not ready"})
    assert (alive.status_code, alive.json()) == (200, {"status": "live"})
    assert (during.status_code, during.json()) == (200, {"status": "ready"})
    assert after.status_code == 503


@pytest.mark.anyio
@pytest.mark.parametrize("path", ["/livez", "/readyz"])
async def test_health_can_be_asked_by_head(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.head(path)
    assert (answer.status_code, answer.content) == (200, b"")
