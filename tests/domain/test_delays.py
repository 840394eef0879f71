"""Delays: longer with each failure, up to a measure."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.delays import delay


def test_a_delay_doubles_with_each_failure() -> None:
    assert [delay(failures).total_seconds() for failures in (1, 2, 3)] == [5, 10, 20]


@given(st.integers(0, 10**9))
def test_a_delay_is_never_longer_than_its_measure(failures: int) -> None:
    assert dt.timedelta(seconds=5) <= delay(failures, dt.timedelta(minutes=5)) <= dt.timedelta(minutes=5)
