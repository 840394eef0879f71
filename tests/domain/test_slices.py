"""Slices: what is compared next, so that in time it is everything."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.coverage import Interval, covers
from gateway.domain.slices import Pass, Slicing, next_pass

NOW = dt.datetime(2026, 8, 30, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
SLICING = Slicing(recent=2 * DAY, length=3 * DAY, quiet=dt.timedelta())


def test_a_pass_compares_the_recent_calls_and_a_stretch_of_the_older_ones() -> None:
    assert next_pass(SLICING, NOW, NOW - 10 * DAY, None) == Pass(
        (Interval(NOW - 2 * DAY, NOW), Interval(NOW - 5 * DAY, NOW - 2 * DAY)), NOW - 5 * DAY
    )


def test_the_last_stretch_begins_at_the_bottom_and_then_it_starts_over() -> None:
    found = next_pass(SLICING, NOW, NOW - 6 * DAY, NOW - 5 * DAY)
    assert found == Pass((Interval(NOW - 2 * DAY, NOW), Interval(NOW - 6 * DAY, NOW - 5 * DAY)), None)


def test_a_mirror_that_holds_only_recent_calls_has_no_older_stretch() -> None:
    assert next_pass(SLICING, NOW, NOW - DAY, None) == Pass((Interval(NOW - DAY, NOW),), None)


def test_the_last_moments_are_left_to_the_poll() -> None:
    assert next_pass(Slicing(), NOW, NOW, None) == Pass((), None)


@given(days=st.integers(1, 400), start=st.none() | st.integers(0, 500))
def test_in_time_everything_is_compared(days: int, start: int | None) -> None:
    bottom, position = NOW - days * DAY, None if start is None else NOW - start * DAY
    compared: list[Interval] = []
    for _ in range(2 * (days // 3 + 2)):
        found = next_pass(SLICING, NOW, bottom, position)
        compared += found.slices
        position = found.position
    assert covers(compared, Interval(bottom, NOW))
