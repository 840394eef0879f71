"""Poll: every change comes, with or without webhooks, from the very first start on."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from gateway.domain.coverage import Interval
from gateway.domain.retention import Retention
from gateway.errors import StoreUnavailable, UpstreamUnavailable
from gateway.observe.events import Event, PollGap, PollIncomplete
from gateway.services.backfill import Backfilling
from gateway.services.checkpoints import Checkpoints, Watermark
from gateway.services.intake import Intake
from gateway.services.poll import Poll, Rhythm
from tests.services.mirrors import Mirror
from tests.services.vapi import NOON, Time, Vapi, call_id

pytestmark = pytest.mark.anyio

DAY = dt.timedelta(days=1)
SECOND = dt.timedelta(seconds=1)


@dataclasses.dataclass
class Bench:
    """A poll of a Vapi into a mirror."""

    retention: Retention = dataclasses.field(default_factory=Retention)
    time: Time = dataclasses.field(default_factory=Time)
    mirror: Mirror = dataclasses.field(default_factory=Mirror)
    heard: list[Event] = dataclasses.field(default_factory=list)

    def __post_init__(self) -> None:
        self.vapi = Vapi(self.time, lasts=self.retention.lasts)
        intake = Intake(self.mirror, changed=lambda changes: None)
        state = self.mirror.state
        source = self.vapi.prepared()
        self.backfilling = Backfilling(
            source=source, intake=intake, state=state, retention=self.retention, clock=self.time
        )
        self.poll = Poll(
            source=source,
            intake=intake,
            state=state,
            backfilling=self.backfilling,
            retention=self.retention,
            clock=self.time,
            listen=self.heard.append,
        )

    async def pass_time(self, span: dt.timedelta) -> None:
        self.time.now += span
        await self.poll.step()

    async def watermark(self) -> Watermark | None:
        return await Checkpoints(self.mirror.state).watermark()


async def test_a_call_that_changes_is_in_the_mirror_after_the_next_poll() -> None:
    bench = Bench()
    bench.vapi.create(1, NOON - 5 * DAY)
    await bench.poll.step()
    assert bench.mirror.documents == {}  # it is the backfill's
    bench.time.now += 20 * SECOND
    bench.vapi.change(1, status="ended")
    await bench.pass_time(10 * SECOND)
    assert bench.mirror.documents == bench.vapi.calls


async def test_the_next_poll_is_due_after_the_interval() -> None:
    assert await Bench().poll.step() == Rhythm().interval


async def test_a_change_that_becomes_visible_late_is_found_by_the_next_poll() -> None:
    bench = Bench()
    await bench.poll.step()
    bench.vapi.create(1, NOON - 30 * SECOND)
    await bench.pass_time(30 * SECOND)
    assert call_id(1) in bench.mirror.documents


async def test_many_changes_at_once_are_all_found() -> None:
    bench = Bench()
    await bench.poll.step()
    for number in range(450):
        bench.vapi.create(number, NOON + number % 7 * SECOND)
    await bench.pass_time(30 * SECOND)
    assert len(bench.mirror.documents) == 450


async def test_polls_extend_what_is_covered() -> None:
    bench = Bench()
    await bench.backfilling.step()
    for _ in range(5):
        await bench.pass_time(30 * SECOND)
    [covered] = bench.mirror.state.stretches
    assert covered.end == bench.time.now - Rhythm().safety


async def test_poll_and_backfill_begun_together_leave_nothing_out() -> None:
    bench = Bench()
    bench.vapi.create(1, NOON - SECOND)
    await bench.poll.step()
    bench.time.now += 20 * SECOND
    bench.vapi.create(2, NOON + SECOND)
    await bench.backfilling.step()
    await bench.pass_time(10 * SECOND)
    assert bench.mirror.documents == bench.vapi.calls
    assert len(bench.mirror.state.stretches) == 1


@pytest.mark.parametrize("failing", ["upstream", "store"])
async def test_a_poll_that_fails_moves_nothing_and_the_next_one_brings_it(failing: str) -> None:
    bench = Bench()
    await bench.pass_time(10 * SECOND)
    before = await bench.watermark(), bench.mirror.state.stretches
    bench.vapi.create(1, bench.time.now)

    def fail(name: str) -> None:
        raise UpstreamUnavailable("down") if failing == "upstream" else StoreUnavailable("down")

    calm = lambda name: None  # noqa: E731  # as short as it gets
    broken = bench.vapi if failing == "upstream" else bench.mirror
    broken.before = fail
    with pytest.raises((UpstreamUnavailable, StoreUnavailable)):
        await bench.pass_time(300 * SECOND)
    assert (await bench.watermark(), bench.mirror.state.stretches) == before
    broken.before = calm
    await bench.pass_time(SECOND)
    assert bench.mirror.documents == bench.vapi.calls


async def test_a_watermark_older_than_retention_leaves_a_gap_that_is_told_and_walked() -> None:
    bench = Bench(retention=Retention(14 * DAY))
    await bench.backfilling.step()
    await bench.poll.step()
    bench.time.now += 10 * DAY
    bench.vapi.create(1, bench.time.now)
    bench.time.now += 10 * DAY
    bench.vapi.create(2, bench.time.now - DAY)
    await bench.poll.step()
    horizon = bench.time.now - 14 * DAY
    assert bench.heard == [PollGap((NOON - Rhythm().safety).isoformat(), horizon.isoformat())]
    await bench.backfilling.step()
    assert bench.mirror.documents == bench.vapi.calls
    assert bench.mirror.state.stretches[-1].start == horizon
    assert len(bench.mirror.state.stretches) == 2


async def test_more_changes_of_one_moment_than_an_answer_holds_are_told_and_do_not_stop_the_poll() -> None:
    bench = Bench()
    await bench.pass_time(10 * SECOND)
    covered = bench.mirror.state.stretches
    for number in range(1001):
        bench.vapi.create(number, NOON - 9 * DAY, NOON + 20 * SECOND)
    await bench.pass_time(600 * SECOND)
    assert bench.heard == [PollIncomplete("UPSTREAM_TOO_DENSE")]
    assert bench.mirror.state.stretches == covered
    assert len(bench.mirror.documents) == 1000
    await bench.pass_time(600 * SECOND)
    last = bench.mirror.state.stretches[-1]
    assert last == Interval(last.start, bench.time.now - Rhythm().safety)
