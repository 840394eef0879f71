"""Calls under way."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from gateway.simulator.simulator import Simulator
from tests.simulator.conftest import Clock

pytestmark = pytest.mark.anyio


async def under_way(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    rows = (await client.get("/call", params={"limit": 10})).json()
    return [row for row in rows if row["status"] != "ended"]


async def test_as_many_calls_as_asked_for_are_always_under_way(client: httpx.AsyncClient, clock: Clock) -> None:
    for _ in range(30):
        assert len(await under_way(client)) == 2
        clock.advance(17)


async def walk(client: httpx.AsyncClient, clock: Clock) -> list[dict[str, Any]]:
    """A live call from its first second to its last change, one row per change."""
    known = {row["id"] for row in await under_way(client)}
    while not (fresh := [row for row in await under_way(client) if row["id"] not in known]):
        clock.advance(0.5)
    rows = fresh[:1]
    while "costs" not in rows[-1]:
        clock.advance(0.5)
        row = (await client.get("/call", params={"id": rows[0]["id"]})).json()[0]
        rows += [row] if row["updatedAt"] != rows[-1]["updatedAt"] else []
    return rows


async def test_a_live_call_walks_through_its_states(client: httpx.AsyncClient, clock: Clock) -> None:
    rows = await walk(client, clock)
    assert [row["status"] for row in rows] == ["queued", "ringing", "in-progress", "ended", "ended"]
    assert [row["updatedAt"] for row in rows] == sorted({row["updatedAt"] for row in rows})


async def test_analysis_and_cost_of_a_live_call_come_some_seconds_after_its_end(
    client: httpx.AsyncClient, clock: Clock
) -> None:
    *_, talking, ended, settled = await walk(client, clock)
    assert (talking["artifact"], talking["cost"]) == ({}, 0)
    assert ended["artifact"]["messages"]
    assert "analysis" not in ended
    assert ended["cost"] == 0
    assert settled["analysis"]["summary"]
    assert settled["cost"] > 0


async def test_a_live_call_is_found_by_id_before_and_after_its_end(
    client: httpx.AsyncClient, simulator: Simulator, clock: Clock
) -> None:
    path = f"/call/{simulator.sample('live')}"
    assert (await client.get(path)).json()["status"] != "ended"
    clock.advance(3600)
    assert (await client.get(path)).json()["status"] == "ended"


async def test_a_call_of_the_future_is_not_found(client: httpx.AsyncClient, simulator: Simulator, clock: Clock) -> None:
    now = clock.now
    clock.advance(3600)
    identifier = simulator.sample("live")
    clock.now = now
    assert (await client.get(f"/call/{identifier}")).status_code == 404
