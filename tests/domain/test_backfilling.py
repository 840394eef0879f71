"""Backfilling: how far a walk has come."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.backfilling import Backfill, of_json, onward, progress, to_json
from gateway.domain.coverage import Interval
from gateway.domain.retention import Retention

NOW = dt.datetime(2026, 8, 30, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
FORTNIGHT = Retention(14 * DAY)
MOMENTS = st.datetimes(timezones=st.just(dt.UTC), min_value=dt.datetime(2020, 1, 1), max_value=dt.datetime(2030, 1, 1))  # noqa: DTZ001  # hypothesis adds the zone


def test_nothing_is_covered_before_the_first_piece() -> None:
    assert Backfill(started_at=NOW).covered() is None


def test_a_piece_moves_the_position_and_counts() -> None:
    walk = onward(
        Backfill(started_at=NOW, rows=10, seconds=1),
        settled=NOW - DAY,
        oldest=NOW - DAY,
        rows=5,
        seconds=2,
        asked_at=NOW,
        retention=FORTNIGHT,
    )
    assert walk == Backfill(started_at=NOW, position=NOW - DAY, oldest=NOW - DAY, rows=15, seconds=3)
    assert walk.covered() == Interval(NOW - DAY, NOW)


@given(settled=MOMENTS, position=st.none() | MOMENTS, oldest=st.none() | MOMENTS, asked=MOMENTS)
def test_a_walk_never_goes_back_and_claims_nothing_that_upstream_may_have_forgotten(
    settled: dt.datetime, position: dt.datetime | None, oldest: dt.datetime | None, asked: dt.datetime
) -> None:
    known = Backfill(started_at=NOW, position=position)
    walk = onward(known, settled=settled, oldest=oldest, rows=0, seconds=0, asked_at=asked, retention=FORTNIGHT)
    assert walk.position
    claimed = min(each for each in (asked - 14 * DAY, oldest, position) if each)
    assert walk.position >= min(claimed, position or claimed)
    assert position is None or walk.position <= position


def test_progress_is_measured_in_time() -> None:
    told = progress(Backfill(started_at=NOW, position=NOW - 7 * DAY, rows=600, seconds=60), FORTNIGHT)
    assert (told.fraction, told.rate, told.seconds_left) == (0.5, 10.0, 60.0)


def test_a_gap_ends_at_its_floor() -> None:
    told = progress(Backfill(started_at=NOW, position=NOW - DAY, floor=NOW - 4 * DAY), FORTNIGHT)
    assert told.fraction == 0.25


def test_without_retention_nobody_knows_how_much_is_left() -> None:
    told = progress(Backfill(started_at=NOW, position=NOW - DAY, rows=1, seconds=1), Retention())
    assert (told.fraction, told.seconds_left) == (None, None)


def test_what_is_done_is_all_of_it() -> None:
    assert progress(Backfill(started_at=NOW, done=True), Retention()).fraction == 1.0


@pytest.mark.parametrize(
    "walk",
    [
        Backfill(started_at=NOW),
        Backfill(started_at=NOW, floor=NOW, position=NOW, oldest=NOW, rows=3, seconds=0.5, done=True),
    ],
)
def test_a_walk_survives_as_json(walk: Backfill) -> None:
    assert of_json(json.loads(json.dumps(to_json(walk)))) == walk
