"""Gateways: the whole application with chosen settings, clock and upstream, and a client that asks it in GraphQL."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import datetime as dt
import tempfile
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from gateway import app
from gateway.domain.backfilling import Backfill
from gateway.observe.events import Listener, silence
from gateway.services.checkpoints import Checkpoints
from gateway.settings import Settings

KEY = "sim-private-key"
CALL = """
    query ($id: ID!, $maxAge: Int) {
      call(id: $id, maxAge: $maxAge) { id status customer { name } freshness { state source ageMs } }
    }
"""
PAGE = """
    query ($first: Int!, $after: String, $where: CallFilter) {
      calls(first: $first, after: $after, where: $where) {
        nodes { id createdAt }
        pageInfo { hasNextPage hasPreviousPage endCursor }
      }
    }
"""


class StatedSettings(Settings):
    """Settings that are what a test states, and otherwise the defaults: the environment has no say."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


@dataclasses.dataclass(frozen=True)
class Gateway:
    """A running gateway as a client sees it, and what it consists of."""

    http: httpx.AsyncClient
    parts: app.Gateway

    async def fill(self, since: dt.datetime | None = None) -> None:
        """Walk through upstream's history, or what was created since then: what is there is in the mirror after."""
        walk = Backfill(started_at=self.parts.clock(), floor=since)
        await Checkpoints(self.parts.mirror.state).keep_backfill(walk)
        await self.parts.keeper.backfilling.step()

    async def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The whole answer to a query: ``data``, and ``errors`` where there are any."""
        answer = await self.http.post("/graphql", json={"query": query, "variables": variables})
        said: dict[str, Any] = answer.json()
        return said

    async def call(self, call_id: str, **variables: Any) -> dict[str, Any]:
        """The call that must be there, by the query `CALL`."""
        said = await self.ask(CALL, id=call_id, **variables)
        assert "errors" not in said, said
        call: dict[str, Any] = said["data"]["call"]
        return call

    async def state(self, call_id: str, **variables: Any) -> str:
        """How fresh the answer to a query for a call is told to be."""
        return str((await self.call(call_id, **variables))["freshness"]["state"])

    async def refreshed(self, call_id: str) -> dict[str, Any]:
        """The call, asked for until the refresh that is under way has come over the wire (for ten seconds at most)."""
        for _ in range(1000):
            call = await self.call(call_id)
            if call["freshness"]["state"] != "STALE":
                break
            await asyncio.sleep(0.01)
        return call

    async def error(self, query: str, **variables: Any) -> dict[str, Any]:
        """The one error that the answer to a query must have."""
        [error] = (await self.ask(query, **variables))["errors"]
        return dict(error)

    async def pages(self, first: int, **variables: Any) -> AsyncIterator[dict[str, Any]]:
        """The pieces of the list of calls, one behind the other as `pageInfo` leads."""
        after = None
        while True:
            said = await self.ask(PAGE, first=first, after=after, **variables)
            assert "errors" not in said, said
            page = said["data"]["calls"]
            yield page
            if not page["pageInfo"]["hasNextPage"]:
                return
            after = page["pageInfo"]["endCursor"]

    async def listed(self, first: int, **variables: Any) -> list[dict[str, Any]]:
        """All calls of the list, page by page."""
        return [node async for page in self.pages(first, **variables) for node in page["nodes"]]


def quick_settings(**stated: Any) -> StatedSettings:
    """Settings with which nothing is paced and hardly anything waits, and these."""
    quick: dict[str, Any] = {
        "identity_key": "an identity key for tests",
        "upstream_key": KEY,
        "upstream_rate": 0,
        "allow_anonymous": True,
        "hosts": ("gateway",),
        "upstream_attempts": 2,
        "upstream_backoff_seconds": 0.001,
        "upstream_url": "http://upstream",
        "backfill_workers": 0,
    }
    return StatedSettings(**quick | stated)


@contextlib.asynccontextmanager
async def gateway(
    *,
    clock: Callable[[], dt.datetime],
    upstream_url: str = "http://upstream",
    transport: httpx.AsyncBaseTransport | None = None,
    listen: Listener = silence,
    **stated: Any,
) -> AsyncIterator[Gateway]:
    """A gateway over the simulator at ``upstream_url``, or over whatever ``transport`` leads to.

    Its settings are such that nothing is paced and hardly anything waits, and that nothing keeps its mirror but who
    asks and `Gateway.fill`; ``stated`` are further ones, by their names. What it keeps is gone in the end.
    """
    with tempfile.TemporaryDirectory() as folder:
        settings = quick_settings(**{"data_dir": folder, "sync": False, "upstream_url": upstream_url} | stated)
        built = app.build(settings, listen=listen, clock=clock, transport=transport)
        async with (
            built.router.lifespan_context(built),
            httpx.AsyncClient(transport=httpx.ASGITransport(built), base_url="http://gateway") as http,
        ):
            yield Gateway(http, built.state.gateway)
