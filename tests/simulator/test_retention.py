"""What Vapi forgets."""

from __future__ import annotations

from datetime import datetime, timedelta

import httpx
import pytest
from starlette.applications import Starlette

from gateway.simulator.app import create
from gateway.simulator.simulator import Simulator
from tests.simulator.conftest import ANCHOR, Clock

pytestmark = pytest.mark.anyio

FORTNIGHT = timedelta(days=14)


@pytest.fixture
def app(clock: Clock) -> Starlette:
    return create(seed=7, calls=9000, live=2, clock=clock, anchor=ANCHOR, retention_days=14)


async def test_calls_older_than_14_days_are_in_no_list(client: httpx.AsyncClient, clock: Clock) -> None:
    horizon = (clock.now - FORTNIGHT).isoformat()
    assert (await client.get("/call", params={"createdAtLt": horizon})).json() == []
    rest = (await client.get("/call", params={"createdAtGe": horizon, "limit": 1000})).json()
    assert len(rest) == 1000


async def test_a_call_disappears_on_its_fourteenth_day(
    client: httpx.AsyncClient, simulator: Simulator, clock: Clock
) -> None:
    row = (await client.get("/call", params={"limit": 1})).json()[0]
    age = clock.now - datetime.fromisoformat(row["createdAt"])
    clock.now += FORTNIGHT - age
    assert (await client.get(f"/call/{row['id']}")).status_code == 200
    clock.now += timedelta(milliseconds=1)
    assert (await client.get(f"/call/{row['id']}")).status_code == 404
    assert (await client.get("/call", params={"id": row["id"]})).json() == []
    assert row["id"] not in simulator.ids(0, 100_000)


async def test_a_name_does_not_save_a_call(client: httpx.AsyncClient, simulator: Simulator, clock: Clock) -> None:
    identifier = simulator.ids(0, 1)[0]
    clock.now += timedelta(days=13)
    simulator.rename(identifier, "kept?")
    since = clock.now.isoformat()
    clock.now += timedelta(days=2)
    rows = (await client.get("/call", params={"updatedAtGe": since, "limit": 1000})).json()
    assert identifier not in [row["id"] for row in rows]


async def test_the_count_is_of_what_can_be_read(client: httpx.AsyncClient, simulator: Simulator) -> None:
    simulator.delete(*simulator.ids(0, 5))
    assert (await client.get("/control")).json()["calls"] == len(simulator.ids(0, 100_000))


async def test_by_default_nothing_is_forgotten(clock: Clock) -> None:
    simulator: Simulator = create(seed=7, calls=9000, live=0, clock=clock, anchor=ANCHOR).state.simulator
    clock.now += timedelta(days=5000)
    assert len(simulator.ids(0, 100_000)) == 9000
