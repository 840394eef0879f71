"""Empty buckets are told where they are asked for."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.aggregates import Aggregate, Bucket, Dimension, Group, Measure
from gateway.domain.buckets import start_of
from gateway.domain.filling import filled, many

DAY = Dimension("created_at", Bucket.DAY, filled=True)
PLAN = Dimension("customer_plan")
MEASURES = (Measure(Aggregate.COUNT), Measure(Aggregate.SUM, "cost"))


def day(number: int) -> dt.date:
    return dt.date(2026, 8, number)


def test_there_is_a_bucket_for_every_day_from_the_first_to_the_last() -> None:
    found = filled([Group((day(1),), (2, 0.5)), Group((day(4),), (1, 0.25))], [DAY], MEASURES)
    assert [(group.keys[0], group.values) for group in found] == [
        (day(1), (2, 0.5)),
        (day(2), (0, None)),
        (day(3), (0, None)),
        (day(4), (1, 0.25)),
    ]


def test_every_plan_has_all_days_and_calls_without_a_time_stay_last() -> None:
    groups = [Group((day(2), "gold"), (1, 1)), Group((day(1), "free"), (1, 1)), Group((None, "free"), (1, 1))]
    keys = [group.keys for group in filled(groups, [DAY, PLAN], MEASURES)]
    assert keys == [(day(1), "free"), (day(1), "gold"), (day(2), "free"), (day(2), "gold"), (None, "free")]


def test_nothing_is_filled_that_nobody_asked_for() -> None:
    groups = [Group((day(1),), (1, 1)), Group((day(9),), (1, 1))]
    assert list(filled(groups, [Dimension("created_at", Bucket.DAY)], MEASURES)) == groups
    assert list(filled([], [DAY], MEASURES)) == []


moments = st.datetimes(dt.datetime(2024, 1, 1), dt.datetime(2026, 1, 1), timezones=st.just(dt.UTC))  # noqa: DTZ001  # hypothesis adds it


@given(bucket=st.sampled_from(Bucket), of=st.lists(moments, max_size=4))
def test_there_are_never_more_groups_than_are_foretold(bucket: Bucket, of: list[dt.datetime]) -> None:
    starts = dict.fromkeys(start_of(moment, bucket, dt.UTC) for moment in of)
    groups = [Group((start,), (1, 1)) for start in starts]
    told = list(filled(groups, [Dimension("created_at", bucket, filled=True)], MEASURES))
    assert set(groups) <= set(told)
    assert len(told) <= many(groups, [Dimension("created_at", bucket, filled=True)])
