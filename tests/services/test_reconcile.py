"""Reconcile: what poll and webhooks have missed is found, counted and repaired."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from gateway.domain.coverage import Interval
from gateway.domain.marks import Reason
from gateway.domain.retention import Retention
from gateway.domain.slices import Slicing
from gateway.observe.events import Event, Reconciled
from gateway.services.checkpoints import Audit, Checkpoints
from gateway.services.intake import Intake
from gateway.services.reconcile import Reconcile
from tests.services.mirrors import Mirror
from tests.services.vapi import NOON, Time, Vapi, call_id

pytestmark = pytest.mark.anyio

DAY = dt.timedelta(days=1)
HOUR = dt.timedelta(hours=1)
INTERVAL = 6 * HOUR


@dataclasses.dataclass
class Bench:
    """A mirror that holds what a Vapi has: a call for each hour of eight days."""

    time: Time = dataclasses.field(default_factory=Time)
    mirror: Mirror = dataclasses.field(default_factory=Mirror)
    retention: Retention = dataclasses.field(default_factory=Retention)
    heard: list[Event] = dataclasses.field(default_factory=list)

    def __post_init__(self) -> None:
        self.vapi = Vapi(self.time)
        self.intake = Intake(self.mirror, changed=lambda changes: None)
        for number in range(8 * 24):
            self.vapi.create(number, NOON - (number + 1) * HOUR)
        self.reconcile = Reconcile(
            source=self.vapi.prepared(),
            store=self.mirror,
            intake=self.intake,
            state=self.mirror.state,
            retention=self.retention,
            clock=self.time,
            interval=INTERVAL,
            slicing=Slicing(recent=2 * DAY, length=3 * DAY),
            listen=self.heard.append,
        )

    async def hold(self) -> None:
        """Let the mirror hold all that is there, and say so."""
        source = self.vapi.prepared()
        documents = [dict(call) for call in self.vapi.calls.values()]
        await self.intake.take([source._prepared(each, self.time.now)["snapshot"] for each in documents])
        await self.mirror.state.cover(Interval(NOON - 8 * DAY, self.time.now))

    async def audit(self) -> Audit:
        return await Checkpoints(self.mirror.state).audit()

    def missing(self) -> set[str]:
        return {mark.call_id for mark in self.mirror.state.marks.values() if mark.reason is Reason.MISSING}


async def held() -> Bench:
    bench = Bench()
    await bench.hold()
    bench.time.now += 15 * dt.timedelta(minutes=1)
    return bench


async def test_a_mirror_that_is_complete_is_found_so() -> None:
    bench = await held()
    assert await bench.reconcile.step() == INTERVAL
    assert bench.heard == [Reconciled(checked=5 * 24 - 1, missed=0, stale=0, missing=0)]


async def test_before_anything_is_complete_nothing_is_compared() -> None:
    bench = Bench()
    await bench.reconcile.step()
    assert (bench.vapi.queries, bench.heard) == ([], [])


async def test_a_call_that_was_missed_is_counted_and_repaired() -> None:
    bench = await held()
    bench.vapi.create(900, NOON - HOUR)
    await bench.reconcile.step()
    assert call_id(900) in bench.mirror.documents
    assert (await bench.audit()).missed == 1


async def test_a_change_that_was_missed_is_counted_and_repaired() -> None:
    bench = await held()
    bench.vapi.calls[call_id(3)] |= {"cost": 5, "updatedAt": "2026-08-30T11:00:00.000Z"}
    bench.time.now += HOUR
    await bench.reconcile.step()
    assert bench.mirror.documents[call_id(3)]["cost"] == 5
    assert (await bench.audit()).stale == 1


async def test_outputs_that_were_extracted_anew_without_moving_the_time_are_found_too() -> None:
    bench = await held()
    bench.vapi.calls[call_id(3)] |= {"cost": 5}
    await bench.reconcile.step()
    assert bench.mirror.documents[call_id(3)]["cost"] == 5
    assert (await bench.audit()).stale == 1


async def test_a_change_of_this_minute_was_not_missed() -> None:
    bench = await held()
    bench.vapi.change(3, cost=5)
    await bench.reconcile.step()
    assert bench.mirror.documents[call_id(3)]["cost"] == 5
    assert (await bench.audit()).stale == 0


async def test_a_call_that_upstream_does_not_list_is_asked_for_again() -> None:
    bench = await held()
    bench.vapi.delete(3)
    bench.vapi.delete(50)
    await bench.reconcile.step()
    assert bench.missing() == {call_id(3), call_id(50)}
    assert (await bench.audit()).missing == 2
    assert len(bench.mirror.documents) == 8 * 24


async def test_in_time_all_calls_are_compared() -> None:
    bench = await held()
    bench.vapi.create(900, NOON - 7 * DAY)
    passes = 0
    while call_id(900) not in bench.mirror.documents:
        await bench.reconcile.step()
        bench.time.now += INTERVAL
        passes += 1
    assert passes <= 3


async def test_what_upstream_may_have_forgotten_is_not_compared() -> None:
    bench = Bench(retention=Retention(4 * DAY))
    await bench.hold()
    bench.vapi.lasts = 4 * DAY
    for _ in range(4):
        await bench.reconcile.step()
        bench.time.now += INTERVAL
    assert bench.missing() == set()


async def test_the_next_pass_waits_for_its_time_also_over_a_restart() -> None:
    bench = await held()
    await bench.reconcile.step()
    asked = len(bench.vapi.queries)
    bench.time.now += INTERVAL / 3
    assert await bench.reconcile.step() == INTERVAL * 2 / 3
    assert len(bench.vapi.queries) == asked


async def test_a_call_that_has_been_live_for_hours_is_read_again() -> None:
    bench = Bench()
    bench.vapi.create(900, NOON - 7 * HOUR, status="in-progress")
    bench.vapi.create(901, NOON - 2 * HOUR, status="in-progress")
    bench.vapi.create(902, NOON - 7 * HOUR, status=None)
    await bench.hold()
    await bench.reconcile.step()
    stuck = [mark.call_id for mark in bench.mirror.state.marks.values() if mark.reason is Reason.STUCK]
    assert stuck == [call_id(900)]


async def test_a_stretch_that_was_compared_is_covered() -> None:
    bench = await held()
    bench.mirror.state.stretches = (Interval(NOON - 8 * DAY, NOON - DAY), Interval(NOON - HOUR, NOON))
    await bench.reconcile.step()
    assert len(bench.mirror.state.stretches) == 1
