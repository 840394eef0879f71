"""Sides: a plain and a compiled gateway over the same upstream and the same clock, asked the same."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

import httpx
from starlette.types import ASGIApp

from gateway import app
from gateway.graph.lane.operations import Lane
from gateway.settings import CallSettings, CustomerSettings
from tests.e2e.clocks import Clock
from tests.e2e.gateways import quick_settings
from tests.lane import principals, records
from tests.lane.questions import Answer, Question, difference
from tests.lane.upstream import Carrier, Upstream

T = TypeVar("T")
Wrap = Callable[[ASGIApp], ASGIApp]
"""What is put around the compiled gateway: nothing, but where the test itself is tested."""

_LONG: Final = 10 * 365 * 24 * 3600
_EVERYTHING: Final = "{ calls(first: 100) { nodes { id } } }"

USUAL: Final[Mapping[str, Any]] = {
    "sync": False,
    "upstream_attempts": 1,
    "rate_per_minute": 0,
    "rate_per_address_per_minute": 0,
    "live_stale_seconds": 0,  # so that nothing is refreshed beside a question, with which it would race
    "ended_stale_seconds": 0,
    "settled_stale_seconds": 0,
    "related_fresh_seconds": _LONG,  # which is measured by the clock on the wall
    "settled_fresh_seconds": 1800,
    "upstream_retention_days": 2,  # so that some of the calls can be forgotten
    "query_depth": 14,
    "query_aliases": 100,
    "query_root_fields": 8,
    "query_cost": 60_000,
    "call": CallSettings(attributes=records.CALL_ATTRIBUTES),
    "customer": CustomerSettings(attributes=records.CUSTOMER_ATTRIBUTES, alias={"id:bobby": "id:bob"}),
}
"""Settings of both sides."""


def as_is(application: ASGIApp) -> ASGIApp:
    """Put nothing around it."""
    return application


@dataclasses.dataclass(frozen=True)
class Side:
    """One of the two gateways, as a client sees it."""

    name: str
    http: httpx.AsyncClient
    parts: app.Gateway
    lane: Lane | None
    carrier: Carrier
    keys: Mapping[str, str | None]

    async def ask(self, question: Question) -> Answer:
        """The answer, once all that the question began is over."""
        self.carrier.taken()
        response = await through(self.http.send(question.request(self.http, self.keys[question.principal])))
        return Answer.of(response, sorted(self.carrier.taken().elements()))


async def through(work: Awaitable[T]) -> T:
    """What this comes to, once all that it began beside is over, too."""
    before = asyncio.all_tasks()
    done = await work
    while beside := asyncio.all_tasks() - before:
        await asyncio.wait(beside)
    return done


@dataclasses.dataclass
class Pair:
    """Both sides, what they share, and whether all that a question could change in passing has changed."""

    plain: Side
    compiled: Side
    upstream: Upstream
    clock: Clock
    _settled: set[tuple[str, bool]] = dataclasses.field(default_factory=set)

    @property
    def sides(self) -> tuple[Side, Side]:
        """Both."""
        return self.plain, self.compiled

    async def both(self, move: Callable[[Side], Awaitable[object]]) -> None:
        """Do the same to both sides, one after the other."""
        for side in self.sides:
            await through(move(side))

    async def ask(self, question: Question) -> tuple[Answer, str | None]:
        """The plain side's answer, and what differs from it in the compiled side's."""
        plain, compiled = await self.plain.ask(question), await self.compiled.ask(question)
        return plain, difference(plain, compiled)

    async def settle(self, sought: Sequence[str], *, anew: bool) -> None:
        """Read these calls, and then all, until none of them is read another time for a question at this moment."""
        wanted = {("", False), *((call_id, anew) for call_id in sought)} - self._settled
        age = ", maxAge: 0" if anew else ""
        for _ in range(2 if wanted else 0):
            for call_id in sorted(call_id for call_id, _ in wanted if call_id):
                await self.ask(Question(document=f'{{ call(id: "{call_id}"{age}) {{ id }} }}'))
            await self.ask(Question(document=_EVERYTHING))
        self._settled |= wanted

    def unsettle(self) -> None:
        """From now on nothing has settled: the world has moved, or may have."""
        self._settled.clear()


@contextlib.asynccontextmanager
async def pair(upstream: Upstream, *, wrap: Wrap = as_is, **stated: Any) -> AsyncIterator[Pair]:
    """Both sides over this upstream, whose history they have walked through."""
    clock = Clock(records.NOW)
    async with contextlib.AsyncExitStack() as stack:
        plain = await stack.enter_async_context(_side("plain", upstream, clock, as_is, stated))
        compiled = await stack.enter_async_context(_side("compiled", upstream, clock, wrap, stated))
        both = Pair(plain, compiled, upstream, clock)
        await both.both(lambda side: side.parts.keeper.backfilling.step())
        await both.both(lambda side: side.parts.following.step())
        yield both


@contextlib.asynccontextmanager
async def _side(
    name: str, upstream: Upstream, clock: Clock, wrap: Wrap, stated: Mapping[str, Any]
) -> AsyncIterator[Side]:
    """One side, without what a running gateway does by itself in the background."""
    carrier = Carrier(upstream)
    with tempfile.TemporaryDirectory() as folder:
        settings = quick_settings(**{**USUAL, "data_dir": folder, **stated, "compiled": name == "compiled"})
        built = app.build(settings, clock=clock, transport=carrier.transport)
        parts: app.Gateway = built.state.gateway
        transport = httpx.ASGITransport(wrap(built))
        async with parts.opened(), httpx.AsyncClient(transport=transport, base_url="http://gateway") as http:
            yield Side(name, http, parts, built.state.lane, carrier, await principals.admitted(parts.keys))
