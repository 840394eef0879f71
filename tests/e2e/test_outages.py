"""Outages: whatever goes wrong upstream, what is known is served and marked, and the gateway recovers by itself."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import uuid
from typing import Any

import pytest

from gateway.errors import UpstreamUnauthorized
from gateway.observe.events import Event
from gateway.observe.logs import log_listener
from gateway.simulator.app import create
from gateway.simulator.server import Server
from gateway.simulator.simulator import Simulator
from tests.e2e.clocks import ANCHOR, Clock
from tests.e2e.gateways import CALL, Gateway, gateway

pytestmark = pytest.mark.anyio


@dataclasses.dataclass(frozen=True)
class Outage:
    """A fault of the simulator, and the code of the error that follows from it where nothing is known."""

    fault: str
    code: str
    status: int = 500
    seconds: float | None = None


OUTAGES = [
    pytest.param(Outage("down", "UPSTREAM_UNAVAILABLE"), id="down"),
    pytest.param(Outage("hang_up", "UPSTREAM_UNAVAILABLE"), id="hang-up-mid-body"),
    pytest.param(Outage("malformed", "UPSTREAM_MALFORMED"), id="malformed"),
    pytest.param(Outage("server_error", "UPSTREAM_UNAVAILABLE", status=503), id="503"),
    pytest.param(Outage("server_error", "UPSTREAM_FORBIDDEN", status=402), id="402"),
    pytest.param(Outage("rate_limit", "UPSTREAM_RATE_LIMITED"), id="429"),
    pytest.param(Outage("rate_limit", "UPSTREAM_RATE_LIMITED", seconds=0.4), id="429-with-retry-after"),
]


@pytest.mark.parametrize("outage", OUTAGES)
async def test_an_outage_and_its_end(server: Server, simulator: Simulator, clock: Clock, outage: Outage) -> None:
    """Known calls are fresh while fresh and marked after, lists are served from the mirror; unknown calls get a coded
    error; then all is well again.
    """
    async with gateway(clock=clock, upstream_url=server.url, upstream_patience_seconds=0.2) as gate:
        settled, live, unknown = simulator.sample("phone"), simulator.sample("live"), simulator.sample("failed")
        for known in (settled, live):
            assert await gate.state(known) == "FRESH"
        simulator.fail(outage.fault, times=None, status=outage.status, seconds=outage.seconds)

        clock.advance(seconds=4)
        assert [await gate.state(known) for known in (settled, live)] == ["FRESH", "FRESH"]
        assert await gate.state(settled, maxAge=0) == "ERROR_STALE"
        assert (await gate.error(CALL, id=unknown))["extensions"]["code"] == outage.code
        assert {node["id"] for node in await gate.listed(3)} == {settled, live}
        clock.advance(minutes=2)
        assert [await gate.state(known) for known in (settled, live)] == ["FRESH", "ERROR_STALE"]
        clock.advance(hours=30)
        marked = [await gate.call(known) for known in (settled, live)]
        assert {call["freshness"]["state"] for call in marked} == {"ERROR_STALE"}
        assert all(call["freshness"]["ageMs"] > 30 * 3600_000 for call in marked)
        assert marked[0]["customer"]["name"]

        simulator.clear()
        await asyncio.sleep(outage.seconds or 0)
        clock.advance(seconds=5)
        assert [await gate.state(id_) for id_ in (settled, live, unknown)] == ["FRESH"] * 3
        assert {node["id"] for node in await gate.listed(3)} == {settled, live, unknown}


async def test_a_pause_that_upstream_asked_for_is_passed_on(server: Server, simulator: Simulator, clock: Clock) -> None:
    """Where upstream says how long to wait, the caller is told, and upstream is not asked meanwhile."""
    async with gateway(clock=clock, upstream_url=server.url) as gate:
        simulator.fail("rate_limit", times=1, seconds=600)
        error = await gate.error(CALL, id=simulator.sample("phone"))
        assert error["extensions"] == {"code": "UPSTREAM_RATE_LIMITED", "retryAfter": 600.0}
        error = await gate.error(CALL, id=simulator.sample("failed"))
        assert error["extensions"]["code"] == "UPSTREAM_RATE_LIMITED"
        assert simulator.requests == {"GET /call/{id}": 1}


async def test_a_short_failure_is_not_noticed(server: Server, simulator: Simulator, clock: Clock) -> None:
    """What passes at the second attempt is nobody's concern."""
    async with gateway(clock=clock, upstream_url=server.url) as gate:
        for fault in ("down", "hang_up", "rate_limit", "server_error"):
            simulator.fail(fault)
            simulator.fail("latency", seconds=0.01)
            assert await gate.state(simulator.sample("phone"), maxAge=0) == "FRESH"
            clock.advance(seconds=1)


