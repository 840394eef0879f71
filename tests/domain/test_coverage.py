"""Coverage: of which time every call is held, and what a list speaks of beyond it."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.coverage import BEGINNING, Interval, covers, latest, merged, missing, reached
from gateway.domain.filters import EVERYTHING, AllOf, AnyOf, Comparator, Condition, Predicate
from gateway.domain.ordering import NEWEST_FIRST, Order, Position

NOON = dt.datetime(2026, 8, 20, 12, tzinfo=dt.UTC)


def at(hour: float) -> dt.datetime:
    """So many hours after noon."""
    return NOON + dt.timedelta(hours=hour)


def hours(start: float, end: float) -> Interval:
    """From one hour after noon to another."""
    return Interval(at(start), at(end))


INTERVALS = st.lists(
    st.tuples(st.integers(0, 20), st.integers(0, 5)).map(lambda pair: hours(pair[0], pair[0] + pair[1])), max_size=6
)


def test_stretches_that_touch_become_one() -> None:
    """Vapi's times have milliseconds: nothing is between 2 o'clock and the millisecond after it."""
    next_to = Interval(at(2) + dt.timedelta(milliseconds=1), at(3))
    assert merged([next_to, hours(1, 2), hours(5, 6)]) == (hours(1, 3), hours(5, 6))


def test_a_stretch_that_ends_before_it_begins_is_none() -> None:
    """Nothing is covered by it."""
    assert merged([hours(2, 1)]) == ()


def test_the_latest_is_the_one_that_reaches_closest_to_now() -> None:
    """Whatever lies before a gap is not part of it."""
    assert latest([hours(0, 1), hours(3, 4)]) == hours(3, 4)
    assert latest([]) is None


@given(INTERVALS, st.integers(0, 20), st.integers(0, 5))
def test_nothing_is_missing_exactly_where_all_is_covered(intervals: list[Interval], start: int, length: int) -> None:
    """`missing` and `covers` agree."""
    wanted = hours(start, start + length)
    assert (missing(intervals, wanted) is None) == covers(intervals, wanted)


@given(INTERVALS, st.integers(0, 20), st.integers(0, 5))
def test_what_is_missing_lies_within_what_was_wanted(intervals: list[Interval], start: int, length: int) -> None:
    """And every moment of what was wanted is covered or among what is missing."""
    wanted = hours(start, start + length)
    found = missing(intervals, wanted)
    assert found is None or wanted.start <= found.start <= found.end <= wanted.end


def reach(predicate: Predicate, *, ended: bool, oldest: float | None = 1) -> Interval:
    """What a piece of the list of these calls, newest first, speaks of at noon of the next day."""
    positions = () if oldest is None else (Position((at(2),), "b"), Position((at(oldest),), "a"))
    return reached(predicate, NEWEST_FIRST, positions, at(24), ended=ended)


def test_a_piece_of_the_newest_speaks_of_the_time_since_its_oldest_call() -> None:
    """What is older stands on later pages."""
    assert reach(EVERYTHING, ended=False) == hours(1, 24)


def test_a_list_that_ended_speaks_of_all_time() -> None:
    """A call that is missing there could be of any age."""
    assert reach(EVERYTHING, ended=True) == Interval(BEGINNING, at(24))
    assert reach(EVERYTHING, ended=True, oldest=None) == Interval(BEGINNING, at(24))


def test_bounds_that_must_hold_narrow_what_a_list_speaks_of() -> None:
    """Also where they stand within further filters that must all hold."""
    since, until = Condition("created_at", Comparator.GTE, at(-5)), Condition("created_at", Comparator.LT, at(5))
    assert reach(since, ended=True) == hours(-5, 24)
    assert reach(AllOf((since, AllOf((until,)))), ended=True) == hours(-5, 5)
    assert reach(AnyOf((since, until)), ended=True) == Interval(BEGINNING, at(24))


def test_in_any_other_order_a_call_of_any_time_could_be_missing() -> None:
    """The cheapest call may be the oldest."""
    found = reached(EVERYTHING, (Order("cost"),), (Position((0.5,), "a"),), at(24), ended=False)
    assert found == Interval(BEGINNING, at(24))
