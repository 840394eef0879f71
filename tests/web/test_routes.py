"""What the gateway does not answer to is refused in JSON as well."""

from __future__ import annotations

import httpx
import pytest


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/nowhere", 404),
        ("PUT", "/a/b/c", 404),
        ("POST", "/livez", 405),
        ("PUT", "/readyz", 405),
        ("GET", "/webhooks/vapi", 405),
        ("PUT", "/webhooks/vapi", 405),
        ("POST", "/webhooks", 404),
    ],
)
async def test_what_starlette_refuses_is_refused_in_json(
    client: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await client.request(method, path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json")
    assert answer.json()["errors"][0]["extensions"] == {"code": "BAD_REQUEST"}
    allowed = answer.headers["allow"].split(", ") if status == 405 else []
    assert sorted(allowed) == ([] if status == 404 else ["POST"] if "webhooks" in path else ["GET", "HEAD"])
