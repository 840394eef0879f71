"""Lists: what was found for a list is told again at any moment, for as long as memory stays as it is."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.cache.lists import Listed, ListedCall, Lists
from gateway.cache.memory import Entry, Memory
from gateway.domain.call import Call
from gateway.domain.enums import FreshnessSource, FreshnessState
from gateway.domain.ordering import Position
from gateway.domain.stamp import Stamp
from gateway.ports import Place
from tests.e2e.clocks import Clock

NOON = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)


def at(seconds: int) -> dt.datetime:
    return NOON + dt.timedelta(seconds=seconds)


def row(fetched: int, fresh: int, told: FreshnessState | None = None) -> ListedCall:
    return ListedCall(Call(id="x"), 1, at(fetched), at(fresh), told, FreshnessSource.CACHE)


rows = st.lists(
    st.none() | st.builds(row, st.integers(0, 3), st.integers(0, 9), st.sampled_from([None, FreshnessState.DELETED])),
    max_size=8,
)


@given(rows, st.lists(st.integers(0, 12), min_size=1, max_size=6))
def test_at_every_moment_each_call_is_as_old_as_it_is(kept: list[ListedCall | None], moments: list[int]) -> None:
    """However the moments follow each other, also backwards."""
    listed = Listed(kept)
    for moment in moments:
        for of, answer in zip(kept, listed.answers(at(moment)), strict=True):
            if of is None or answer is None:
                assert (of, answer) == (None, None)
                continue
            state = FreshnessState.FRESH if at(moment) < of.fresh_until else FreshnessState.STALE
            age = max(at(moment) - of.fetched_at, dt.timedelta()) // dt.timedelta(milliseconds=1)
            told = answer.freshness
            assert (told.fetched_at, told.age_ms, told.state) == (of.fetched_at, age, of.told or state)
            assert (answer.call, answer.version) == (of.call, of.version)


def _memory() -> tuple[Clock, Memory]:
    clock = Clock()
    return clock, Memory(limit=10_000, clock=clock)


@pytest.mark.parametrize("change", ["put", "drop"])
def test_a_list_is_forgotten_when_memory_changes(change: str) -> None:
    """A call may be another one then, or have been let go of."""
    clock, memory = _memory()
    stamp = Stamp(fetched_at=clock.now, fresh_until=clock.now, stale_until=clock.now)
    lists, places = Lists(memory), [Place(Position((NOON,), "x"), 1)]
    assert lists.found(places, None) is None
    lists.keep(places, None, [row(0, 0)])
    assert lists.found(places, None) is not None
    assert (lists.found(list(places), None), lists.found(places, NOON)) == (None, None)
    if change == "put":
        memory.put("y", Entry(call=None, stamp=stamp, kept_until=clock.now))
    else:
        memory.drop("x")
    assert lists.found(places, None) is None


def test_what_was_found_before_memory_changed_is_not_kept() -> None:
    _, memory = _memory()
    lists, places = Lists(memory), [Place(Position((NOON,), "x"), 1)]
    lists.found(places, None)
    memory.drop("x")
    lists.keep(places, None, [row(0, 0)])
    assert lists.found(places, None) is None
