"""A request that the server can wait for no longer is answered."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from gateway.web.middleware.closing import Closing


@pytest.mark.anyio
async def test_a_cancelled_request_is_told_that_the_gateway_is_stopping() -> None:
    begun = asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        begun.set()
        await asyncio.sleep(60)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(Closing(slow)), base_url="http://x") as client:
        asked = asyncio.create_task(client.get("/graphql"))
        await begun.wait()
        asked.cancel()
        answer = await asked
    assert answer.status_code == 503
    assert answer.json()["errors"][0]["extensions"]["code"] == "SERVICE_UNAVAILABLE"
    assert answer.headers["retry-after"] == "5"
