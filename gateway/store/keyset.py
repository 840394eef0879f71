"""Keyset: a list read in pieces, each beginning behind the row at which the last one ended.

Where a list goes by one attribute that no row lacks, a cursor is a place in the index (attribute, id), and found there
at once however deep it lies. Any other list is sorted by the database, and its cursor is a condition like others.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Any

from sqlalchemy import ColumnElement, UnaryExpression, and_, false, or_, tuple_

from gateway.domain.ordering import Direction, Nulls, Order, Ordering, Position, direction_of_id
from gateway.store.predicates import Columns, bound


def order_by(
    ordering: Ordering, columns: Columns, key: ColumnElement[str], always: AbstractSet[str]
) -> tuple[UnaryExpression[Any], ...]:
    """How rows go; ``key`` is their id, ``always`` the attributes that none of them lacks.

    Missing values are placed by name: left to themselves, the two databases put them at different ends. Where there are
    none nothing is said of them, or PostgreSQL would not see that an index goes the same way.
    """
    by = (_placed(columns[o.attribute], o, missing=o.attribute not in always) for o in ordering)
    return (*by, _directed(key, direction_of_id(ordering)))


def behind(
    ordering: Ordering, columns: Columns, key: ColumnElement[str], always: AbstractSet[str], after: Position
) -> ColumnElement[bool]:
    """Whether a row comes after a position."""
    direction = direction_of_id(ordering)
    if len(ordering) == 1 and ordering[0].attribute in always and after.values[0] is not None:
        place = tuple_(columns[ordering[0].attribute], key)
        return _beyond(place, tuple_(bound(after.values[0]), bound(after.id)), direction)
    found = _beyond(key, bound(after.id), direction)
    for order, value in reversed(list(zip(ordering, after.values, strict=True))):
        column = columns[order.attribute]
        found = or_(_later(column, value, order), and_(_same(column, value), found))
    return found


def _later(column: ColumnElement[Any], value: Any, order: Order) -> ColumnElement[bool]:
    if value is None:
        return column.is_not(None) if order.nulls is Nulls.FIRST else false()
    beyond = _beyond(column, bound(value), order.direction)
    return beyond if order.nulls is Nulls.FIRST else or_(beyond, column.is_(None))


def _same(column: ColumnElement[Any], value: Any) -> ColumnElement[bool]:
    return column.is_(None) if value is None else column == bound(value)


def _beyond(left: ColumnElement[Any], right: ColumnElement[Any], direction: Direction) -> ColumnElement[bool]:
    return left > right if direction is Direction.ASC else left < right


def _placed(column: ColumnElement[Any], order: Order, *, missing: bool) -> UnaryExpression[Any]:
    directed = _directed(column, order.direction)
    if not missing:
        return directed
    return directed.nulls_first() if order.nulls is Nulls.FIRST else directed.nulls_last()


def _directed(column: ColumnElement[Any], direction: Direction) -> UnaryExpression[Any]:
    return column.asc() if direction is Direction.ASC else column.desc()
