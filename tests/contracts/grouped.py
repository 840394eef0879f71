"""Groups as plain Python finds them: what the columnar copy is compared with."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from gateway.domain.aggregates import PERCENTILES, Aggregate, Aggregation, Dimension, Group, GroupOrder, Measure
from gateway.domain.buckets import start_of, zone_of
from gateway.domain.filters import Comparator, holds

_BILLIONTH: Final = Decimal("1e-9")

Row = tuple[Mapping[str, Any], frozenset[str]]
"""The values of a call by flat name, and the words of its text."""


def grouped(asked: Aggregation, calls: Iterable[Row]) -> list[Group]:
    """The groups of these calls, all of them, in their order."""
    by_key: dict[tuple[Any, ...], list[Row]] = {} if asked.dimensions else {(): []}
    for values, words in calls:
        if holds(asked.where, values, words):
            key = tuple(_key(each, values) for each in asked.dimensions)
            by_key.setdefault(key, []).append((values, words))
    kept = [(key, rows) for key, rows in by_key.items() if _is_kept(asked, rows)]
    kept.sort(key=lambda each: tuple(_last(key) for key in each[0]))
    for order in reversed(asked.order):
        kept = _ordered(kept, order)
    return [Group(key, tuple(measured(each, rows) for each in asked.measures)) for key, rows in kept]


def measured(measure: Measure, rows: Sequence[Row]) -> Any:
    """What is measured of these calls."""
    meant = [values for values, words in rows if holds(measure.where, values, words)]
    if measure.attribute is None:
        return len(meant)
    stated = [values[measure.attribute] for values in meant if values.get(measure.attribute) is not None]
    if measure.aggregate in PERCENTILES:
        return _percentile(sorted(stated), PERCENTILES[measure.aggregate])
    return _FOUND[measure.aggregate](stated)


def _key(dimension: Dimension, values: Mapping[str, Any]) -> Any:
    value = values.get(dimension.attribute)
    if dimension.bucket is None or value is None:
        return value
    return start_of(value, dimension.bucket, zone_of(dimension.timezone))


def _is_kept(asked: Aggregation, rows: Sequence[Row]) -> bool:
    found = ((each, measured(each.measure, rows)) for each in asked.having)
    return all(value is not None and _COMPARED[each.comparator](value, each.value) for each, value in found)


def _ordered(groups: list[tuple[Any, list[Row]]], order: GroupOrder) -> list[tuple[Any, list[Row]]]:
    """The same, stable, those without a value last."""

    def of(group: tuple[Any, list[Row]]) -> Any:
        return group[0][order.by] if isinstance(order.by, int) else measured(order.by, group[1])

    stated = [group for group in groups if of(group) is not None]
    stated.sort(key=of, reverse=order.descending)
    return [*stated, *(group for group in groups if of(group) is None)]


def _last(value: Any) -> tuple[bool, Any]:
    return value is None, 0 if value is None else value


def _exact(value: float) -> Decimal:
    return Decimal(repr(value)).quantize(_BILLIONTH, ROUND_HALF_UP)


def _sum(stated: Sequence[float]) -> Decimal | None:
    return sum(map(_exact, stated), Decimal(0)) if stated else None


def _average(stated: Sequence[float]) -> float | None:
    total = _sum(stated)
    return None if total is None else float(total / len(stated))


def _percentile(stated: Sequence[float], share: float) -> float | None:
    if not stated:
        return None
    at = share * (len(stated) - 1)
    low, high = stated[math.floor(at)], stated[math.ceil(at)]
    return low + (high - low) * (at - math.floor(at))


_FOUND: Final[Mapping[Aggregate, Callable[[Sequence[Any]], Any]]] = {
    Aggregate.COUNT: len,
    Aggregate.COUNT_DISTINCT: lambda stated: len(set(stated)),
    Aggregate.SUM: _sum,
    Aggregate.AVG: _average,
    Aggregate.MIN: lambda stated: min(stated, default=None),
    Aggregate.MAX: lambda stated: max(stated, default=None),
    Aggregate.RATE: lambda stated: sum(stated) / len(stated) if stated else None,
}
_COMPARED: Final[Mapping[Comparator, Callable[[Any, float], bool]]] = {
    Comparator.EQ: lambda value, bound: value == bound,
    Comparator.GT: lambda value, bound: value > bound,
    Comparator.GTE: lambda value, bound: value >= bound,
    Comparator.LT: lambda value, bound: value < bound,
    Comparator.LTE: lambda value, bound: value <= bound,
}
