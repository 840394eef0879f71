"""Scalars: how instants are written, and what stands for one in a question."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.values import moment
from gateway.graph.scalars import SCALARS, DateTimeOrDuration, Json, written

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (dt.datetime(2026, 8, 19, 21, 2, 48, 657_000, dt.UTC), "2026-08-19T21:02:48.657Z"),
        (dt.datetime(2026, 8, 19, 21, 2, 48, 0, dt.UTC), "2026-08-19T21:02:48.000Z"),
        (dt.datetime(2026, 8, 19, 23, 2, 48, 657_999, BERLIN), "2026-08-19T21:02:48.657Z"),
        (dt.datetime(1, 1, 1, tzinfo=dt.UTC), "0001-01-01T00:00:00.000Z"),
    ],
)
def test_an_instant_is_written_as_vapi_writes_it(value: dt.datetime, text: str) -> None:
    assert written(value) == text


@given(st.datetimes(timezones=st.just(dt.UTC)))
def test_an_instant_that_is_written_can_be_read_again_to_the_millisecond(value: dt.datetime) -> None:
    assert moment(written(value)) == value.replace(microsecond=value.microsecond // 1000 * 1000)


@pytest.mark.parametrize("value", [7, 1.5, True, None, ["-P7D"], {}])
def test_only_a_text_stands_for_a_moment(value: object) -> None:
    parse = SCALARS[DateTimeOrDuration].parse_value
    assert parse is not None
    with pytest.raises(ValueError, match="must be a string"):
        parse(value)


def test_json_is_left_as_it_is() -> None:
    serialize = SCALARS[Json].serialize
    value = {"a": [1, None, "x"]}
    assert serialize is not None
    assert serialize(value) is value
