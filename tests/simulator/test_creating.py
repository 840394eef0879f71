"""POST, PATCH and DELETE."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from gateway.simulator.simulator import Simulator
from tests.simulator.conftest import Clock

pytestmark = pytest.mark.anyio

PHONE = {"assistantId": "asst-1", "phoneNumberId": "number-1", "customer": {"number": "+15550100001"}}


async def test_a_created_call_is_queued_and_repeats_what_it_was_given(client: httpx.AsyncClient) -> None:
    answer = await client.post("/call", json=PHONE | {"metadata": {"customerId": 7}, "name": "first"})
    row = answer.json()
    assert answer.status_code == 201
    assert row.items() >= {**PHONE, "metadata": {"customerId": 7}, "name": "first", "status": "queued"}.items()
    assert row["type"] == "outboundPhoneCall"
    assert row["subscriptionLimits"]["concurrencyLimit"] == 10
    assert (await client.get("/call", params={"limit": 1})).json()[0]["id"] == row["id"]


async def test_a_created_call_lives_through_the_states(client: httpx.AsyncClient, clock: Clock) -> None:
    identifier = (await client.post("/call", json=PHONE)).json()["id"]
    seen = []
    for _ in range(200):
        row = (await client.get(f"/call/{identifier}")).json()
        seen += [row["status"]] if row["status"] not in seen else []
        clock.advance(1)
    assert seen == ["queued", "ringing", "in-progress", "ended"]
    assert row["cost"] > 0
    assert row["customer"] == PHONE["customer"]


async def test_an_ended_created_call_knows_no_customer_but_its_own(client: httpx.AsyncClient, clock: Clock) -> None:
    path = f"/call/{(await client.post('/call', json=PHONE)).json()['id']}"
    clock.advance(600)
    row = (await client.get(path)).json()
    assert row["artifact"]["variableValues"]["customer"] == PHONE["customer"]
    assert "@customers.example.com" not in str(row)


async def test_a_web_call_carries_a_room_and_the_metadata_of_its_overrides(browser: httpx.AsyncClient) -> None:
    overrides = {"metadata": {"customerId": "c-9"}, "variableValues": {"name": "Ada"}}
    answer = await browser.post("/call/web", json={"assistantId": "asst-1", "assistantOverrides": overrides})
    row = answer.json()
    assert (answer.status_code, row["type"], row["status"]) == (201, "webCall", "queued")
    assert row["assistantOverrides"] == overrides
    assert row["webCallUrl"].startswith("https://")
    assert "customer" not in row


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"customer": {"number": "+1"}}, "property customer should not exist"),
        ({"metadata": {}}, "property metadata should not exist"),
        ({"name": "x"}, "property name should not exist"),
        ({"assistantOverrides": {"customer": {}}}, "assistantOverrides.property customer should not exist"),
        ({"assistant": {"userId": "u"}}, "assistant.property userId should not exist"),
        ({"squadOverrides": 3}, "squadOverrides must be an object"),
    ],
)
async def test_a_web_call_refuses_unknown_properties(
    browser: httpx.AsyncClient, body: dict[str, Any], message: str
) -> None:
    answer = await browser.post("/call/web", json=body)
    assert answer.status_code == 400
    assert answer.json() == {"message": [message], "error": "Bad Request", "statusCode": 400}


async def test_a_call_needs_a_phone_number_even_with_a_daily_transport(client: httpx.AsyncClient) -> None:
    answer = await client.post("/call", json={"assistantId": "asst-1", "transport": {"provider": "daily"}})
    assert answer.status_code == 400
    assert answer.json()["message"] == "Couldn't Get Phone Number. Need Either `phoneNumberId` Or `phoneNumber`."


async def test_a_websocket_call_needs_no_phone_number(client: httpx.AsyncClient) -> None:
    answer = await client.post("/call", json={"assistantId": "a", "transport": {"provider": "vapi.websocket"}})
    assert answer.json()["type"] == "vapi.websocketCall"


async def test_a_batch_answers_for_each_customer(client: httpx.AsyncClient) -> None:
    body = {"assistantId": "a", "phoneNumberId": "p", "customers": [{"number": "+15550100002"}, {"name": "Nobody"}]}
    answer = (await client.post("/call", json=body)).json()
    assert [row["customer"] for row in answer["results"]] == [{"number": "+15550100002"}]
    assert [error["customer"] for error in answer["errors"]] == [{"name": "Nobody"}]


async def test_only_the_name_of_a_call_can_change(client: httpx.AsyncClient, simulator: Simulator) -> None:
    path = f"/call/{simulator.sample('web_metadata')}"
    before = (await client.get("/call", params={"id": path[6:]})).json()[0]
    after = (await client.patch(path, json={"name": "Renamed"})).json()
    assert after["name"] == "Renamed"
    assert after["updatedAt"] > before["updatedAt"]
    refused = (await client.patch(path, json={"metadata": {}})).json()
    assert refused["message"] == ["property metadata should not exist"]
    refused = (await client.patch(path, json={"name": "x" * 41})).json()
    assert refused["message"] == ["name must be shorter than or equal to 40 characters"]


async def test_a_renamed_call_is_found_by_its_new_updated_at(client: httpx.AsyncClient, simulator: Simulator) -> None:
    identifier = simulator.ids(900, 901)[0]
    updated = (await client.patch(f"/call/{identifier}", json={"name": "old"})).json()["updatedAt"]
    rows = (await client.get("/call", params={"updatedAtGe": updated})).json()
    assert identifier in [row["id"] for row in rows]


async def test_a_deleted_call_is_gone(client: httpx.AsyncClient, simulator: Simulator) -> None:
    identifier = simulator.sample("phone")
    answer = await client.request("DELETE", f"/call/{identifier}", json={})
    assert answer.json()["id"] == identifier
    assert (await client.get(f"/call/{identifier}")).status_code == 404
    assert (await client.get("/call", params={"id": identifier})).json() == []


async def test_an_id_that_is_no_uuid_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.get("/call/abc")
    assert answer.json() == {
        "message": "Validation failed (uuid is expected)",
        "error": "Bad Request",
        "statusCode": 400,
    }
