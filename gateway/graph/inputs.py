"""Inputs: the filter over calls, derived from the catalog, and how it becomes a predicate.

An attribute can be filtered by if its declaration says so and whoever answers the list can do it; the schema offers
nothing else.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final, TypeAlias

import strawberry

from gateway.domain import moments
from gateway.domain.attributes import Attribute, Kind, Use
from gateway.domain.catalog import Catalog
from gateway.domain.filters import Comparator, Condition, Predicate
from gateway.errors import BadUserInput
from gateway.graph.scalars import DateTimeOrDuration

_OPERAND: Final[Mapping[Kind, Any]] = {Kind.STRING: str, Kind.DATETIME: DateTimeOrDuration}
_TEXTS: Final[Mapping[Comparator, str]] = {
    Comparator.EQ: "Equal to this.",
    Comparator.GT: "After this.",
    Comparator.GTE: "At this or after.",
    Comparator.LT: "Before this.",
    Comparator.LTE: "At this or before.",
}
_LONGEST_TEXT: Final = 256

Filterable: TypeAlias = Mapping[str, tuple[Comparator, ...]]
"""What whoever answers a list can compare: attributes by their GraphQL name."""


def call_filter(catalog: Catalog, filterable: Filterable) -> type:
    """The input type ``CallFilter`` for a catalog: one field for each attribute that can be filtered by."""
    comparison = cache(_comparison)  # attributes that are compared alike share the type
    namespace: dict[str, Any] = {"__annotations__": {}}
    for attribute in _filterable(catalog, filterable):
        namespace["__annotations__"][attribute.python] = comparison(attribute.kind, filterable[attribute.name]) | None
        namespace[attribute.python] = strawberry.field(
            name=attribute.name, default=strawberry.UNSET, description=attribute.doc
        )
    made = type("CallFilter", (), namespace)
    return strawberry.input(
        made, description="Which calls. Several fields must all hold; an empty filter holds for all."
    )


def _filterable(catalog: Catalog, filterable: Filterable) -> Iterator[Attribute]:
    return (a for a in catalog.call.attributes if a.name in filterable and Use.FILTER in a.use)


def _comparison(kind: Kind, comparators: tuple[Comparator, ...]) -> type:
    """The input type for one kind: ``StringFilter``, ``DateTimeFilter``."""
    namespace: dict[str, Any] = {"__annotations__": {c.value: _OPERAND[kind] | None for c in comparators}}
    for comparator in comparators:
        text = _TEXTS[comparator]
        namespace[comparator.value] = strawberry.field(default=strawberry.UNSET, description=text)
    made = type(f"{kind.value}Filter", (), namespace)
    return strawberry.input(made, description=f"How to compare a {kind.value}. Several must all hold.")


@dataclasses.dataclass(frozen=True, slots=True)
class Stated:
    """One comparison as a caller stated it; ``argument`` is its path among the arguments."""

    attribute: Attribute
    comparator: Comparator
    operand: str
    argument: str


def stated(where: object, catalog: Catalog) -> tuple[Stated, ...]:
    """What a filter states, its durations not yet resolved. Nulls state nothing."""
    return tuple(
        Stated(attribute, comparator, operand, f"where.{attribute.name}.{comparator.value}")
        for attribute in catalog.call.attributes
        for comparator, operand in _operands(getattr(where, attribute.python, None))
    )


def _operands(comparison: object) -> Iterator[tuple[Comparator, str]]:
    for comparator in Comparator:
        operand = getattr(comparison, comparator.value, None)
        if operand is not None and operand is not strawberry.UNSET:
            yield comparator, operand


def predicate(conditions: tuple[Stated, ...], now: dt.datetime) -> Predicate:
    """The conditions with durations resolved at ``now``.

    Raises:
        BadUserInput: an operand is neither an instant nor a duration, or no text that could be asked for.
    """
    return tuple(Condition(c.attribute.name, c.comparator, _resolved(c, now)) for c in conditions)


def _resolved(condition: Stated, now: dt.datetime) -> object:
    try:
        if condition.attribute.kind is Kind.DATETIME:
            return moments.resolve(condition.operand, now)
        return _text(condition.operand)
    except ValueError as error:
        raise BadUserInput(condition.argument, condition.operand, f"it must be {error}") from None


def _text(operand: str) -> str:
    """The text, if an address and a cursor can hold it; half of a surrogate pair can stand in JSON, not in UTF-8."""
    if len(operand) > _LONGEST_TEXT or any("\ud800" <= letter <= "\udfff" for letter in operand):
        raise ValueError(f"a text of Unicode characters, {_LONGEST_TEXT} at most")
    return operand
