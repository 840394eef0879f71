"""Spans: conditions on the year or the date of a moment, as conditions on the moment itself.

A moment is shown in UTC, so its year and its date are those of UTC, and all moments of one are a half-open span. BI
tools state their filters by date like this, and so an index is of use.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, Final

from gateway.domain.filters import AllOf, AnyOf, Comparator, Condition, Not, Predicate
from gateway.web.odata.literals import day, whole

_DAY: Final = dt.timedelta(days=1)


def predicate(function: str, column: str, comparator: Comparator, node: Any) -> Predicate:
    """The condition that ``function`` of the column compares like that with what a literal states.

    Raises:
        BadUserInput: the literal is no value of the function.
    """
    first, following = FUNCTIONS[function](node)
    match comparator:
        case Comparator.GTE:
            return _from(column, first)
        case Comparator.GT:
            return _from(column, following)
        case Comparator.LT:
            return _before(column, first)
        case Comparator.LTE:
            return _before(column, following)
    within = AllOf((_from(column, first), _before(column, following)))
    return within if comparator is Comparator.EQ else Not(within)


def _year(node: Any) -> tuple[dt.datetime | None, dt.datetime | None]:
    stated = whole(node, "year")
    return _start_of_year(stated), _start_of_year(stated + 1)


def _date(node: Any) -> tuple[dt.datetime | None, dt.datetime | None]:
    stated = day(node, "date")
    return _midnight(stated), None if stated == dt.date.max else _midnight(stated + _DAY)


FUNCTIONS: Final[Mapping[str, Callable[[Any], tuple[dt.datetime | None, dt.datetime | None]]]] = {
    "year": _year,
    "date": _date,
}
"""For each function the span of the moments that a value stands for; None is behind all moments."""


def _start_of_year(year: int) -> dt.datetime | None:
    return None if year > dt.MAXYEAR else _midnight(dt.date(max(year, dt.MINYEAR), 1, 1))


def _midnight(date: dt.date) -> dt.datetime:
    return dt.datetime.combine(date, dt.time(), dt.UTC)


def _from(column: str, start: dt.datetime | None) -> Predicate:
    return AnyOf() if start is None else Condition(column, Comparator.GTE, start)


def _before(column: str, end: dt.datetime | None) -> Predicate:
    if end is None:
        return Condition(column, Comparator.IS_NULL, value=False)
    return Condition(column, Comparator.LT, end)
