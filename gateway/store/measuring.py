"""Measuring: what a measure is in SQL, the same in PostgreSQL and DuckDB."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Integer, Numeric, cast, func, literal_column

from gateway.domain.aggregates import PERCENTILES, Aggregate, Measure
from gateway.domain.filters import EVERYTHING
from gateway.store.predicates import Columns, Matching, expression

_EXACT: Final = Numeric(38, 9)
"""What is added, so that the sum does not depend on the order of adding: billionths, as the figures of customers."""


def measuring(measure: Measure, columns: Columns, matching: Matching) -> ColumnElement[Any]:
    """What is measured of the rows of a group."""
    of = literal_column("*") if measure.attribute is None else columns[measure.attribute]
    found: Any = _AGGREGATED[measure.aggregate](of)
    if measure.where != EVERYTHING:
        found = found.filter(expression(measure.where, columns, matching))
    measured: ColumnElement[Any] = found
    return measured


def _percentile(share: float) -> Callable[[ColumnElement[Any]], Any]:
    return lambda column: func.percentile_cont(literal_column(str(share))).within_group(column)


_AGGREGATED: Final[Mapping[Aggregate, Callable[[ColumnElement[Any]], Any]]] = {
    Aggregate.COUNT: func.count,
    Aggregate.COUNT_DISTINCT: lambda column: func.count(column.distinct()),
    Aggregate.SUM: lambda column: func.sum(cast(column, _EXACT)),
    Aggregate.AVG: lambda column: func.avg(cast(column, _EXACT)),
    Aggregate.MIN: func.min,
    Aggregate.MAX: func.max,
    Aggregate.RATE: lambda column: func.avg(cast(cast(column, Integer), BigInteger)),
    **{each: _percentile(share) for each, share in PERCENTILES.items()},
}
