"""Many who ask for one call: upstream is asked once, over a real socket."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest

from gateway.simulator.server import Server
from gateway.simulator.simulator import Simulator
from tests.e2e.clocks import ANCHOR, Clock
from tests.e2e.gateways import gateway

pytestmark = pytest.mark.anyio

ONE = "GET /call/{id}"


async def test_a_thousand_readers_take_one_request(server: Server, simulator: Simulator, clock: Clock) -> None:
    """A thousand identical queries at once for a call that nobody knows: one request; a thousand more: none."""
    async with gateway(clock=clock, upstream_url=server.url) as gate:
        wanted = simulator.sample("web_metadata")
        cold = await asyncio.gather(*(gate.call(wanted) for _ in range(1000)))
        assert {call["freshness"]["source"] for call in cold} == {"UPSTREAM"}
        assert {call["customer"]["name"] for call in cold} == {cold[0]["customer"]["name"]}
        assert simulator.requests == {ONE: 1}
        warm = await asyncio.gather(*(gate.call(wanted) for _ in range(1000)))
        assert {(call["freshness"]["state"], call["freshness"]["source"]) for call in warm} == {("FRESH", "CACHE")}
        assert simulator.requests == {ONE: 1}


async def test_a_settled_call_takes_no_request_for_hours(server: Server, simulator: Simulator, clock: Clock) -> None:
    """An ended and settled call, asked for every minute of an hour, takes one request in all."""
    async with gateway(clock=clock, upstream_url=server.url) as gate:
        wanted = simulator.sample("phone")
        for minute in range(61):
            call = await gate.call(wanted)
            assert (call["freshness"]["state"], call["freshness"]["ageMs"]) == ("FRESH", minute * 60_000)
            clock.advance(minutes=1)
        assert simulator.requests == {ONE: 1}


async def test_a_live_call_is_refreshed_behind_the_scenes(server: Server, simulator: Simulator, clock: Clock) -> None:
    """Past its lifetime a live call is served as it is, while one refresh runs for all; then it is fresh again."""
    async with gateway(clock=clock, upstream_url=server.url) as gate:
        wanted = simulator.sample("live")
        assert await gate.state(wanted) == "FRESH"
        clock.advance(seconds=6)
        stale = await asyncio.gather(*(gate.call(wanted) for _ in range(20)))
        assert stale[0]["freshness"] == {"state": "STALE", "source": "CACHE", "ageMs": 6000}
        assert (await gate.refreshed(wanted))["freshness"] == {"state": "FRESH", "source": "CACHE", "ageMs": 0}
        assert simulator.requests == {ONE: 2}


async def test_no_more_than_the_caller_allows(server: Server, simulator: Simulator, clock: Clock) -> None:
    """`maxAge` has upstream asked where what is known is older than the caller can bear."""
    async with gateway(clock=clock, upstream_url=server.url) as gate:
        wanted = simulator.sample("phone")
        await gate.call(wanted)
        clock.advance(seconds=10)
        assert (await gate.call(wanted, maxAge=10))["freshness"]["source"] == "CACHE"
        assert (await gate.call(wanted, maxAge=9))["freshness"]["source"] == "UPSTREAM"
        assert simulator.requests == {ONE: 2}


async def test_a_call_that_was_listed_needs_no_request(server: Server, simulator: Simulator, clock: Clock) -> None:
    """What a page brought is known, and a page asks nobody but the mirror."""
    async with gateway(clock=clock, upstream_url=server.url) as gate:
        await gate.fill(since=ANCHOR - dt.timedelta(hours=2))
        simulator.requests.clear()
        page = await anext(gate.pages(5))
        assert await gate.state(page["nodes"][3]["id"]) == "FRESH"
        assert not simulator.requests


PRESIGNED = "query ($id: ID!) { call(id: $id) { artifact { presignedMonoUrl presignedUrlsExpiresAt } } }"


async def test_a_call_and_its_presigned_addresses_take_one_request(
    server: Server, simulator: Simulator, clock: Clock
) -> None:
    """Where the call itself must be fetched, its presigned addresses come along; they are not kept for the next."""
    async with gateway(clock=clock, upstream_url=server.url) as gate:
        answers = []
        for requests in (1, 2):
            answers.append(await gate.ask(PRESIGNED, id=simulator.sample("phone")))
            assert simulator.requests == {ONE: requests}
        addresses = {answer["data"]["call"]["artifact"]["presignedMonoUrl"] for answer in answers}
        assert len(addresses) == 2
        assert None not in addresses


async def test_only_selecting_presigned_addresses_fetches(server: Server, simulator: Simulator, clock: Clock) -> None:
    """A known call is answered from memory; its presigned addresses are fetched for each query that selects them."""
    async with gateway(clock=clock, upstream_url=server.url) as gate:
        wanted = simulator.sample("phone")
        await gate.call(wanted)
        answers = [await gate.ask(PRESIGNED, id=wanted) for _ in range(2)]
        addresses = {answer["data"]["call"]["artifact"]["presignedMonoUrl"] for answer in answers}
        assert len(addresses) == 2
        assert None not in addresses
        await gate.call(wanted)
        assert simulator.requests == {ONE: 3}
