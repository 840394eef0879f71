"""Inputs: what calls can be put into groups by and what can be measured of them, derived from the catalog."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from typing import Any, Final

import strawberry
from strawberry.types.base import StrawberryOptional

from gateway.domain.aggregates import PERCENTILES, Aggregate, Bucket, can_bucket, can_group, can_measure
from gateway.domain.attributes import Attribute
from gateway.domain.catalog import Catalog
from gateway.domain.ordering import Direction
from gateway.graph.orders import DIRECTION

COMPARED: Final = ("eq", "gt", "gte", "lt", "lte")

_BUCKETS: Final = {
    Bucket.HOUR: "An hour.",
    Bucket.DAY: "A day, from midnight to midnight.",
    Bucket.WEEK: "A week, from Monday on.",
    Bucket.MONTH: "A month.",
    Bucket.QUARTER: "A quarter of a year.",
    Bucket.YEAR: "A year.",
}
AGGREGATES: Final[Mapping[Aggregate, str]] = {
    Aggregate.COUNT: "How many calls; of an attribute, how many state it.",
    Aggregate.COUNT_DISTINCT: "How many different values are stated.",
    Aggregate.SUM: "The sum of what is stated; null where nothing is.",
    Aggregate.AVG: "The average of what is stated.",
    Aggregate.MIN: "The least that is stated.",
    Aggregate.MAX: "The greatest that is stated.",
    **{
        each: f"The value that {share:.0%} do not exceed, interpolated between neighbours."
        for each, share in PERCENTILES.items()
    },
    Aggregate.RATE: "Of a yes or no: which share of those that state it says yes.",
}


class StatsInputs:
    """The enums and input types of one schema, over the filter type of its calls."""

    def __init__(self, catalog: Catalog, where: Any) -> None:
        attributes = list(catalog.mirrored())

        def of(name: str, doc: str, can: Callable[[Attribute], bool]) -> Any:
            return _enum(name, doc, {a.flat.upper(): (a.flat, a.description) for a in attributes if can(a)})

        self.dimension = of("CallDimension", "What calls can be put into groups by.", can_group)
        self.time = of("CallTime", "What calls can be put into buckets of time by.", can_bucket)
        self.number = of("CallNumber", "What can be added and compared.", lambda a: can_measure(a, Aggregate.SUM))
        self.value = of("CallValue", "What can be counted.", lambda a: can_measure(a, Aggregate.COUNT))
        self.outcome = of("CallOutcome", "What is a yes or no.", lambda a: can_measure(a, Aggregate.RATE))
        self.bucket = _enum("TimeBucket", "A stretch of time by a clock and a calendar.", _members(_BUCKETS))
        self.aggregate = _enum("CallAggregate", "What is measured of the calls of a group.", _members(AGGREGATES))
        metrics = {
            metric.column.flat.upper(): (metric.column.flat, metric.column.description) for metric in catalog.metrics
        }
        self.metric = _enum("CallMetric", "The metrics of the settings.", metrics) if metrics else None
        self.group_by = self._group_by()
        measure = self._measure(where)
        self.having, self.order = self._having(measure), self._order(measure)

    def _group_by(self) -> Any:
        doc = "Either an attribute, or a time with the bucket that it falls into."
        return _input(
            "CallGroupBy",
            doc,
            {
                "attribute": (self.dimension, "The attribute whose value the calls of a group have in common."),
                "time": (self.time, "The time by whose buckets calls are put into groups."),
                "bucket": (self.bucket, "How long a bucket is; a day, if left out."),
                "timezone": (str, "Whose clock buckets go by, as the IANA names it: UTC, if left out."),
                "fill": (bool, "Tell the empty buckets between the first and the last, too."),
            },
        )

    def _measure(self, where: Any) -> Any:
        return _input(
            "CallMeasure",
            "Something that is measured of a group.",
            {
                "of": (self.value, "Of what; left out, COUNT is of the calls themselves."),
                "where": (where, "Of which calls of the group; all, if left out."),
            },
            {"aggregate": (self.aggregate, "What is done with it.")},
        )

    def _having(self, measure: Any) -> Any:
        doc = "Which groups are told: those whose measure compares so. A group without a value is not told."
        texts = {
            "eq": "Equal to this.",
            "gt": "Greater than this.",
            "gte": "This or greater.",
            "lt": "Less than this.",
            "lte": "This or less.",
        }
        compared = {name: (float, texts[name]) for name in COMPARED}
        return _input("CallGroupHaving", doc, compared, {"measure": (measure, "What is compared.")})

    def _order(self, measure: Any) -> Any:
        doc = "What groups stand in the order of: a measure, or one of the dimensions. Groups without a value are last."
        return _input(
            "CallGroupOrder",
            doc,
            {
                "measure": (measure, "By this measure."),
                "key": (int, "By the dimension at this place of `groupBy`, from 0."),
                "direction": (DIRECTION, "Which way: ascending, if left out."),
            },
        )


def direction_of(stated: Any) -> Direction:
    """The direction that is stated, or the usual one."""
    if stated is None or stated is strawberry.UNSET:
        return Direction.ASC
    return stated if isinstance(stated, Direction) else Direction(stated)


def _members(of: Mapping[Any, str]) -> Mapping[str, tuple[str, str]]:
    return {member.name: (member.value, text) for member, text in of.items()}


def _enum(name: str, doc: str, members: Mapping[str, tuple[str, str]]) -> Any:
    """An enum of one schema: each member has a value and a description."""
    values = {member: strawberry.enum_value(value, description=text) for member, (value, text) in members.items()}
    made: Any = enum.Enum(name, values)  # type: ignore[misc]
    return strawberry.enum(made, description=doc)


def _input(
    name: str, doc: str, fields: Mapping[str, tuple[Any, str]], needed: Mapping[str, tuple[Any, str]] | None = None
) -> Any:
    namespace: dict[str, Any] = {"__annotations__": {}}
    for python, (of, text) in {**(needed or {}), **fields}.items():
        optional = python in fields
        namespace["__annotations__"][python] = StrawberryOptional(of) if optional else of
        default: dict[str, Any] = {"default": strawberry.UNSET} if optional else {}
        namespace[python] = strawberry.field(description=text, **default)
    return strawberry.input(type(name, (), namespace), description=doc)
