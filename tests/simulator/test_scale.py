"""A million calls."""

from __future__ import annotations

import gc
import time
import tracemalloc
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from gateway.simulator.app import create
from gateway.simulator.plans import Plan
from tests.simulator.conftest import ANCHOR, client_of

pytestmark = pytest.mark.anyio

CALLS = 1_000_000
OLDEST = ANCHOR - timedelta(days=2080)


async def deep_page(client: httpx.AsyncClient, days: int) -> httpx.Response:
    before = ANCHOR - timedelta(days=days)
    return await client.get("/call", params={"limit": 100, "createdAtLe": before.isoformat()})


async def test_a_million_calls_start_at_once_and_cost_no_memory() -> None:
    began = time.perf_counter()
    app = create(calls=CALLS, anchor=ANCHOR, clock=lambda: ANCHOR)
    assert time.perf_counter() - began < 1
    async with client_of(app) as client:
        await deep_page(client, 1)
        tracemalloc.start()
        for days in (100, 500, 1000, 1500, 2000):
            assert len((await deep_page(client, days)).json()) == 100
        gc.collect()
        kept, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert kept < 1_000_000


async def test_the_oldest_of_a_million_calls_is_found_by_id() -> None:
    app = create(calls=CALLS, anchor=ANCHOR, clock=lambda: ANCHOR)
    identifier = app.state.simulator.world.timeline.id(CALLS - 1)
    async with client_of(app) as client:
        row = (await client.get(f"/call/{identifier}")).json()
    assert row["id"] == identifier
    assert row["createdAt"] < OLDEST.isoformat()


async def test_the_changes_of_the_last_seconds_are_found_among_a_million_without_looking_at_many() -> None:
    """The 3,360 calls of a week are twenty minutes' work; the calls of twenty minutes are few."""
    app = create(calls=CALLS, live=5, anchor=ANCHOR, clock=lambda: ANCHOR)
    world, old = app.state.simulator.world, app.state.simulator.ids(5000, 5001)[0]
    app.state.simulator.rename(old, "late")
    looked = 0

    def counting(moment: int) -> Iterator[Plan]:
        nonlocal looked
        for plan in type(world).newest(world, moment):
            looked += 1
            yield plan

    world.newest = counting
    query = {"updatedAtGe": (ANCHOR - timedelta(seconds=10)).isoformat(), "limit": 1000}
    async with client_of(app) as client:
        rows = (await client.get("/call", params=query)).json()
    assert old in [row["id"] for row in rows]
    assert {row["status"] for row in rows} > {"ended"}
    assert looked < 200
