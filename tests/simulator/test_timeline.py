"""Index ↔ moment ↔ id."""

from __future__ import annotations

from itertools import groupby, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.simulator import ids
from gateway.simulator.kinds import Kind
from gateway.simulator.timeline import CROWD, Timeline

MILLION = Timeline(seed=3, calls=1_000_000, anchor=1_788_000_000_000)
indexes = st.integers(0, MILLION.calls - 1)


def test_the_newest_call_was_created_at_the_anchor() -> None:
    assert MILLION.created(0) == MILLION.anchor


@settings(deadline=None)
@given(indexes)
def test_a_call_is_never_younger_than_the_one_before_it(index: int) -> None:
    assert MILLION.created(index) >= MILLION.created(index + 1)


@settings(deadline=None)
@given(indexes)
def test_an_id_leads_back_to_its_call(index: int) -> None:
    assert MILLION.index(MILLION.id(index)) == index


@settings(deadline=None)
@given(indexes)
def test_the_first_48_bits_of_an_id_are_the_moment_of_creation_except_in_rows_of_2024(index: int) -> None:
    identifier = MILLION.id(index)
    if MILLION.entry(index).kind is Kind.LEGACY:
        assert ids.version(identifier) == 4
    else:
        assert ids.moment(identifier) == MILLION.created(index)


@settings(deadline=None)
@given(st.uuids())
def test_a_foreign_id_leads_nowhere(identifier: object) -> None:
    assert MILLION.index(str(identifier)) is None


@settings(deadline=None)
@given(indexes, st.integers(-1, 1))
def test_a_moment_splits_the_calls_into_younger_and_not_younger(index: int, shift: int) -> None:
    moment = MILLION.created(index) + shift
    first = MILLION.since(moment)
    assert first == 0 or MILLION.created(first - 1) > moment
    assert first == MILLION.calls or MILLION.created(first) <= moment


def test_batches_of_2_to_12_calls_and_one_of_150_share_a_millisecond() -> None:
    created = [MILLION.created(i) for i in range(20_000)]
    sizes = [len(list(group)) for _, group in groupby(created)]
    assert sizes.count(len(CROWD)) == 1
    assert {2, 12} <= set(sizes) <= {*range(1, 14), len(CROWD)}


def test_calls_are_three_minutes_apart_on_average_with_empty_nights_and_a_free_day() -> None:
    week = [MILLION.created(i) for i in range(3361)]
    gaps = [a - b for a, b in pairwise(week)]
    minutes = (week[0] - week[-1]) / len(gaps) / 60_000
    assert 2.9 < minutes < 3.1
    assert max(gaps) > 24 * 3_600_000
    assert sum(gap > 8 * 3_600_000 for gap in gaps) == 6


def test_another_seed_is_another_history() -> None:
    other = Timeline(4, MILLION.calls, MILLION.anchor)
    assert [other.created(i) for i in range(1, 50)] != [MILLION.created(i) for i in range(1, 50)]
