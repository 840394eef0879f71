"""Two clients of Vapi in one pace: one for those who wait, one for the background."""

from __future__ import annotations

import httpx
import pytest
from pydantic import SecretStr

from gateway.errors import SettingsInvalid
from gateway.observe.events import silence
from gateway.wiring.upstream import upstream
from tests.wiring.stated import settings


@pytest.mark.anyio
async def test_both_ask_the_address_of_the_settings_with_its_key() -> None:
    asked: list[httpx.Request] = []

    def vapi(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={"id": "00000000-0000-4000-8000-000000000001"})

    stated = settings(upstream_key=SecretStr("a-private-key"), upstream_url="https://api.eu.vapi.ai")
    made = upstream(stated, listen=silence, transport=httpx.MockTransport(vapi))
    async with made.http:
        for client in (made.live, made.background):
            await client.get("00000000-0000-4000-8000-000000000001")
    assert {request.url.host for request in asked} == {"api.eu.vapi.ai"}
    assert {request.headers["authorization"] for request in asked} == {"Bearer a-private-key"}


@pytest.mark.parametrize(
    ("stated", "named"),
    [({"upstream_key": None}, "GATEWAY_UPSTREAM_KEY"), ({"upstream_url": "api.vapi.ai"}, "GATEWAY_UPSTREAM_URL")],
)
def test_what_cannot_be_used_is_named(stated: dict[str, object], named: str) -> None:
    with pytest.raises(SettingsInvalid, match=named):
        upstream(settings(**{"upstream_key": SecretStr("k"), **stated}), listen=silence)
