"""Ordering: what comes first in a list, missing values included."""

from __future__ import annotations

import dataclasses
import enum
import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias


class Direction(enum.Enum):
    """Which way values go."""

    ASC = "ASC"
    DESC = "DESC"


class Nulls(enum.Enum):
    """Where rows without a value stand."""

    FIRST = "FIRST"
    LAST = "LAST"


@dataclasses.dataclass(frozen=True, slots=True)
class Order:
    """By one attribute, named by its flat name. Texts go by their code points, false comes before true."""

    attribute: str
    direction: Direction = Direction.ASC
    nulls: Nulls = Nulls.LAST

    @property
    def reversed(self) -> Order:
        """The other way round, missing values included."""
        return Order(
            self.attribute,
            Direction.ASC if self.direction is Direction.DESC else Direction.DESC,
            Nulls.LAST if self.nulls is Nulls.FIRST else Nulls.FIRST,
        )


Ordering: TypeAlias = tuple[Order, ...]
"""By the first; rows that are equal in it by the next, and so on. In the end by id, the way that the last one goes.

By nothing means by id, ascending; that alone cannot be reversed.
"""

NEWEST_FIRST: Final[Ordering] = (Order("created_at", Direction.DESC),)
"""How calls are listed if nothing else is said; those of one millisecond by descending id."""


@dataclasses.dataclass(frozen=True, slots=True)
class Position:
    """A row's place in an ordering: its values, one for each `Order`, and its id."""

    values: tuple[Any, ...]
    id: str


def reverse(ordering: Ordering) -> Ordering:
    """The ordering of the same rows from the end to the beginning."""
    return tuple(order.reversed for order in ordering)


def direction_of_id(ordering: Ordering) -> Direction:
    """Which way rows go that are equal in every value."""
    return ordering[-1].direction if ordering else Direction.ASC


def position(values: Mapping[str, Any], row_id: str, ordering: Ordering) -> Position:
    """Where a row of these values stands."""
    return Position(tuple(values.get(order.attribute) for order in ordering), row_id)


def compare(one: Position, other: Position, ordering: Ordering) -> int:
    """Negative where ``one`` comes before ``other``, positive where it comes after, 0 for the same row."""
    for order, left, right in zip(ordering, one.values, other.values, strict=True):
        if found := _compare(left, right, order):
            return found
    return _directed(one.id, other.id, direction_of_id(ordering))


def in_order(positions: Iterable[Position], ordering: Ordering) -> Sequence[Position]:
    """The positions from first to last."""

    def among(one: Position, other: Position) -> int:
        return compare(one, other, ordering)

    return sorted(positions, key=functools.cmp_to_key(among))


def _compare(left: Any, right: Any, order: Order) -> int:
    if left is None or right is None:
        missing = (left is None) - (right is None)
        return -missing if order.nulls is Nulls.FIRST else missing
    return _directed(left, right, order.direction)


def _directed(left: Any, right: Any, direction: Direction) -> int:
    ascending = int(left > right) - int(left < right)
    return -ascending if direction is Direction.DESC else ascending
