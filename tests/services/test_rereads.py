"""Rereads: what is due is read again, as far as the budget goes; what upstream lacks is asked for twice."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from gateway.domain.marks import Mark, Reason
from gateway.domain.mirrored import State
from gateway.domain.retention import RECHECK, Retention
from gateway.errors import StoreUnavailable, UpstreamUnavailable
from gateway.observe.events import Event, RereadFailed
from gateway.services.intake import Intake
from gateway.services.rereads import Rereads
from tests.services.mirrors import Mirror
from tests.services.vapi import NOON, Time, Vapi, call_id

pytestmark = pytest.mark.anyio

DAY = dt.timedelta(days=1)


@dataclasses.dataclass
class Bench:
    """A mirror that holds calls 0 to 9, created a day apart each, of a Vapi that keeps them for 14 days."""

    time: Time = dataclasses.field(default_factory=Time)
    mirror: Mirror = dataclasses.field(default_factory=Mirror)
    budget: int = 50
    heard: list[Event] = dataclasses.field(default_factory=list)

    def __post_init__(self) -> None:
        self.vapi = Vapi(self.time)
        self.intake = Intake(self.mirror, changed=lambda changes: None)
        for number in range(10):
            self.vapi.create(number, NOON - number * DAY)
        self.rereads = Rereads(
            source=self.vapi.prepared(),
            store=self.mirror,
            intake=self.intake,
            state=self.mirror.state,
            retention=Retention(14 * DAY),
            spare=lambda: self.budget,
            clock=self.time,
            listen=self.heard.append,
        )

    async def learn(self, number: int) -> None:
        """Let the mirror hold a call."""
        found = self.vapi.prepared()._prepared(self.vapi.calls[call_id(number)], self.time.now - DAY)
        await self.intake.take([found["snapshot"]])

    async def mark(self, *numbers: int, reason: Reason = Reason.NOTICED) -> None:
        await self.mirror.state.mark([Mark(call_id(number), reason, self.time.now) for number in numbers])

    @property
    def marks(self) -> list[Mark]:
        return list(self.mirror.state.marks.values())

    def state(self, number: int) -> State:
        return self.mirror.held[call_id(number)].state


async def test_a_call_that_is_due_is_read_and_its_mark_is_gone() -> None:
    bench = Bench()
    await bench.mark(1)
    await bench.rereads.step()
    assert list(bench.mirror.documents) == [call_id(1)]
    assert bench.marks == []


async def test_a_call_that_is_not_due_yet_waits() -> None:
    bench = Bench()
    await bench.mirror.state.mark([Mark(call_id(1), Reason.LATE, NOON + DAY)])
    await bench.rereads.step()
    assert bench.vapi.asked == []


async def test_several_marks_of_a_call_take_one_request() -> None:
    bench = Bench()
    await bench.mark(1)
    await bench.mark(1, reason=Reason.STUCK)
    await bench.rereads.step()
    assert (bench.vapi.asked, bench.marks) == ([call_id(1)], [])


async def test_no_more_are_read_than_the_budget_allows() -> None:
    bench = Bench(budget=3)
    await bench.mark(*range(10))
    await bench.rereads.step()
    assert len(bench.vapi.asked) == 3
    assert len(bench.marks) == 7
    bench.budget = 0
    await bench.rereads.step()
    assert len(bench.vapi.asked) == 3


async def test_who_has_budget_left_goes_on_at_once() -> None:
    bench = Bench(budget=3)
    await bench.mark(*range(4))
    assert await bench.rereads.step() == dt.timedelta()
    assert await bench.rereads.step() > dt.timedelta()


async def test_a_call_that_is_missing_once_is_kept_and_asked_for_again() -> None:
    bench = Bench()
    await bench.learn(1)
    bench.vapi.delete(1)
    await bench.mark(1)
    await bench.rereads.step()
    assert bench.state(1) is State.PRESENT
    assert bench.marks == [Mark(call_id(1), Reason.MISSING, NOON + RECHECK)]


async def test_a_call_that_is_missing_twice_is_deleted() -> None:
    bench = Bench()
    await bench.learn(1)
    bench.vapi.delete(1)
    await bench.mark(1)
    await bench.rereads.step()
    bench.time.now += RECHECK
    await bench.rereads.step()
    assert bench.state(1) is State.DELETED
    assert bench.marks == []


async def test_a_call_that_is_there_again_stays() -> None:
    bench = Bench()
    await bench.learn(1)
    kept = bench.vapi.calls.pop(call_id(1))
    await bench.mark(1)
    await bench.rereads.step()
    bench.vapi.calls[call_id(1)] = kept
    bench.time.now += RECHECK
    await bench.rereads.step()
    assert bench.state(1) is State.PRESENT
    assert bench.marks == []


async def test_a_call_beyond_retention_is_forgotten_and_stays() -> None:
    bench = Bench()
    await bench.learn(1)
    bench.vapi.delete(1)
    bench.time.now += 14 * DAY
    await bench.mark(1)
    await bench.rereads.step()
    assert bench.state(1) is State.FORGOTTEN
    assert call_id(1) in bench.mirror.documents


async def test_a_failure_is_told_and_tried_again_after_a_wait_that_grows() -> None:
    bench = Bench()
    await bench.mark(1)

    def down(name: str) -> None:
        if name == "get":
            raise UpstreamUnavailable("down")

    bench.vapi.before = down
    await bench.rereads.step()
    [mark] = bench.marks
    assert (mark.attempts, mark.due_at - NOON) == (1, dt.timedelta(seconds=5))
    bench.time.now = mark.due_at
    await bench.rereads.step()
    [mark] = bench.marks
    assert (mark.attempts, mark.due_at - bench.time.now) == (2, dt.timedelta(seconds=10))
    assert bench.heard == [RereadFailed(call_id(1), "UPSTREAM_UNAVAILABLE", n) for n in (1, 2)]


async def test_one_failure_keeps_no_other_call_from_being_read() -> None:
    bench = Bench()
    await bench.mark(1, 2)

    def down(name: str) -> None:
        if name == "get" and not bench.vapi.asked:
            bench.vapi.asked.append("failed")
            raise UpstreamUnavailable("down")

    bench.vapi.before = down
    await bench.rereads.step()
    assert len(bench.mirror.documents) == 1


async def test_while_the_store_is_away_marks_stay() -> None:
    bench = Bench()
    await bench.mark(1)

    def down(name: str) -> None:
        raise StoreUnavailable("down")

    bench.mirror.before = down
    with pytest.raises(StoreUnavailable):
        await bench.rereads.step()
    assert len(bench.marks) == 1
