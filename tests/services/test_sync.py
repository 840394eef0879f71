"""Sync: one process keeps the mirror, no error ends it, and another takes over."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncIterator

import pytest

from gateway.errors import StoreUnavailable, UpstreamRateLimited
from gateway.observe.events import Event, Listener, SyncBegun, SyncFailed, SyncLost, silence
from gateway.services.sync import Part, Sync
from tests.contracts.memory_sync import MemorySync
from tests.services.vapi import Time

pytestmark = pytest.mark.anyio

MINUTE = dt.timedelta(minutes=1)


class Worker:
    """A part that counts its steps; ``error`` is raised instead of doing one."""

    def __init__(self, name: str = "work", wait: dt.timedelta = MINUTE) -> None:
        self.name, self.wait = name, wait
        self.steps = 0
        self.error: Exception | None = None

    async def step(self) -> dt.timedelta:
        self.steps += 1
        if self.error is not None:
            raise self.error
        return self.wait

    @property
    def part(self) -> Part:
        return Part(self.name, self.step)


def sync(time: Time, state: MemorySync, worker: Worker, holder: str = "a", *, listen: Listener = silence) -> Sync:
    return Sync([worker.part], state=state, holder=holder, clock=time, sleep=time.sleep, listen=listen)


@contextlib.asynccontextmanager
async def running(*syncs: Sync) -> AsyncIterator[list[asyncio.Task[None]]]:
    tasks = [asyncio.ensure_future(each.run()) for each in syncs]
    await asyncio.sleep(0)
    yield tasks
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_part_is_done_again_after_as_long_as_it_says() -> None:
    time, worker = Time(), Worker()
    async with running(sync(time, MemorySync(), worker)):
        await time.advance(minutes=10)
    assert worker.steps == 11


async def test_an_error_is_told_and_the_part_goes_on_after_a_wait_that_grows() -> None:
    time, worker, heard = Time(), Worker(), list[Event]()
    worker.error = StoreUnavailable("down")
    async with running(sync(time, MemorySync(), worker, listen=heard.append)):
        await time.advance(seconds=40)
        failed = [event for event in heard if isinstance(event, SyncFailed)]
        assert [(event.code, event.failures, event.wait_seconds) for event in failed] == [
            ("STORE_UNAVAILABLE", 1, 5),
            ("STORE_UNAVAILABLE", 2, 10),
            ("STORE_UNAVAILABLE", 3, 20),
            ("STORE_UNAVAILABLE", 4, 40),
        ]
        worker.error = None
        await time.advance(minutes=5)
        assert worker.steps >= 8


async def test_an_error_that_nobody_foresaw_ends_nothing_and_is_told_without_its_text() -> None:
    time, worker, heard = Time(), Worker(), list[Event]()
    worker.error = ValueError("ada@example.com")
    async with running(sync(time, MemorySync(), worker, listen=heard.append)):
        await time.advance(seconds=6)
    assert worker.steps == 2
    assert "ada" not in repr(heard)
    assert "ValueError" in repr(heard)


async def test_the_wait_that_upstream_asks_for_is_honoured() -> None:
    time, worker = Time(), Worker()
    worker.error = UpstreamRateLimited("slow down", 60.0)
    async with running(sync(time, MemorySync(), worker)):
        await time.advance(seconds=59)
        assert worker.steps == 1
        await time.advance(seconds=2)
        assert worker.steps == 2


async def test_being_woken_ends_the_wait() -> None:
    time, worker = Time(), Worker("rereads")
    one = sync(time, MemorySync(), worker)
    async with running(one):
        await time.settle()
        one.wake()
        await time.settle()
        assert worker.steps == 2


async def test_being_woken_while_at_work_is_not_forgotten() -> None:
    time, worker = Time(), Worker("rereads")
    one = sync(time, MemorySync(), worker)
    one.wake()
    async with running(one):
        await time.settle()
    assert worker.steps == 2


async def test_being_woken_does_not_shorten_the_wait_after_a_failure() -> None:
    time, worker = Time(), Worker("rereads")
    worker.error = StoreUnavailable("down")
    one = sync(time, MemorySync(), worker)
    async with running(one):
        await time.settle()
        one.wake()
        await time.settle()
        assert worker.steps == 1


async def test_two_processes_never_work_at_once_and_the_second_takes_over() -> None:
    time, state, first, second = Time(), MemorySync(), Worker(), Worker()
    one, other = sync(time, state, first, "a"), sync(time, state, second, "b")
    async with running(one, other) as tasks:
        await time.advance(minutes=5)
        assert (first.steps > 3, second.steps) == (True, 0)
        assert [each.is_keeping for each in (one, other)] == [True, False]
        tasks[0].cancel()
        await time.advance(seconds=11)
        assert second.steps == 1
        assert other.is_keeping


async def test_who_is_killed_is_followed_when_the_lease_runs_out() -> None:
    time, state, worker = Time(), MemorySync(), Worker()
    state.leases["sync"] = ("killed", time.now + dt.timedelta(seconds=30))
    async with running(sync(time, state, worker)):
        await time.advance(seconds=29)
        assert worker.steps == 0
        await time.advance(seconds=11)
        assert worker.steps == 1


async def test_who_loses_the_lease_stops_and_says_so() -> None:
    time, state, worker, heard = Time(), MemorySync(), Worker(), list[Event]()
    one = sync(time, state, worker, listen=heard.append)
    async with running(one):
        await time.settle()
        state.leases["sync"] = ("another", time.now + dt.timedelta(hours=1))
        await time.advance(minutes=10)
        assert worker.steps <= 2
        assert not one.is_keeping
    assert heard == [SyncBegun("a"), SyncLost("a")]
    assert state.leases["sync"][0] == "another"


async def test_a_store_that_is_away_for_longer_than_the_lease_stops_the_work_until_it_is_back() -> None:
    time, state, worker, heard = Time(), MemorySync(), Worker(), list[Event]()
    one = sync(time, state, worker, listen=heard.append)

    def down(name: str) -> None:
        raise StoreUnavailable("down")

    async with running(one):
        await time.settle()
        state.before = down
        await time.advance(minutes=10)
        assert SyncLost("a") in heard
        state.before = lambda name: None
        steps = worker.steps
        await time.advance(minutes=1)
        assert one.is_keeping
        assert worker.steps > steps


async def test_a_lease_is_given_back_in_the_end() -> None:
    time, state = Time(), MemorySync()
    async with running(sync(time, state, Worker())):
        await time.settle()
        assert state.leases
    assert state.leases == {}


async def test_a_store_that_is_away_in_the_end_does_not_matter() -> None:
    time, state = Time(), MemorySync()

    def down(name: str) -> None:
        raise StoreUnavailable("down")

    async with running(sync(time, state, Worker())) as tasks:
        await time.settle()
        state.before = down
    assert all(task.cancelled() for task in tasks)
