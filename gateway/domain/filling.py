"""Filling: the buckets of time in which there is no call, told beside those in which there are."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from gateway.domain.aggregates import Aggregate, Bucket, Dimension, Group, Key, Measure
from gateway.domain.buckets import between

_COUNTS: Final = (Aggregate.COUNT, Aggregate.COUNT_DISTINCT)


def filled(groups: Sequence[Group], dimensions: Sequence[Dimension], measures: Sequence[Measure]) -> Iterator[Group]:
    """The groups in the order of their keys, with an empty one wherever the first filled dimension has none.

    Buckets are told from the first to the last that there is among all groups, for each combination of the other
    dimensions that has a call. Calls that state no such time stay as they are, last.
    """
    at = next((number for number, dimension in enumerate(dimensions) if dimension.filled), None)
    found = {group.keys: group for group in groups}
    starts = [] if at is None else sorted({key for group in groups if (key := group.keys[at]) is not None}, key=_by)
    if at is None or not starts:
        yield from groups
        return
    bucket = dimensions[at].bucket or Bucket.DAY
    buckets = list(between(starts[0], starts[-1], bucket))  # type: ignore[arg-type]  # a bucket begins at a moment
    nothing = tuple(0 if measure.aggregate in _COUNTS else None for measure in measures)
    others = {(*keys[:at], *keys[at + 1 :]) for keys in found}
    keys = {(*other[:at], start, *other[at:]) for other, start in itertools.product(others, buckets)} | set(found)
    for each in sorted(keys, key=_in_order):
        yield found.get(each, Group(each, nothing))


def many(groups: Sequence[Group], dimensions: Sequence[Dimension]) -> int:
    """How many groups there would be at most, without making them."""
    at = next((number for number, dimension in enumerate(dimensions) if dimension.filled), None)
    starts = [] if at is None else [key for group in groups if (key := group.keys[at]) is not None]
    if at is None or not starts:
        return len(groups)
    others = {(*group.keys[:at], *group.keys[at + 1 :]) for group in groups}
    first, last = (_by(each(starts, key=_by)) for each in (min, max))
    shortest = _SECONDS[dimensions[at].bucket or Bucket.DAY]
    return len(groups) + len(others) * (int((last - first).total_seconds() // shortest) + 1)


_DAY: Final = 24 * 3600
_SECONDS: Final = {
    Bucket.HOUR: 3600,
    Bucket.DAY: _DAY,
    Bucket.WEEK: 7 * _DAY,
    Bucket.MONTH: 28 * _DAY,
    Bucket.QUARTER: 90 * _DAY,
    Bucket.YEAR: 365 * _DAY,
}
"""How short a bucket is at least, in seconds."""


def _by(key: Key) -> Any:
    return key


def _in_order(keys: Iterable[Key]) -> tuple[tuple[bool, Any], ...]:
    """Nothing comes last."""
    return tuple((key is None, 0 if key is None else key) for key in keys)
