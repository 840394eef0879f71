"""What an answer tells of its age."""

from __future__ import annotations

import datetime as dt

from gateway.domain.enums import FreshnessSource, FreshnessState
from gateway.domain.stamp import Stamp, freshness

NOON = dt.datetime(2026, 8, 19, 12, tzinfo=dt.UTC)
STAMP = Stamp(fetched_at=NOON, fresh_until=NOON, stale_until=NOON)


def age_ms(now: dt.datetime) -> int:
    return freshness(STAMP, now, FreshnessState.FRESH, FreshnessSource.CACHE).age_ms


def test_the_age_counts_from_when_upstream_was_asked() -> None:
    assert age_ms(NOON + dt.timedelta(seconds=1.5)) == 1500


def test_a_clock_that_went_back_makes_nothing_younger_than_new() -> None:
    assert age_ms(NOON - dt.timedelta(hours=1)) == 0


def test_state_and_source_are_told_as_they_are() -> None:
    told = freshness(STAMP, NOON, FreshnessState.STALE, FreshnessSource.UPSTREAM)
    assert (told.fetched_at, told.state, told.source) == (NOON, FreshnessState.STALE, FreshnessSource.UPSTREAM)
