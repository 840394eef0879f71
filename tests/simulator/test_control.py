"""The simulator's own routes."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from gateway.simulator.app import create
from gateway.simulator.samples import SAMPLES
from gateway.simulator.server import Server
from gateway.simulator.signing import Hmac
from gateway.simulator.simulator import Simulator
from tests.simulator.conftest import ANCHOR, Clock, client_of

pytestmark = pytest.mark.anyio


async def test_requests_are_counted_by_route_and_control_is_not(client: httpx.AsyncClient) -> None:
    await client.get("/call?limit=0")
    await client.get("/call/abc")
    await client.get("/call/abc", headers={"Authorization": ""})
    await client.get("/nowhere")
    shown = (await client.get("/control")).json()
    assert shown["requests"] == {"GET /call": 1, "GET /call/{id}": 2, "GET (no route)": 1, "total": 4}


async def test_control_needs_no_key(app: Starlette) -> None:
    async with client_of(app, {}) as anybody:
        assert (await anybody.get("/control")).status_code == 200


async def test_there_is_a_sample_of_every_kind(client: httpx.AsyncClient) -> None:
    samples = (await client.get("/control")).json()["samples"]
    assert samples.keys() == SAMPLES.keys()
    for kind, identifier in samples.items():
        assert SAMPLES[kind]((await client.get(f"/call/{identifier}")).json())


async def test_a_fault_is_ordered_shown_and_cleared_over_the_wire(client: httpx.AsyncClient) -> None:
    order = {"fault": "rate_limit", "times": 3, "seconds": None, "path": "/call"}
    answer = await client.post("/control/faults", json=order)
    assert answer.status_code == 201
    assert answer.json()["faults"][0].items() >= order.items()
    assert (await client.get("/call")).status_code == 429
    assert (await client.delete("/control/faults")).json()["faults"] == []
    assert (await client.get("/call?limit=0")).status_code == 200


@pytest.mark.parametrize("order", [{"fault": "rain"}, {"fault": "down", "times": "x"}, {"fault": "down", "often": 1}])
async def test_a_fault_that_does_not_exist_is_refused(client: httpx.AsyncClient, order: dict[str, Any]) -> None:
    assert (await client.post("/control/faults", json=order)).status_code == 400


async def test_reset_forgets_counters_created_changed_and_deleted_calls(client: httpx.AsyncClient) -> None:
    before = (await client.get("/call?limit=3")).json()
    await client.post("/call", json={"assistantId": "a", "phoneNumberId": "p"})
    await client.patch(f"/call/{before[0]['id']}", json={"name": "x"})
    await client.request("DELETE", f"/call/{before[1]['id']}", json={})
    counted = (await client.get("/control")).json()["calls"]
    shown = (await client.post("/control/reset")).json()
    assert (shown["requests"], shown["calls"]) == ({"total": 0}, counted)
    assert (await client.get("/call?limit=3")).json() == before


HMAC = {"type": "hmac", "secretKey": "c2VjcmV0", "secretIsBase64": True, "signatureHeader": "sig"}
TARGET = {"url": "http://127.0.0.1:9/hook", "authentication": HMAC, "backoffPlan": {"maxRetries": 2}, "noisy": True}


async def test_a_server_url_is_set_shown_without_its_secret_and_taken_away_over_the_wire(
    client: httpx.AsyncClient, simulator: Simulator
) -> None:
    answer = await client.post("/control/webhooks", json=TARGET)
    target = {"url": TARGET["url"], "authentication": "hmac", "noisy": True}
    assert answer.status_code == 201
    assert answer.json()["webhooks"] == {"target": target, "sent": 0, "failed": 0, "retried": 0}
    assert simulator.webhooks is not None
    assert simulator.webhooks.authentication == Hmac("c2VjcmV0", secret_is_base64=True, signature_header="sig")
    assert simulator.webhooks.delays() == [1.0, 1.0]
    assert (await client.delete("/control/webhooks")).json()["webhooks"]["target"] is None


@pytest.mark.parametrize(
    "order",
    [
        {},
        {"url": "gateway"},
        {"url": "http://x/", "colour": "red"},
        {"url": "http://x/", "authentication": {"type": "kerberos"}},
        {"url": "http://x/", "authentication": {"type": "bearer"}},
        {"url": "http://x/", "authentication": {"type": "bearer", "token": "t", "headerName": 5}},
        {"url": "http://x/", "authentication": HMAC | {"algorithm": "rot13"}},
        {"url": "http://x/", "authentication": HMAC | {"secretKey": "é"}},
        {"url": "http://x/", "backoffPlan": {"maxRetries": 11}},
        {"url": "http://x/", "backoffPlan": {"excludedStatusCodes": 5}},
        {"url": "http://x/", "disorder": {"dropped": "many"}},
        {"url": "http://x/", "disorder": {"lost": 1}},
    ],
)
async def test_a_server_url_that_cannot_be_used_is_refused(client: httpx.AsyncClient, order: dict[str, Any]) -> None:
    assert (await client.post("/control/webhooks", json=order)).status_code == 400


def test_a_running_simulator_posts_to_its_server_url_and_counts(clock: Clock) -> None:
    """Nobody listens at the port: all of it fails, and the simulator serves on."""
    app = create(calls=50, live=3, clock=clock, anchor=ANCHOR)
    with Server(app) as server:
        httpx.post(f"{server.url}/control/webhooks", json=TARGET | {"backoffPlan": None})
        clock.advance(60)
        while not (shown := httpx.get(f"{server.url}/control").json()["webhooks"])["failed"]:
            time.sleep(0.02)
    assert shown["sent"] == 0
