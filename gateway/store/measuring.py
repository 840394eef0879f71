"""Measuring: what a measure is in SQL, the same in PostgreSQL and DuckDB."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Integer, cast, func, literal_column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from gateway.domain.aggregates import PERCENTILES, Aggregate, Measure
from gateway.domain.filters import EVERYTHING
from gateway.store.predicates import Columns, Matching, expression

_DIGITS: Final = 9
"""Sums are told to a billionth, as the figures of customers are."""


class sum_of(FunctionElement[float]):  # noqa: N801  # functions are named so
    """``sum_of(number)``: the sum, whose first billionths do not depend on the order of adding."""

    inherit_cache = True


class average_of(FunctionElement[float]):  # noqa: N801  # functions are named so
    """``average_of(number)``: that sum by how many there are."""

    inherit_cache = True


@compiles(sum_of)
def _sum(element: sum_of, compiler: SQLCompiler, **options: Any) -> str:
    return f"sum(CAST({compiler.process(element.clauses, **options)} AS NUMERIC(38, {_DIGITS})))"


@compiles(average_of)
def _average(element: average_of, compiler: SQLCompiler, **options: Any) -> str:
    return f"avg(CAST({compiler.process(element.clauses, **options)} AS NUMERIC(38, {_DIGITS})))"


def measuring(measure: Measure, columns: Columns, matching: Matching) -> ColumnElement[Any]:
    """What is measured of the rows of a group."""
    of = literal_column("*") if measure.attribute is None else columns[measure.attribute]
    found: Any = _AGGREGATED[measure.aggregate](of)
    if measure.where != EVERYTHING:
        found = found.filter(expression(measure.where, columns, matching))
    if measure.aggregate is Aggregate.SUM:
        found = func.round(found, literal_column(str(_DIGITS)))
    measured: ColumnElement[Any] = found
    return measured


def _percentile(share: float) -> Callable[[ColumnElement[Any]], Any]:
    return lambda column: func.percentile_cont(literal_column(str(share))).within_group(column)


_AGGREGATED: Final[Mapping[Aggregate, Callable[[ColumnElement[Any]], Any]]] = {
    Aggregate.COUNT: func.count,
    Aggregate.COUNT_DISTINCT: lambda column: func.count(column.distinct()),
    Aggregate.SUM: sum_of,
    Aggregate.AVG: average_of,
    Aggregate.MIN: func.min,
    Aggregate.MAX: func.max,
    Aggregate.RATE: lambda column: func.avg(cast(cast(column, Integer), BigInteger)),
    **{each: _percentile(share) for each, share in PERCENTILES.items()},
}
