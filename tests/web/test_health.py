"""Whether the process lives, and whether it can answer: with a mirror that is there, and current."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Final

import httpx
import pytest
from pydantic import SecretStr

from gateway import app
from gateway.services.checkpoints import Checkpoints, Watermark
from tests.graph.asking import NOW, Running, gateway, running, settings
from tests.store.forwarder import forwarding

pytestmark = pytest.mark.anyio

LIMIT: Final = 300.0


async def polled(there: Running, at: dt.datetime) -> None:
    """Let the mirror remember that every change up to then is in it."""
    await Checkpoints(there.parts.mirror.state).keep_watermark(Watermark(at, at))


async def reason(client: httpx.AsyncClient) -> str | None:
    """Why the gateway is not ready; None where it is."""
    answer = await client.get("/readyz")
    body = answer.json()
    assert (answer.status_code, body["status"]) in ((200, "ready"), (503, "not ready"))
    said: str | None = body.get("reason")
    return said


async def test_a_gateway_is_ready_between_its_start_and_its_end_and_alive_all_the_time(tmp_path: Path) -> None:
    """Before and after it says which of the two it is."""
    built = app.build(settings(data_dir=tmp_path, sync=False, lag_limit_seconds=0))
    transport = httpx.ASGITransport(built)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        before = await reason(client)
        alive = await client.get("/livez")
        async with built.router.lifespan_context(built):
            during = await reason(client)
        after = await reason(client)
    assert (alive.status_code, alive.json()) == (200, {"status": "live"})
    assert (before, during, after) == (before, None, before)
    assert before == "the gateway is starting or stopping"


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
async def test_health_can_be_asked_by_head(path: str) -> None:
    """As load balancers do; there is a status and nothing else."""
    async with gateway(lag_limit_seconds=0) as client:
        answer = await client.head(path)
    assert (answer.status_code, answer.content) == (200, b"")


async def test_a_mirror_that_was_never_polled_is_not_ready() -> None:
    """Nobody knows how far behind it is."""
    async with gateway(lag_limit_seconds=LIMIT) as client:
        assert await reason(client) == "the mirror has not asked Vapi for changes yet"


async def test_a_mirror_that_falls_behind_the_limit_is_not_ready_until_it_catches_up() -> None:
    """The limit itself is still allowed; the reason names the lag and the setting."""
    now = [NOW]
    async with running(clock=lambda: now[0], lag_limit_seconds=LIMIT) as there:
        await polled(there, NOW)
        now[0] += dt.timedelta(seconds=LIMIT)
        assert await reason(there.client) is None
        now[0] += dt.timedelta(seconds=1)
        behind = "the mirror is 301 seconds behind; GATEWAY_LAG_LIMIT_SECONDS allows 300"
        assert await reason(there.client) == behind
        assert (await there.client.get("/livez")).status_code == 200
        await polled(there, now[0])
        assert await reason(there.client) is None


async def test_without_a_limit_any_lag_will_do() -> None:
    """For a gateway whose mirror somebody else keeps as slowly as they like."""
    now = [NOW]
    async with running(clock=lambda: now[0], lag_limit_seconds=0) as there:
        await polled(there, NOW)
        now[0] += dt.timedelta(days=300)
        assert await reason(there.client) is None


async def test_a_database_that_is_away_is_not_ready_and_ready_when_it_is_back(postgresql_url: str) -> None:
    """Whatever the limit; the process lives on, and recovers by itself."""
    async with (
        forwarding(postgresql_url) as (url, forwarder),
        running(database_url=SecretStr(url), lag_limit_seconds=0) as there,
    ):
        assert await reason(there.client) is None
        await forwarder.cut()
        assert await reason(there.client) == "the mirror's database does not answer"
        assert (await there.client.get("/livez")).status_code == 200
        forwarder.mend()
        assert await reason(there.client) is None
