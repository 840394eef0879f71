"""Backfill: all of history once, whatever ends it in between."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import itertools

import pytest

from gateway.domain.coverage import BEGINNING, Interval
from gateway.domain.retention import Retention
from gateway.errors import UpstreamRateLimited, UpstreamUnavailable
from gateway.observe.events import BackfillDone, Event
from gateway.services.backfill import Backfilling
from gateway.services.checkpoints import Checkpoints
from gateway.services.intake import Intake
from tests.services.mirrors import Mirror
from tests.services.vapi import NOON, Time, Vapi, call_id

pytestmark = pytest.mark.anyio

DAY = dt.timedelta(days=1)
FORTNIGHT = Retention(14 * DAY)


@dataclasses.dataclass
class Bench:
    """A walk over a Vapi into a mirror; `run` makes a new process of it each time."""

    time: Time = dataclasses.field(default_factory=Time)
    mirror: Mirror = dataclasses.field(default_factory=Mirror)
    retention: Retention = dataclasses.field(default_factory=Retention)
    heard: list[Event] = dataclasses.field(default_factory=list)

    def __post_init__(self) -> None:
        self.vapi = Vapi(self.time)

    def fill(self, count: int, *, step: dt.timedelta = dt.timedelta(minutes=1), tied: int = 1) -> None:
        """So many calls, the newest now, ``tied`` of them at the same moment."""
        for number in range(count):
            self.vapi.create(number, NOON - number // tied * step)

    def process(self) -> Backfilling:
        return Backfilling(
            source=self.vapi.prepared(),
            intake=Intake(self.mirror, changed=lambda changes: None),
            state=self.mirror.state,
            retention=self.retention,
            clock=self.time,
            listen=self.heard.append,
        )

    async def run(self) -> None:
        await self.process().step()

    @property
    def coverage(self) -> tuple[Interval, ...]:
        return self.mirror.state.stretches


async def test_history_is_in_the_mirror_and_covered_to_its_beginning() -> None:
    bench = Bench()
    bench.fill(450)
    await bench.run()
    assert bench.mirror.documents == bench.vapi.calls
    assert bench.coverage == (Interval(BEGINNING, NOON),)
    assert bench.heard == [BackfillDone(450, BEGINNING.isoformat())]


async def test_an_empty_history_is_complete_too() -> None:
    bench = Bench()
    await bench.run()
    assert bench.coverage == (Interval(BEGINNING, NOON),)


async def test_what_is_done_is_not_done_again() -> None:
    bench = Bench()
    bench.fill(5)
    await bench.run()
    asked = len(bench.vapi.queries)
    await bench.run()
    assert len(bench.vapi.queries) == asked


@pytest.mark.parametrize("shuffled", [False, True])
async def test_ties_and_disorder_lose_no_call(shuffled: bool) -> None:  # noqa: FBT001  # a parameter of the test
    bench = Bench()
    bench.fill(700, tied=150)
    bench.vapi.shuffled = shuffled
    await bench.run()
    assert bench.mirror.documents == bench.vapi.calls


async def test_progress_tells_calls_and_how_far_the_walk_has_come() -> None:
    bench = Bench(retention=FORTNIGHT)
    bench.fill(300, step=dt.timedelta(hours=1))

    def cut(name: str) -> None:
        bench.time.now += dt.timedelta(seconds=1)
        if len(bench.vapi.queries) == 2:
            raise UpstreamUnavailable("cut")

    bench.vapi.before = cut
    process = bench.process()
    with pytest.raises(UpstreamUnavailable):
        await process.step()
    told = await process.progress()
    assert (told.rows, told.done) == (204, False)
    assert told.rate > 0
    assert told.fraction == pytest.approx(204 / (14 * 24), abs=0.01)
    assert told.seconds_left


async def test_a_walk_that_was_throttled_covers_nothing_that_it_has_not_seen() -> None:
    bench = Bench()
    bench.fill(300)

    def throttled(name: str) -> None:
        if len(bench.vapi.queries) == 1:
            raise UpstreamRateLimited("slow down", 5.0)

    bench.vapi.before = throttled
    with pytest.raises(UpstreamRateLimited):
        await bench.run()
    [covered] = bench.coverage
    assert covered.end == NOON
    held = {
        id_ for id_, call in bench.vapi.calls.items() if dt.datetime.fromisoformat(call["createdAt"]) >= covered.start
    }
    assert set(bench.mirror.documents) == held
    assert len(held) < 300


async def test_coverage_begins_where_upstream_forgets() -> None:
    bench = Bench(retention=FORTNIGHT)
    bench.vapi.lasts = 14 * DAY
    bench.fill(40, step=DAY)
    await bench.run()
    assert bench.coverage == (Interval(NOON - 14 * DAY, NOON),)
    assert len(bench.mirror.documents) == 15


async def test_coverage_begins_with_the_oldest_call_where_upstream_keeps_more_than_it_is_said_to() -> None:
    bench = Bench(retention=FORTNIGHT)
    bench.fill(40, step=DAY)
    await bench.run()
    assert bench.coverage == (Interval(NOON - 39 * DAY, NOON),)


async def test_what_was_forgotten_while_the_walk_lay_still_is_not_covered() -> None:
    bench = Bench(retention=FORTNIGHT)
    bench.vapi.lasts = 14 * DAY
    bench.fill(300, step=dt.timedelta(hours=1))

    def killed(name: str) -> None:
        if len(bench.vapi.queries) == 1:
            raise asyncio.CancelledError

    bench.vapi.before = killed
    with pytest.raises(asyncio.CancelledError):
        await bench.run()
    bench.vapi.before = lambda name: None
    bench.time.now += 12 * DAY
    await bench.run()
    [covered] = bench.coverage
    lost = [call["createdAt"] for id_, call in bench.vapi.calls.items() if id_ not in bench.mirror.documents]
    assert lost
    assert covered.start > dt.datetime.fromisoformat(max(lost))


async def test_a_gap_is_walked_down_to_where_the_mirror_was_complete() -> None:
    bench = Bench()
    bench.fill(10)
    await bench.run()
    bench.time.now += 30 * DAY
    bench.vapi.create(99, bench.time.now - DAY)
    await bench.process().again(NOON)
    await bench.run()
    assert bench.vapi.queries[-1].created_from == NOON
    assert call_id(99) in bench.mirror.documents
    assert bench.coverage == (Interval(BEGINNING, bench.time.now),)


async def test_a_walk_that_begins_anew_meanwhile_is_not_overwritten() -> None:
    bench = Bench()
    bench.fill(450)
    process, begun = bench.process(), []

    async def begin_anew() -> None:
        bench.time.now += DAY
        begun.append(await process.again(NOON))

    def afterwards(name: str) -> None:
        if len(bench.mirror.batches) == 2:
            begun_tasks.append(asyncio.ensure_future(begin_anew()))

    begun_tasks: list[asyncio.Future[None]] = []
    bench.mirror.afterwards = afterwards
    await process.step()
    await asyncio.gather(*begun_tasks)
    await process.step()
    known = await Checkpoints(bench.mirror.state).backfill()
    assert known is not None
    assert (known.started_at, known.done) == (NOON + DAY, True)
    assert bench.mirror.documents == bench.vapi.calls


@pytest.mark.parametrize("moment", ["before", "after the commit"])
async def test_a_walk_that_is_cut_at_any_step_goes_on_and_ends_in_the_same_mirror(moment: str) -> None:
    for at in itertools.count(1):
        bench = Bench()
        bench.fill(330, tied=7)
        if not await cut(bench, at, moment):
            break
        complete(bench)
        await bench.run()
        assert bench.mirror.documents == bench.vapi.calls, at
        assert len(bench.mirror.log) == 330, at
        assert bench.coverage == (Interval(BEGINNING, NOON),), at
    assert at > 3


async def cut(bench: Bench, at: int, moment: str) -> bool:
    """Walk, and be killed at the step of this number; whether there was one."""
    steps: list[str] = []

    def step(name: str) -> None:
        steps.append(name)
        if len(steps) == at:
            raise asyncio.CancelledError

    if moment == "before":
        bench.vapi.before = bench.mirror.before = bench.mirror.state.before = step
    else:
        bench.mirror.afterwards = step
    try:
        await bench.run()
    except asyncio.CancelledError:
        return True
    return False


def complete(bench: Bench) -> None:
    """What is covered is held."""
    for covered in bench.coverage:
        for id_, call in bench.vapi.calls.items():
            if covered.start <= dt.datetime.fromisoformat(call["createdAt"]) <= covered.end:
                assert id_ in bench.mirror.documents


async def test_each_row_is_applied_before_it_counts_as_held() -> None:
    bench = Bench()
    bench.fill(220)
    order: list[str] = []
    bench.mirror.before = bench.mirror.state.before = order.append
    await bench.run()
    work = [name for name in order if name in ("apply", "cover", "save")]
    assert work[:1] == ["save"]
    assert work[1:-2] == ["apply", "apply", "cover", "save"] * 2 + ["apply", "cover", "save"]