async def test_many_waiting_for_an_error(server: Server, simulator: Simulator, clock: Clock) -> None:
    """Many who ask at once for an unknown call during an outage take the attempts of one request."""
    async with gateway(clock=clock, upstream_url=server.url) as gate:
        simulator.fail("server_error", times=None)
        wanted = simulator.sample("phone")
        errors = await asyncio.gather(*(gate.error(CALL, id=wanted) for _ in range(200)))
        assert {error["extensions"]["code"] for error in errors} == {"UPSTREAM_UNAVAILABLE"}
        assert simulator.requests == {"GET /call/{id}": 2}


async def test_one_bad_call_among_several(server: Server, simulator: Simulator, clock: Clock) -> None:
    """Several calls in one query: the one that cannot be had is null with its error, the others are answered."""
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    async with gateway(clock=clock, upstream_url=server.url) as gate:
        known, unknown = simulator.sample("phone"), simulator.sample("failed")
        await gate.call(known)
        simulator.fail("down", times=None)
        said = await gate.ask(query, ids=[known, unknown])
        assert said["data"]["nodes"] == [{"id": known}, None]
        assert [(error["path"], error["extensions"]["code"]) for error in said["errors"]] == [
            (["nodes", 1], "UPSTREAM_UNAVAILABLE")
        ]


async def test_a_missing_call(server: Server, simulator: Simulator, clock: Clock) -> None:
    """A call that upstream does not have is null, without an error, and upstream is asked once in ten seconds."""
    async with gateway(clock=clock, upstream_url=server.url) as gate:
        missing = str(uuid.uuid5(uuid.NAMESPACE_URL, "no call"))
        assert [(await gate.ask(CALL, id=missing))["data"] for _ in range(3)] == [{"call": None}] * 3
        assert simulator.requests == {"GET /call/{id}": 1}
        clock.advance(seconds=10)
        await gate.ask(CALL, id=missing)
        assert simulator.requests == {"GET /call/{id}": 2}


async def test_a_deleted_call(clock: Clock) -> None:
    """A call that upstream has no more is doubted, asked for again, and then told to be deleted, without a name."""
    with Server(create(seed=7, calls=30, live=0, clock=Clock(), anchor=ANCHOR)) as server:
        simulator: Simulator = server.app.state.simulator
        async with gateway(clock=clock, upstream_url=server.url) as gate:
            wanted = simulator.ids(0, 1)[0]
            name = (await gate.call(wanted))["customer"]["name"]
            plan = simulator.world.find(wanted, simulator.now)
            assert plan is not None
            simulator.world.delete(plan)
            clock.advance(hours=25)
            doubted = await gate.call(wanted, maxAge=0)  # waits for upstream, so that the doubt is noted
            assert (doubted["freshness"]["state"], doubted["customer"]["name"]) == ("STALE", name)
            clock.advance(minutes=3)
            call = await _kept(gate, wanted, until="DELETED")
            assert (call["customer"]["name"], call["status"]) == (None, "ENDED")
            assert wanted not in {node["id"] for node in await gate.listed(100)}


async def _kept(gate: Gateway, call_id: str, *, until: str) -> dict[str, Any]:
    """The call once the mirror, which is kept in the background meanwhile, tells this state (ten seconds at most)."""
    keeping = asyncio.create_task(gate.parts.keeper.sync.run())
    for _ in range(1000):
        call = await gate.call(call_id)
        if call["freshness"]["state"] == until:
            break
        await asyncio.sleep(0.01)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    assert call["freshness"]["state"] == until
    return call


async def test_a_wrong_key(
    server: Server, simulator: Simulator, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """The error names the setting to look at, and the key is in no answer, no event and no log."""
    key = "the-wrong-key-0123456789"
    events: list[Event] = []
    write = log_listener()

    def listen(event: Event) -> None:
        events.append(event)
        write(event)

    with caplog.at_level(logging.DEBUG):
        async with gateway(clock=clock, upstream_url=server.url, upstream_key=key, listen=listen) as gate:
            error = await gate.error(CALL, id=simulator.sample("phone"))
            with pytest.raises(UpstreamUnauthorized) as walking:
                await gate.fill()
    assert error["extensions"]["code"] == "UPSTREAM_UNAUTHORIZED"
    assert "GATEWAY_UPSTREAM_KEY" in error["message"]
    assert simulator.requests == {"GET /call/{id}": 1, "GET /call": 1}
    assert events
    assert key not in f"{error} {walking.value} {events} {caplog.text}"
