"""Retention: upstream forgets calls after fourteen days, and nothing of ours disappears."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway import app
from gateway.domain.allowance import Allowance
from gateway.domain.principal import ANONYMOUS
from gateway.graph.context import Context
from gateway.simulator.app import create
from tests.e2e.clocks import ANCHOR, Clock
from tests.e2e.gateways import KEY, quick_settings

pytestmark = pytest.mark.anyio

ALL = """
    { calls(first: 100) { totalCount nodes { id status customer { key } freshness { state } } }
      customers { totalCount } }
"""


async def asked(built: app.Gateway, query: str) -> Any:
    """The data of the answer to a query."""
    context = Context(
        request_id="test", principal=ANONYMOUS, allowance=Allowance(None), services=built.services, now=built.clock()
    )
    result = await app.schema_of(built.catalog).execute(query, context_value=context)
    assert result.errors is None, result.errors
    return result.data


async def once(built: app.Gateway) -> None:
    """Everything that keeps the mirror does what it has to do now."""
    for part in built.keeper.parts:
        await part.step()


async def test_what_upstream_forgets_after_fourteen_days_stays_here(tmp_path: Path) -> None:
    """Day by day, with all that keeps the mirror at work, and with every call asked for again in the end."""
    clock = Clock()
    world = create(seed=3, calls=60, live=0, private_key=KEY, clock=clock, anchor=ANCHOR, retention_days=14)
    built = app.gateway(quick_settings(data_dir=tmp_path), clock=clock, transport=httpx.ASGITransport(world))
    async with built.opened():
        await once(built)
        before = await asked(built, ALL)
        assert before["calls"]["totalCount"] == len(before["calls"]["nodes"]) > 30
        for _ in range(20):
            clock.advance(days=1)
            await once(built)
        assert world.state.simulator.ids() == [], "upstream has forgotten all of them"

        after = await asked(built, ALL)
        assert [node["id"] for node in after["calls"]["nodes"]] == [node["id"] for node in before["calls"]["nodes"]]
        assert after["customers"] == before["customers"]
        for node in before["calls"]["nodes"]:
            answer = await asked(
                built, f'{{ call(id: "{node["id"]}", maxAge: 0) {{ id customer {{ key }} freshness {{ state }} }} }}'
            )
            assert answer["call"]["customer"] == node["customer"]
            assert answer["call"]["freshness"]["state"] == "FORGOTTEN"
        clock.advance(minutes=10)
        await once(built)
        assert (await asked(built, ALL))["calls"]["totalCount"] == before["calls"]["totalCount"]


async def test_what_upstream_deletes_before_that_is_purged_here(tmp_path: Path) -> None:
    """Found by comparing, doubted, asked for again, and then gone but for its outline."""
    clock = Clock()
    world = create(seed=3, calls=60, live=0, private_key=KEY, clock=clock, anchor=ANCHOR, retention_days=14)
    built = app.gateway(quick_settings(data_dir=tmp_path), clock=clock, transport=httpx.ASGITransport(world))
    async with built.opened():
        await once(built)
        before = await asked(built, ALL)
        newest = before["calls"]["nodes"][0]["id"]
        world.state.simulator.delete(newest, announced=False)
        for _ in range(4):
            clock.advance(hours=7)
            await once(built)
        after = await asked(built, ALL)
        assert after["calls"]["totalCount"] == before["calls"]["totalCount"] - 1
        assert newest not in {node["id"] for node in after["calls"]["nodes"]}
        left = await asked(
            built, f'{{ call(id: "{newest}") {{ id cost document customer {{ name }} freshness {{ state }} }} }}'
        )
        assert left["call"]["freshness"]["state"] == "DELETED"
        assert (left["call"]["document"], left["call"]["customer"]["name"]) == (None, None)
        assert left["call"]["cost"] is not None
        assert dt.timedelta(hours=28) < clock.now - ANCHOR
