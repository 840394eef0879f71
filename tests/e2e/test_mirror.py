"""The mirror, kept in the background as ``gateway serve`` keeps it: history, changes, what it says of itself."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from gateway.simulator.app import create
from gateway.simulator.server import Server
from tests.e2e.clocks import ANCHOR, Clock
from tests.e2e.gateways import KEY, Gateway, gateway

pytestmark = pytest.mark.anyio

STATUS: Final = "{ mirror { coverage { from to complete } asOf lagSeconds lastPoll backfill { done rows } } }"


@dataclasses.dataclass(frozen=True)
class World:
    """A simulated Vapi with forty calls, none of them live, whose clock the test holds."""

    server: Server
    clock: Clock

    @property
    def ids(self) -> set[str]:
        """The ids of all calls there are."""
        return set(self.server.app.state.simulator.ids(0, 1000))


@pytest.fixture
def world() -> Iterator[World]:
    clock = Clock()
    with Server(create(seed=7, calls=40, live=0, clock=clock, anchor=ANCHOR)) as server:
        yield World(server, clock)


async def eventually(found: Callable[[], Awaitable[bool]]) -> None:
    """Wait until it is so, for twenty seconds at most."""
    for _ in range(1000):
        if await found():
            return
        await asyncio.sleep(0.02)
    assert await found()


async def status(gate: Gateway) -> dict[str, Any]:
    """What the mirror says of itself."""
    said = await gate.ask(STATUS)
    assert "errors" not in said, said
    mirror: dict[str, Any] = said["data"]["mirror"]
    return mirror


async def listed(gate: Gateway) -> set[str]:
    """The ids of all calls in the list."""
    return {node["id"] for node in await gate.listed(100)}


async def test_history_is_walked_in_the_background_and_the_gateway_becomes_ready(world: World) -> None:
    """First start: nobody does anything, and in the end every call is there, and the mirror says so."""

    async def complete() -> bool:
        return bool((await status(gate))["coverage"]["complete"])

    async def ready() -> bool:
        return (await gate.http.get("/readyz")).status_code == 200

    async with gateway(clock=world.clock, upstream_url=world.server.url, sync=True) as gate:
        await eventually(complete)
        await eventually(ready)
        assert await listed(gate) == world.ids
        told = await status(gate)
    assert told["backfill"] == {"done": True, "rows": len(world.ids)}
    assert told["lagSeconds"] <= 60
    assert told["lastPoll"] is not None


async def test_a_change_that_no_webhook_told_of_comes_with_the_next_poll(world: World) -> None:
    """What is done to a call upstream is seen in the list, and in the call, without anybody asking for it."""
    call_id = world.server.app.state.simulator.ids(0, 1)[0]

    async def renamed() -> bool:
        said = await gate.ask('{ calls(where: { name: { eq: "seen by the poll" } }) { nodes { id } } }')
        return [node["id"] for node in said["data"]["calls"]["nodes"]] == [call_id]

    async with gateway(clock=world.clock, upstream_url=world.server.url, sync=True, poll_seconds=0.05) as gate:
        await eventually(lambda: _is(listed(gate), world.ids))
        world.clock.advance(minutes=1)
        assert await _patched(world, call_id, name="seen by the poll") == httpx.codes.OK
        await eventually(renamed)


async def _is(found: Awaitable[object], wanted: object) -> bool:
    """Whether what is waited for is as wanted."""
    return await found == wanted


async def _patched(world: World, call_id: str, **fields: object) -> int:
    """Change a call upstream, past the gateway; the status of the answer."""
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {KEY}"}) as vapi:
        return (await vapi.patch(f"{world.server.url}/call/{call_id}", json=fields)).status_code


async def test_what_one_gateway_kept_the_next_one_over_the_same_folder_has(world: World, tmp_path: Path) -> None:
    """After a restart nothing is asked for again: the list is there at once, and so is each call."""
    async with gateway(clock=world.clock, upstream_url=world.server.url, data_dir=tmp_path) as gate:
        await gate.fill()
        before = await listed(gate)
    simulator = world.server.app.state.simulator
    simulator.requests.clear()
    async with gateway(clock=world.clock, upstream_url=world.server.url, data_dir=tmp_path) as gate:
        assert await listed(gate) == before == world.ids
        call = await gate.call(simulator.ids(0, 1)[0])
        assert call["freshness"]["state"] == "FRESH"
        assert not simulator.requests


async def test_of_two_gateways_over_one_database_one_keeps_the_mirror(world: World, tmp_path: Path) -> None:
    """The other reads, and waits for its turn."""
    about: dict[str, Any] = {"clock": world.clock, "upstream_url": world.server.url, "data_dir": tmp_path, "sync": True}

    async def keeping(gate: Gateway) -> bool:
        return gate.parts.keeper.sync.is_keeping

    async with gateway(**about) as second:
        await eventually(lambda: keeping(second))
        async with gateway(**about) as first:
            await eventually(lambda: _is(listed(first), world.ids))
            assert not await keeping(first)
            assert await keeping(second)
