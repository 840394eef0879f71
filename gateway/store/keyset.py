"""Keyset: a list read in pieces, each beginning behind the row at which the last one ended.

A list that is ordered by one attribute is read as stretches, one after the other: the rows that have it, and those
that lack it. Each is a range of an index (attribute, id), if there is one, in which a cursor is found at once however
deep it lies; said in one condition, databases would read the list from its beginning. Lists that are ordered by several
attributes are sorted by the database.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, UnaryExpression, and_, false, or_, true, tuple_

from gateway.domain.ordering import Direction, Nulls, Order, Ordering, Position, direction_of_id
from gateway.store.predicates import Columns, bound


@dataclasses.dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a list that one query reads: which rows, and how they go."""

    where: ColumnElement[bool]
    order_by: tuple[ColumnElement[Any], ...]


def stretches(
    ordering: Ordering, columns: Columns, key: ColumnElement[str], after: Position | None
) -> Sequence[Stretch]:
    """What follows a position, or the whole list, in parts that come one after the other; ``key`` is the rows' id."""
    match ordering:
        case ():
            where = true() if after is None else key > bound(after.id)
            return [Stretch(where, (key.asc(),))]
        case (order,):
            return _by_one(order, columns[order.attribute], key, after)
        case _:
            where = true() if after is None else _behind(ordering, columns, key, after)
            return [Stretch(where, _sorted(ordering, columns, key))]


def _by_one(
    order: Order, column: ColumnElement[Any], key: ColumnElement[str], after: Position | None
) -> Sequence[Stretch]:
    order_by = (_directed(column, order.direction), _directed(key, order.direction))
    having, lacking = Stretch(column.is_not(None), order_by), Stretch(column.is_(None), order_by)
    if after is None:
        return [lacking, having] if order.nulls is Nulls.FIRST else [having, lacking]
    if after.values[0] is None:
        rest = Stretch(and_(column.is_(None), _beyond(key, bound(after.id), order.direction)), order_by)
        return [rest, having] if order.nulls is Nulls.FIRST else [rest]
    behind = _beyond(tuple_(column, key), tuple_(bound(after.values[0]), bound(after.id)), order.direction)
    rest = Stretch(behind, order_by)
    return [rest] if order.nulls is Nulls.FIRST else [rest, lacking]


def _sorted(ordering: Ordering, columns: Columns, key: ColumnElement[str]) -> tuple[ColumnElement[Any], ...]:
    """Missing values are placed by name: left to themselves, the two databases put them at different ends."""
    return (*(_placed(columns[o.attribute], o) for o in ordering), _directed(key, direction_of_id(ordering)))


def _placed(column: ColumnElement[Any], order: Order) -> UnaryExpression[Any]:
    directed = _directed(column, order.direction)
    return directed.nulls_first() if order.nulls is Nulls.FIRST else directed.nulls_last()


def _behind(ordering: Ordering, columns: Columns, key: ColumnElement[str], after: Position) -> ColumnElement[bool]:
    """Behind in the first attribute; or the same in it and behind in the next; and so on, in the end by id."""
    behind = _beyond(key, bound(after.id), direction_of_id(ordering))
    for order, value in reversed(list(zip(ordering, after.values, strict=True))):
        column = columns[order.attribute]
        behind = or_(_after(column, value, order), and_(_same(column, value), behind))
    return behind


def _after(column: ColumnElement[Any], value: Any, order: Order) -> ColumnElement[bool]:
    if value is None:
        return column.is_not(None) if order.nulls is Nulls.FIRST else false()
    beyond = _beyond(column, bound(value), order.direction)
    return beyond if order.nulls is Nulls.FIRST else or_(beyond, column.is_(None))


def _same(column: ColumnElement[Any], value: Any) -> ColumnElement[bool]:
    return column.is_(None) if value is None else column == bound(value)


def _beyond(left: ColumnElement[Any], right: ColumnElement[Any], direction: Direction) -> ColumnElement[bool]:
    return left > right if direction is Direction.ASC else left < right


def _directed(column: ColumnElement[Any], direction: Direction) -> UnaryExpression[Any]:
    return column.asc() if direction is Direction.ASC else column.desc()
