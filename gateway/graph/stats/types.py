"""Types: groups of calls as GraphQL shows them. What is measured of a group joins it when a schema is built."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import strawberry

from gateway.domain.aggregates import Dimension, Group, Key, Measure
from gateway.domain.buckets import following, instant, zone_of
from gateway.graph.scalars import Json, written
from gateway.ports import Grouped


@strawberry.type(description="What the calls of a group have in common.")
class CallGroupKey:
    """The GraphQL type of one `gateway.domain.aggregates.Key`."""

    name: str = strawberry.field(description="The attribute, by the name that it has in tables and exports.")
    value: Json | None = strawberry.field(
        description="Its value: a text, a number or a boolean; of a bucket the date on which it begins, of an hour the "
        "instant. Null for calls that do not state it."
    )
    start: dt.datetime | None = strawberry.field(description="When the bucket begins; null of what is no time.")
    end: dt.datetime | None = strawberry.field(description="When the next bucket begins; null of what is no time.")


@strawberry.type(description="How many say yes, of those that say either.")
class Rate:
    """A rate with what it is made of."""

    value: float | None = strawberry.field(description="The numerator by the denominator; null where that is 0.")
    numerator: int = strawberry.field(description="How many say yes.")
    denominator: int = strawberry.field(description="How many say yes or no.")
    nulls: int = strawberry.field(description="How many say neither; they count for nothing.")


@strawberry.type(description="Calls that have something in common, and what is measured of them.")
class CallGroup:
    """A group; ``measured`` are its values by what was measured."""

    keys: list[CallGroupKey] = strawberry.field(description="What they have in common, in the order of `groupBy`.")
    measured: strawberry.Private[Mapping[Measure, Any]]


@strawberry.type(description="Groups of calls, all of one state of the mirror.")
class CallStats:
    """The GraphQL type of `gateway.ports.Grouped`."""

    groups: list[CallGroup] = strawberry.field(description="The groups, by their keys if nothing else is said.")
    has_more: bool = strawberry.field(description="Whether there are more groups than `first`.")
    as_of: str = strawberry.field(
        description="The state that they are of: stated as `asOf`, it gives other answers of the very same state for a "
        "quarter of an hour."
    )
    change: int = strawberry.field(description="The number of the last change that they know of.")


def told(found: Grouped, dimensions: Sequence[Dimension], measures: Sequence[Measure]) -> CallStats:
    """Groups as they are shown."""
    groups = [_group(group, dimensions, measures) for group in found.groups]
    return CallStats(groups=groups, has_more=found.has_more, as_of=str(found.state), change=found.state)


def _group(group: Group, dimensions: Sequence[Dimension], measures: Sequence[Measure]) -> CallGroup:
    keys = [_key(key, dimension) for key, dimension in zip(group.keys, dimensions, strict=True)]
    return CallGroup(keys=keys, measured=dict(zip(measures, group.values, strict=True)))


def _key(key: Key, dimension: Dimension) -> CallGroupKey:
    start = end = None
    if dimension.bucket is not None and isinstance(key, dt.date):
        zone = zone_of(dimension.timezone)
        start, end = instant(key, zone), instant(following(key, dimension.bucket), zone)
    return CallGroupKey(name=dimension.attribute, value=_value(key), start=start, end=end)


def _value(key: Key) -> Any:
    if isinstance(key, dt.datetime):
        return written(key)
    return key.isoformat() if isinstance(key, dt.date) else key


@dataclasses.dataclass(frozen=True, slots=True)
class RateParts:
    """What a rate is made of: measures that count those who say yes, those who say either, and all."""

    yes: Measure
    either: Measure
    all: Measure

    def of(self, measured: Mapping[Measure, Any]) -> Rate:
        """The rate of a group."""
        yes, either = measured[self.yes], measured[self.either]
        return Rate(
            value=yes / either if either else None,
            numerator=yes,
            denominator=either,
            nulls=measured[self.all] - either,
        )
