"""Instants, given as themselves or from now."""

from __future__ import annotations

import contextlib
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.moments import resolve

NOW = dt.datetime(2026, 3, 31, 12, 30, tzinfo=dt.UTC)
MOMENTS = st.datetimes(min_value=dt.datetime(1900, 1, 1), max_value=dt.datetime(2100, 1, 1), timezones=st.just(dt.UTC))  # noqa: DTZ001  # hypothesis adds the zone


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-08-19T21:02:48Z", "2026-08-19T21:02:48+00:00"),
        ("2026-08-19T21:02:48.657+02:00", "2026-08-19T19:02:48.657+00:00"),
        ("2026-08-19", "2026-08-19T00:00:00+00:00"),
        ("-P7D", "2026-03-24T12:30:00+00:00"),
        ("P1W", "2026-04-07T12:30:00+00:00"),
        ("-PT12H", "2026-03-31T00:30:00+00:00"),
        ("-P1M", "2026-02-28T12:30:00+00:00"),
        ("-P1Y1M", "2025-02-28T12:30:00+00:00"),
        ("+P1DT1M0.5S", "2026-04-01T12:31:00.500+00:00"),
    ],
)
def test_a_text_means_an_instant(text: str, instant: str) -> None:
    assert resolve(text, NOW) == dt.datetime.fromisoformat(instant)


@pytest.mark.parametrize("text", ["", "P", "PT", "-P", "7D", "yesterday", "P7", "-P9999Y", "P9999999D", "2026-13-01"])
def test_what_is_neither_is_refused_with_what_would_do(text: str) -> None:
    with pytest.raises(ValueError, match="ISO 8601"):
        resolve(text, NOW)


@given(st.text(max_size=30), MOMENTS)
def test_any_text_is_an_instant_in_utc_or_a_value_error(text: str, now: dt.datetime) -> None:
    with contextlib.suppress(ValueError):
        assert resolve(text, now).utcoffset() == dt.timedelta()


@given(MOMENTS, st.integers(0, 10_000), st.integers(0, 100_000))
def test_there_and_back_again_is_where_one_was(now: dt.datetime, days: int, seconds: int) -> None:
    ahead = resolve(f"P{days}DT{seconds}S", now)
    assert ahead - now == dt.timedelta(days=days, seconds=seconds)
    assert resolve(f"-P{days}DT{seconds}S", ahead) == now


@given(MOMENTS, st.integers(0, 1200))
def test_months_never_leave_the_month_that_is_meant(now: dt.datetime, months: int) -> None:
    there = resolve(f"P{months}M", now)
    assert (there.year * 12 + there.month) - (now.year * 12 + now.month) == months
    assert there.day <= now.day
