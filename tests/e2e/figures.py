"""Figures: what the gateway costs upstream, does in an outage, and lists; measured over the whole application.

    python -m tests.e2e.figures                       all three, with 1,000 readers and 100,000 calls
    python -m tests.e2e.figures readers outages       some of them
    python -m tests.e2e.figures listing --calls 5000 --first 7
    python -m tests.e2e.figures listing --calls 5000 --upstream simulator

Readers and outages ask the simulator over a loopback socket. Listing fills the mirror from `Listing`, a plain function
with small calls, a group of 150 and batches of 2 to 12 in one millisecond, or from the simulator, whose calls are as
large as real ones; then it walks through the list in the mirror. The command fails where a figure is not what it should
be.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import dataclasses
import random
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence

import httpx
import stamina

from gateway.simulator.app import create
from gateway.simulator.server import Server
from gateway.simulator.simulator import Simulator
from tests.e2e.clocks import ANCHOR, Clock
from tests.e2e.gateways import CALL, gateway
from tests.e2e.upstreams import Listing


@dataclasses.dataclass(frozen=True)
class Figure:
    """One line of the table: what was done, what came of it, what should have, and how long it took."""

    what: str
    measured: str
    wanted: str
    seconds: float

    @property
    def line(self) -> str:
        """The line as it is printed."""
        verdict = "" if self.measured == self.wanted else f"  should be: {self.wanted}"
        return f"{self.what:<66} {self.measured:<47} {self.seconds:>7.2f} s{verdict}"


@dataclasses.dataclass
class Watch:
    """How long it has been since the last look."""

    last: float = dataclasses.field(default_factory=time.perf_counter)

    def lap(self) -> float:
        now = time.perf_counter()
        self.last, since = now, now - self.last
        return since


@contextlib.contextmanager
def _simulator() -> Iterator[tuple[Server, Simulator]]:
    with Server(create(seed=7, calls=1200, live=2, clock=Clock(), anchor=ANCHOR)) as server:
        yield server, server.app.state.simulator


async def readers(count: int) -> AsyncIterator[Figure]:
    """How many requests many readers of one call take."""
    clock = Clock()
    with _simulator() as (server, simulator):
        async with gateway(clock=clock, upstream_url=server.url) as gate:
            settled, live = simulator.sample("web_metadata"), simulator.sample("live")
            watch = Watch()

            def requests() -> str:
                asked = simulator.requests.total()
                simulator.requests.clear()
                return f"requests to upstream: {asked}"

            for name, wanted in (("nobody knows", 1), ("is known and fresh", 0)):
                await asyncio.gather(*(gate.call(settled) for _ in range(count)))
                what = f"{count:,} queries at once for a call that {name}"
                yield Figure(what, requests(), f"requests to upstream: {wanted}", watch.lap())
            for _ in range(60):
                clock.advance(minutes=1)
                await gate.call(settled)
            yield Figure(
                "an ended, settled call, each minute of an hour", requests(), "requests to upstream: 0", watch.lap()
            )
            await gate.call(live)
            clock.advance(seconds=6)
            requests()
            watch.lap()
            stale, *_ = await asyncio.gather(*(gate.state(live) for _ in range(20)))
            fresh = (await gate.refreshed(live))["freshness"]["state"]
            measured = f"{stale}, then {fresh}; {requests()}"
            yield Figure(
                "a live call past its lifetime, 20 at once",
                measured,
                "STALE, then FRESH; requests to upstream: 1",
                watch.lap(),
            )


OUTAGES = (
    ("down", None, "UPSTREAM_UNAVAILABLE"),
    ("hang_up", None, "UPSTREAM_UNAVAILABLE"),
    ("malformed", None, "UPSTREAM_MALFORMED"),
    ("server_error", None, "UPSTREAM_UNAVAILABLE"),
    ("rate_limit", None, "UPSTREAM_RATE_LIMITED"),
    ("rate_limit", 0.4, "UPSTREAM_RATE_LIMITED"),
)


async def outages() -> AsyncIterator[Figure]:
    """What is answered of a fresh, an old and an unknown call while upstream fails, and of all three after."""
    for fault, seconds, code in OUTAGES:
        clock, watch = Clock(), Watch()
        with _simulator() as (server, simulator):
            async with gateway(clock=clock, upstream_url=server.url, upstream_patience_seconds=0.2) as gate:
                fresh, old, unknown = (simulator.sample(kind) for kind in ("phone", "live", "failed"))
                await asyncio.gather(gate.call(fresh), gate.call(old))
                simulator.fail(fault, times=None, seconds=seconds)
                clock.advance(minutes=10)
                told = [await gate.state(fresh), await gate.state(old)]
                told.append((await gate.error(CALL, id=unknown))["extensions"]["code"].removeprefix("UPSTREAM_"))
                simulator.clear()
                await asyncio.sleep(seconds or 0)
                clock.advance(seconds=5)
                after = [
                    (await gate.call(call_id, maxAge=60))["freshness"]["state"] for call_id in (fresh, old, unknown)
                ]
        wanted = f"FRESH ERROR_STALE {code.removeprefix('UPSTREAM_')}; FRESH FRESH FRESH"
        what = f"fresh, old, unknown call during {fault}{' with Retry-After' if seconds else ''}; after"
        yield Figure(what, f"{' '.join(told)}; {' '.join(after)}", wanted, watch.lap())


def large(count: int) -> Listing:
    """So many calls with a group of 150 and, in every forty, a batch of 2 to 12 in one millisecond."""
    dice = random.Random(1)
    batches = [range(start, start + dice.randint(2, 12)) for start in range(0, count, 40)]
    return Listing.of(count, tied=[*batches, range(820, 970)])


async def listing(count: int, first: int, upstream: str) -> AsyncIterator[Figure]:
    """Whether the mirror gets every call, and following `endCursor` gives each exactly once, newest first."""
    known = large(count)
    expected = known.expected
    transport: httpx.AsyncBaseTransport = known.transport
    if upstream == "simulator":
        app = create(seed=7, calls=count, live=0, clock=Clock(), anchor=ANCHOR)
        timeline = app.state.simulator.world.timeline
        expected = [
            id_ for _, id_ in sorted(((timeline.created(i), timeline.id(i)) for i in range(count)), reverse=True)
        ]
        transport = httpx.ASGITransport(app)
    watch = Watch()
    async with gateway(clock=Clock(), transport=transport, upstream_retention_days=0) as gate:
        await gate.fill()
        held = await gate.ask("{ calls { totalCount } mirror { coverage { complete } } }")
        measured = (
            f"{held['data']['calls']['totalCount']:,}, complete: {held['data']['mirror']['coverage']['complete']}"
        )
        yield Figure(
            f"{count:,} calls into the mirror ({upstream})", measured, f"{count:,}, complete: True", watch.lap()
        )
        listed = [str(node["id"]) for node in await gate.listed(first)]
    missing, repeated = len({*expected} - {*listed}), len(listed) - len({*listed})
    order = "in order" if listed == expected else "not in order"
    measured = f"{len(listed):,}: {missing} missing, {repeated} repeated, {order}"
    wanted = f"{count:,}: 0 missing, 0 repeated, in order"
    yield Figure(f"{count:,} calls out of the mirror by pages of {first}", measured, wanted, watch.lap())


async def show(chosen: argparse.Namespace) -> bool:
    """Print the figures as they come; whether all are as they should be."""
    wanted = chosen.figures or ["readers", "outages", "listing"]
    sources = []
    if "readers" in wanted:
        sources.append(readers(chosen.readers))
    if "outages" in wanted:
        sources.append(outages())
    if "listing" in wanted:
        sizes = (
            [(0, 100), (500, 1), (3000, 7), (chosen.calls, 100)]
            if chosen.first is None
            else [(chosen.calls, chosen.first)]
        )
        sources += [listing(calls, first, chosen.upstream) for calls, first in sizes]
    right = True
    for source in sources:
        async for figure in source:
            right = right and figure.measured == figure.wanted
            sys.stdout.write(f"{figure.line}\n")
            sys.stdout.flush()
    return right


def arguments(stated: Sequence[str] | None = None) -> argparse.Namespace:
    """What was stated on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("figures", nargs="*", choices=["readers", "outages", "listing", []], help="all by default")
    parser.add_argument("--readers", type=int, default=1000, help="how many ask for one call at once")
    parser.add_argument("--calls", type=int, default=100_000, help="how many calls are listed")
    parser.add_argument("--first", type=int, help="how many a page; several sizes by default")
    parser.add_argument("--upstream", choices=["function", "simulator"], default="function", help="who is listed")
    return parser.parse_args(stated)


if __name__ == "__main__":
    stamina.instrumentation.set_on_retry_hooks(())  # retries are part of the outages shown
    sys.exit(0 if asyncio.run(show(arguments())) else 1)
