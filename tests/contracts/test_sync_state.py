"""What every memory of the synchronisation must do, on both databases."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.domain.catalog import build
from gateway.domain.coverage import Interval, merged
from gateway.domain.marks import Mark, Reason
from gateway.ports import SyncState
from gateway.store.opening import opened
from gateway.store.sync import SqlSync

pytestmark = pytest.mark.anyio

NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
async def sync(database_url: str) -> AsyncIterator[SyncState]:
    database = await opened(database_url, build())
    yield SqlSync(database)
    await database.close()


@pytest.fixture
async def beside(database_url: str) -> AsyncIterator[SyncState]:
    """The same database, opened by another process."""
    database = await opened(database_url, build())
    yield SqlSync(database)
    await database.close()


def at(minute: float) -> dt.datetime:
    return NOON + minute * MINUTE


async def test_a_lease_that_nobody_has_is_given(sync: SyncState) -> None:
    assert await sync.lease("backfill", "a", at(0), at(1))


async def test_a_lease_that_somebody_has_is_not_given_to_another(sync: SyncState, beside: SyncState) -> None:
    await sync.lease("backfill", "a", at(0), at(1))
    assert not await beside.lease("backfill", "b", at(0.5), at(2))


async def test_whoever_has_a_lease_may_prolong_it(sync: SyncState) -> None:
    await sync.lease("backfill", "a", at(0), at(1))
    assert await sync.lease("backfill", "a", at(0.5), at(2))
    assert not await sync.lease("backfill", "b", at(1.5), at(3))


async def test_a_lease_that_ran_out_may_be_taken_and_is_lost_to_its_holder(sync: SyncState) -> None:
    await sync.lease("backfill", "a", at(0), at(1))
    assert await sync.lease("backfill", "b", at(1), at(2))
    assert not await sync.lease("backfill", "a", at(1.5), at(3))


async def test_a_lease_that_is_given_back_is_free(sync: SyncState) -> None:
    await sync.lease("backfill", "a", at(0), at(1))
    await sync.release("backfill", "a")
    assert await sync.lease("backfill", "b", at(0), at(1))


async def test_nobody_gives_back_the_lease_of_another(sync: SyncState) -> None:
    await sync.lease("backfill", "a", at(0), at(1))
    await sync.release("backfill", "b")
    assert not await sync.lease("backfill", "b", at(0), at(1))


async def test_leases_of_different_names_are_different(sync: SyncState) -> None:
    await sync.lease("backfill", "a", at(0), at(1))
    assert await sync.lease("poll", "b", at(0), at(1))


async def test_of_many_who_want_a_lease_at_once_one_gets_it(sync: SyncState, beside: SyncState) -> None:
    wanting = (each.lease("poll", f"{n}", at(0), at(1)) for n, each in enumerate([sync, beside] * 6))
    assert sorted(await asyncio.gather(*wanting)) == [False] * 11 + [True]


async def test_what_was_never_saved_is_none(sync: SyncState) -> None:
    assert await sync.load("checkpoint") is None


@pytest.mark.parametrize("value", [{"a": [1, 2.5, None, "ü\x00"]}, [], "text", 0, False, None])
async def test_plain_json_comes_back_as_it_was(sync: SyncState, value: Any) -> None:
    await sync.save("checkpoint", value)
    assert await sync.load("checkpoint") == value


async def test_what_is_saved_replaces_what_was(sync: SyncState, beside: SyncState) -> None:
    await sync.save("checkpoint", {"day": 1})
    await sync.save("checkpoint", {"day": 2})
    assert await beside.load("checkpoint") == {"day": 2}


async def test_nothing_is_covered_at_first(sync: SyncState) -> None:
    assert list(await sync.coverage()) == []


async def test_stretches_that_touch_become_one(sync: SyncState) -> None:
    for each in (Interval(at(4), at(6)), Interval(at(0), at(2)), Interval(at(2), at(4))):
        await sync.cover(each)
    assert list(await sync.coverage()) == [Interval(at(0), at(6))]


async def test_stretches_apart_stay_apart_oldest_first(sync: SyncState) -> None:
    await sync.cover(Interval(at(4), at(6)))
    await sync.cover(Interval(at(0), at(2)))
    assert list(await sync.coverage()) == [Interval(at(0), at(2)), Interval(at(4), at(6))]


async def test_a_stretch_that_ends_before_it_begins_is_none(sync: SyncState) -> None:
    await sync.cover(Interval(at(2), at(1)))
    assert list(await sync.coverage()) == []


async def test_no_stretch_is_lost_where_many_cover_at_once(sync: SyncState, beside: SyncState) -> None:
    apart = [Interval(at(3 * n), at(3 * n + 1)) for n in range(12)]
    await asyncio.gather(*(each.cover(interval) for each, interval in zip([sync, beside] * 6, apart, strict=True)))
    assert list(await sync.coverage()) == apart


_stretches = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 10)), min_size=1, max_size=6)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(stretches=_stretches)
async def test_coverage_is_always_all_that_was_covered_merged(
    sync: SyncState, stretches: list[tuple[int, int]]
) -> None:
    before = await sync.coverage()
    covered = [Interval(at(start), at(start + length)) for start, length in stretches]
    for each in covered:
        await sync.cover(each)
    assert tuple(await sync.coverage()) == merged([*before, *covered])


async def test_marks_are_due_when_their_moment_has_come_longest_due_first(sync: SyncState) -> None:
    early, late, later = (Mark(f"call-{n}", Reason.NOTICED, at(n)) for n in (1, 2, 3))
    await sync.mark([later, late, early])
    assert list(await sync.due(at(2), 10)) == [early, late]
    assert list(await sync.due(at(3), 1)) == [early]


async def test_the_later_of_two_marks_of_a_call_and_reason_stays(sync: SyncState) -> None:
    later = Mark("call", Reason.NOTICED, at(2), attempts=3)
    await sync.mark([Mark("call", Reason.NOTICED, at(1))])
    await sync.mark([later])
    await sync.mark([Mark("call", Reason.NOTICED, at(0))])
    assert list(await sync.due(at(9), 10)) == [later]


async def test_two_marks_of_one_call_in_one_batch_are_fine(sync: SyncState) -> None:
    await sync.mark([Mark("call", Reason.LATE, at(2)), Mark("call", Reason.LATE, at(1))])
    assert list(await sync.due(at(9), 10)) == [Mark("call", Reason.LATE, at(2))]


async def test_a_call_may_have_a_mark_of_each_reason(sync: SyncState) -> None:
    both = [Mark("call", Reason.LATE, at(1)), Mark("call", Reason.NOTICED, at(1))]
    await sync.mark(both)
    assert list(await sync.due(at(9), 10)) == both


async def test_marks_are_forgotten_one_by_one(sync: SyncState) -> None:
    both = [Mark("call", Reason.LATE, at(1)), Mark("call", Reason.NOTICED, at(1))]
    await sync.mark(both)
    await sync.unmark(both[:1])
    assert list(await sync.due(at(9), 10)) == both[1:]


async def test_a_mark_that_was_put_off_while_its_call_was_read_is_not_forgotten_with_the_old_one(
    sync: SyncState,
) -> None:
    old, new = Mark("call", Reason.NOTICED, at(1)), Mark("call", Reason.NOTICED, at(2))
    await sync.mark([old])
    await sync.mark([new])
    await sync.unmark([old])
    assert list(await sync.due(at(9), 10)) == [new]


async def test_marking_and_forgetting_nothing_is_fine(sync: SyncState) -> None:
    await sync.mark([])
    await sync.unmark([])
    assert list(await sync.due(at(9), 10)) == []
