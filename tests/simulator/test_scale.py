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
from gateway.simulator.listing import Filters, Range
from gateway.simulator.moments import milliseconds
from gateway.simulator.organisation import Organisation
from gateway.simulator.plans import Plan
from gateway.simulator.simulator import Simulator
from gateway.simulator.timeline import Timeline
from gateway.simulator.world import World
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


class Counting(World):
    """Counts the calls that it looks at."""

    looked = 0

    def newest(self, moment: int) -> Iterator[Plan]:
        for plan in super().newest(moment):
            self.looked += 1
            yield plan


def test_the_changes_of_the_last_seconds_are_found_among_a_million_without_looking_at_many() -> None:
    now = milliseconds(ANCHOR)
    world = Counting(Timeline(1, CALLS, now), Organisation(1, now), live=5)
    simulator = Simulator(world, lambda: ANCHOR)
    old = simulator.ids(5000, 5001)[0]
    simulator.rename(old, "late")
    world.looked = 0
    rows = simulator.list(Filters(limit=1000, updated=Range(low=now - 10_000)))
    assert old in [row["id"] for row in rows]
    assert {row["status"] for row in rows} > {"ended"}
    assert world.looked < 200
