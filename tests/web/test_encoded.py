"""Encoded: an answer that is there as bytes goes out as Starlette would send it."""

from __future__ import annotations

import pytest
from starlette.responses import Response
from starlette.types import ASGIApp, Message

from gateway.web.encoded import Encoded


async def sent(app: ASGIApp) -> list[Message]:
    messages: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        messages.append(message)

    await app({"type": "http"}, receive, send)
    return messages


@pytest.mark.anyio
@pytest.mark.parametrize("media_type", ["application/json", "application/graphql-response+json"])
async def test_it_sends_what_starlette_sends(media_type: str) -> None:
    headers = {"content-type": f"{media_type}; charset=utf-8", "cache-control": "no-store"}
    assert await sent(Encoded(b'{"data":{}}', media_type)) == await sent(Response(b'{"data":{}}', headers=headers))
