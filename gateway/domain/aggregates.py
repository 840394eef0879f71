"""Aggregates: a question about many calls at once, as a value.

Calls are put into groups by dimensions, and each group is measured. A *dimension* is an attribute, or a bucket of time
by the clock of a timezone; a *measure* says what is counted, added or compared of the calls of a group.

=================  ====================================================================================================
``COUNT``          the calls; of an attribute, those that state it
``COUNT_DISTINCT`` the different values that are stated
``SUM``            of those that state it, exact to a billionth; nothing where none does
``AVG``            that sum by how many state it
``MIN``, ``MAX``   the least and the greatest that are stated
``P50`` … ``P99``  percentiles, interpolated between the two nearest values
``RATE``           of a yes or no: how many say yes, of those that say either
=================  ====================================================================================================
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from gateway.domain.attributes import Attribute, Kind, Use
from gateway.domain.filters import EVERYTHING, Comparator, Predicate, Search, leaves


class Aggregate(enum.Enum):
    """What a measure does with the calls of a group."""

    COUNT = "count"
    COUNT_DISTINCT = "countDistinct"
    SUM = "sum"
    AVG = "avg"
    MIN = "min"
    MAX = "max"
    P50 = "p50"
    P90 = "p90"
    P95 = "p95"
    P99 = "p99"
    RATE = "rate"


PERCENTILES: Final[Mapping[Aggregate, float]] = {
    Aggregate.P50: 0.5,
    Aggregate.P90: 0.9,
    Aggregate.P95: 0.95,
    Aggregate.P99: 0.99,
}
"""The share of the values that is at most as great."""

_OF_NUMBERS: Final = {Aggregate.SUM, Aggregate.AVG, Aggregate.MIN, Aggregate.MAX, *PERCENTILES}


class Bucket(enum.Enum):
    """A stretch of time, by a clock and a calendar: weeks begin on Monday."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


Key: TypeAlias = "str | bool | int | float | dt.date | dt.datetime | None"
"""What a group has in common: of a bucket its beginning, a day by the clock of its timezone, or the instant of an hour.
"""


@dataclasses.dataclass(frozen=True, slots=True)
class Dimension:
    """What calls are put into groups by: an attribute's value, or the ``bucket`` in ``timezone`` that it falls into.

    ``filled``: buckets between the first and the last in which there is no call are told, too.
    """

    attribute: str
    bucket: Bucket | None = None
    timezone: str = "UTC"
    filled: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Measure:
    """What is measured of a group: of an attribute, or of the calls themselves, where ``where`` holds."""

    aggregate: Aggregate
    attribute: str | None = None
    where: Predicate = EVERYTHING


@dataclasses.dataclass(frozen=True, slots=True)
class Having:
    """Which groups are told: those whose measure compares so with a number. One without a value does not."""

    measure: Measure
    comparator: Comparator
    value: float


@dataclasses.dataclass(frozen=True, slots=True)
class GroupOrder:
    """What groups stand in the order of: a measure, or the dimension with this number; those without a value last."""

    by: Measure | int
    descending: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Aggregation:
    """At most ``limit`` groups of the calls for which ``where`` holds; without a dimension all of them are one group.

    Groups that are equal in ``order`` stand in the order of their dimensions.
    """

    where: Predicate = EVERYTHING
    dimensions: tuple[Dimension, ...] = ()
    measures: tuple[Measure, ...] = ()
    having: tuple[Having, ...] = ()
    order: tuple[GroupOrder, ...] = ()
    limit: int


@dataclasses.dataclass(frozen=True, slots=True)
class Group:
    """A group of calls: what they have in common, and what was measured of them, each in the order of asking."""

    keys: tuple[Key, ...]
    values: tuple[Any, ...]


def measured(asked: Aggregation) -> Iterator[Measure]:
    """Everything that is measured: to be told, to choose groups by, or to put them in order."""
    yield from asked.measures
    yield from (having.measure for having in asked.having)
    yield from (order.by for order in asked.order if isinstance(order.by, Measure))


def searches(asked: Aggregation) -> frozenset[Search]:
    """What is searched for in what was said."""
    filters = (asked.where, *(measure.where for measure in measured(asked)))
    return frozenset(leaf for each in filters for leaf in leaves(each) if isinstance(leaf, Search))


def can_group(attribute: Attribute) -> bool:
    """Whether calls can be put into groups by its value."""
    return Use.GROUP in attribute.use and attribute.exposed and attribute.kind not in (Kind.DATETIME, Kind.STRINGS)


def can_bucket(attribute: Attribute) -> bool:
    """Whether calls can be put into buckets of time by it."""
    return Use.GROUP in attribute.use and attribute.exposed and attribute.kind is Kind.DATETIME


def can_measure(attribute: Attribute, aggregate: Aggregate) -> bool:
    """Whether something can be measured of it: numbers are added, a yes or no has a rate, any value can be counted."""
    if not attribute.exposed or attribute.kind in (Kind.JSON, Kind.STRINGS) or attribute.heavy:
        return False
    if aggregate in _OF_NUMBERS:
        return Use.MEASURE in attribute.use and attribute.kind in (Kind.INT, Kind.FLOAT)
    if aggregate is Aggregate.RATE:
        return attribute.kind is Kind.BOOLEAN and bool(attribute.use & (Use.MEASURE | Use.GROUP))
    return bool(attribute.use & (Use.MEASURE | Use.GROUP | Use.FILTER))
