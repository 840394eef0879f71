"""What a test changes by hand: deletions, names, structured outputs that are run again."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from gateway.simulator.simulator import Simulator
from tests.simulator.conftest import Clock

pytestmark = pytest.mark.anyio

UNKNOWN = "00000000-0000-4000-8000-000000000000"


async def read(client: httpx.AsyncClient, identifier: str) -> dict[str, Any]:
    row: dict[str, Any] = (await client.get("/call", params={"id": identifier})).json()[0]
    return row


@pytest.mark.parametrize("kind", ["structured", "web_metadata", "failed", "legacy"])
async def test_outputs_run_again_are_others_and_updated_at_stays(
    client: httpx.AsyncClient, simulator: Simulator, kind: str
) -> None:
    identifier = simulator.sample(kind)
    rows = [await read(client, identifier)]
    for _ in range(3):
        simulator.rerun(identifier)
        rows.append(await read(client, identifier))
    outputs = [row["artifact"].get("structuredOutputs") for row in rows]
    assert all(later not in outputs[:position] for position, later in enumerate(outputs))
    assert len({row["updatedAt"] for row in rows}) == 1


async def test_outputs_run_again_do_not_show_in_a_list_by_updated_at(
    client: httpx.AsyncClient, simulator: Simulator, clock: Clock
) -> None:
    identifier = simulator.sample("structured")
    simulator.rerun(identifier)
    rows = (await client.get("/call", params={"updatedAtGe": clock.now.isoformat()})).json()
    assert identifier not in [row["id"] for row in rows]


def test_outputs_of_a_call_under_way_cannot_be_run_again(simulator: Simulator) -> None:
    with pytest.raises(ValueError, match="advance the clock"):
        simulator.rerun(simulator.sample("live"))


async def test_a_name_given_by_hand_moves_updated_at(
    client: httpx.AsyncClient, simulator: Simulator, clock: Clock
) -> None:
    identifier = simulator.ids(700, 701)[0]
    simulator.rename(identifier, "by hand")
    rows = (await client.get("/call", params={"updatedAtGe": clock.now.isoformat(timespec="milliseconds")})).json()
    assert [row["name"] for row in rows if row["id"] == identifier] == ["by hand"]


async def test_calls_deleted_by_hand_are_gone(client: httpx.AsyncClient, simulator: Simulator) -> None:
    gone = simulator.ids(10, 13)
    simulator.delete(*gone)
    rows = (await client.get("/call", params={"limit": 1000})).json()
    assert not {row["id"] for row in rows} & set(gone)
    assert [(await client.get(f"/call/{identifier}")).status_code for identifier in gone] == [404, 404, 404]


async def test_many_calls_are_deleted_by_one_request(client: httpx.AsyncClient, simulator: Simulator) -> None:
    first, *more = simulator.ids(10, 13)
    await client.request("DELETE", f"/call/{first}", json={"ids": [*more, UNKNOWN]})
    assert not set(simulator.ids(0, 50)) & {first, *more}


def test_nothing_is_deleted_when_one_of_the_ids_is_unknown(simulator: Simulator) -> None:
    known = simulator.ids(10, 11)[0]
    with pytest.raises(LookupError, match=UNKNOWN):
        simulator.delete(known, UNKNOWN)
    assert simulator.ids(10, 11) == [known]
