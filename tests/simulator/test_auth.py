"""Keys and the User-Agent."""

from __future__ import annotations

import httpx
import pytest

pytestmark = pytest.mark.anyio

HOT_TIP = "Invalid Key. Hot tip, you may be using the private key instead of the public key, or vice versa."


async def test_the_public_key_reads_nothing(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/call")
    assert answer.status_code == 401
    assert answer.json() == {"message": HOT_TIP, "error": "Unauthorized", "statusCode": 401}


async def test_the_private_key_creates_no_web_call(client: httpx.AsyncClient) -> None:
    answer = await client.post("/call/web", json={"assistantId": "a"})
    assert (answer.status_code, answer.json()["message"]) == (401, HOT_TIP)


@pytest.mark.parametrize("authorization", ["Bearer nobody", "Basic sim-private-key", ""])
async def test_an_unknown_key_is_plainly_unauthorized(client: httpx.AsyncClient, authorization: str) -> None:
    answer = await client.get("/call", headers={"Authorization": authorization})
    assert answer.status_code == 401
    assert answer.json() == {"message": "Unauthorized", "statusCode": 401}


async def test_a_request_without_user_agent_is_stopped_by_cloudflare(client: httpx.AsyncClient) -> None:
    answer = await client.get("/call", headers={"User-Agent": ""})
    assert (answer.status_code, answer.text) == (403, "error code: 1010")


async def test_an_unknown_route_is_a_nest_404(client: httpx.AsyncClient) -> None:
    answer = await client.put("/call")
    assert answer.status_code == 404
    assert answer.json() == {"message": "Cannot PUT /call", "error": "Not Found", "statusCode": 404}
