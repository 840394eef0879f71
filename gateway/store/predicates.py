"""Predicates: a filter as SQL that is true for the same rows as `gateway.domain.filters.holds` says.

SQL knows a third answer, unknown, where a value is missing. Within ``and`` and ``or`` it does what false does; so
``not`` stands at single conditions only, and there it includes the missing values by name.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Double,
    and_,
    bindparam,
    cast,
    exists,
    false,
    literal,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.types import JSON, TypeEngine

from gateway.domain.filters import AllOf, AnyOf, Comparator, Condition, Not, Predicate, Search, pushed
from gateway.store.conditions import settled
from gateway.store.forms import Slot
from gateway.store.functions import elements_of, in_brackets, place_of
from gateway.store.types import Instant, Words

Columns: TypeAlias = Mapping[str, ColumnElement[Any]]
"""Columns by the flat name of their attribute."""
Matching: TypeAlias = Callable[[Sequence[str]], ColumnElement[bool]]
"""What is true for rows whose text has all of these words; never unknown."""

_MANY: Final = 500
"""So many values of a list are sent as one JSON: databases limit how many parameters a statement has."""
_WIDE: Final = 100
"""So many conditions stand side by side; more go into brackets, since SQLite limits how deep an expression is."""

_TYPES: Final[Mapping[type, TypeEngine[Any]]] = {
    str: Words,
    bool: Boolean(),
    int: BigInteger(),
    float: Double(),
    dt.datetime: Instant(),
}


def expression(predicate: Predicate, columns: Columns, matching: Matching) -> ColumnElement[bool]:
    """The filter as SQL: true where it holds, false or unknown where it does not."""
    return _expression(pushed(settled(predicate)), columns, matching)


def bound(value: Any) -> ColumnElement[Any]:
    """A value, or the slot of one, as a parameter of its own type."""
    return literal(value, _TYPES[value.kind if isinstance(value, Slot) else type(value)])


def _expression(predicate: Predicate, columns: Columns, matching: Matching) -> ColumnElement[bool]:
    match predicate:
        case AllOf(of):
            return _joined(lambda *parts: and_(true(), *parts), [_expression(each, columns, matching) for each in of])
        case AnyOf(of):
            return _joined(lambda *parts: or_(false(), *parts), [_expression(each, columns, matching) for each in of])
        case Not(Condition() as condition):
            return _fails(condition, columns[condition.attribute])
        case Not(of):
            return not_(_expression(of, columns, matching))
        case Search(words):
            return matching(words) if words else false()
        case Condition():
            return _met(predicate, columns[predicate.attribute])


def _joined(join: Callable[..., ColumnElement[bool]], parts: Sequence[ColumnElement[bool]]) -> ColumnElement[bool]:
    if len(parts) <= _WIDE:
        return join(*parts)
    half = len(parts) // 2
    return join(in_brackets(_joined(join, parts[:half])), in_brackets(_joined(join, parts[half:])))


def _fails(condition: Condition, column: ColumnElement[Any]) -> ColumnElement[bool]:
    match condition.comparator:
        case Comparator.IS_NULL:
            return _met(Condition(condition.attribute, Comparator.IS_NULL, not condition.value), column)
        case Comparator.EQ if not isinstance(column.type, JSON):
            return column.is_distinct_from(bound(condition.value))
        case _:
            return or_(column.is_(None), not_(_met(condition, column)))


def _met(condition: Condition, column: ColumnElement[Any]) -> ColumnElement[bool]:
    """The condition as SQL; unknown where the value is missing, unless it asks for that."""
    value = condition.value
    match condition.comparator:
        case Comparator.IS_NULL:
            return column.is_(None) if value else column.is_not(None)
        case Comparator.IN:
            return one_of(column, value)
        case Comparator.CONTAINS if isinstance(column.type, JSON):
            element = elements_of(column).table_valued("value")
            return exists(select(element).where(element.c.value == bound(value)))
        case Comparator.CONTAINS:
            return place_of(column, bound(value)) > literal(0)
        case comparator:
            return COMPARED[comparator](column, bound(value))


def one_of(column: ColumnElement[Any], values: Sequence[Any]) -> ColumnElement[bool]:
    """One of many texts or whole numbers goes by way of JSON; instants and floats would not come back the same."""
    if not values:
        return false()
    kind = type(values[0])
    if kind is Slot:
        return column.in_([bound(value) for value in values])
    if len(values) < _MANY or kind not in (str, int):
        return column.in_(bindparam(None, list(values), type_=_TYPES[kind], expanding=True))
    element = elements_of(literal(list(values), JSON())).table_valued("value")
    return column.in_(select(cast(element.c.value, _TYPES[kind])))


COMPARED: Final[Mapping[Comparator, Callable[[ColumnElement[Any], ColumnElement[Any]], ColumnElement[bool]]]] = {
    Comparator.EQ: lambda column, value: column == value,
    Comparator.GT: lambda column, value: column > value,
    Comparator.GTE: lambda column, value: column >= value,
    Comparator.LT: lambda column, value: column < value,
    Comparator.LTE: lambda column, value: column <= value,
}
