"""Instants: milliseconds in UTC."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.upstream.instants import FIRST, LAST, ceiling, end, floor, of_id, utc, wire

NOON = dt.datetime(2026, 2, 3, 12, 0, 0, 123_456, tzinfo=dt.UTC)
ANY = st.datetimes(timezones=st.just(dt.UTC))


def test_the_wire_has_milliseconds_and_a_z() -> None:
    assert wire(NOON) == "2026-02-03T12:00:00.123Z"


def test_the_wire_is_in_utc_whatever_zone_comes_in() -> None:
    assert wire(NOON.astimezone(dt.timezone(dt.timedelta(hours=-10)))) == "2026-02-03T12:00:00.123Z"


@given(ANY)
def test_an_instant_lies_between_its_floor_and_the_end_of_its_millisecond(instant: dt.datetime) -> None:
    assert floor(instant) <= instant <= end(instant)
    assert floor(end(instant)) == floor(instant)


@given(ANY)
def test_a_ceiling_is_a_whole_millisecond_and_less_than_one_away(instant: dt.datetime) -> None:
    assert ceiling(instant) == floor(ceiling(instant))
    assert abs(ceiling(instant) - instant) < dt.timedelta(milliseconds=1)


def test_what_utc_cannot_hold_becomes_the_nearest_it_can() -> None:
    hawaii, kiribati = dt.timezone(dt.timedelta(hours=-10)), dt.timezone(dt.timedelta(hours=14))
    assert utc(dt.datetime.max.replace(tzinfo=hawaii)) == LAST
    assert utc(dt.datetime.min.replace(tzinfo=kiribati)) == FIRST


def test_a_uuid_of_version_7_tells_when_it_was_made() -> None:
    assert of_id("017f22e2-79b0-7cc3-98c4-dc0c0c07398f") == dt.datetime(2022, 2, 22, 19, 22, 22, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    "text",
    ["", "call-1", "8a6ac4a2-6a1c-4b2e-9d0c-0f3c0e5c1d2e", "ffffffff-ffff-7fff-bfff-ffffffffffff"],
    ids=["empty", "a word", "version 4", "beyond the year 9999"],
)
def test_any_other_id_tells_nothing(text: str) -> None:
    assert of_id(text) is None
