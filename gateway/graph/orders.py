"""Orders: what a list can be sorted by, derived from the catalog."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import strawberry
from strawberry.types.enum import EnumValue, StrawberryEnumDefinition

from gateway.domain.attributes import Attribute, Kind, Use
from gateway.domain.ordering import Direction, Nulls, Order, Ordering
from gateway.errors import BadUserInput

MOST: Final = 5

_DIRECTIONS: Final = {
    Direction.ASC: "From the least to the greatest: the earliest first, texts by their code points.",
    Direction.DESC: "From the greatest to the least: the latest first.",
}
_NULLS: Final = {
    Nulls.FIRST: "Before all others, whichever way those go.",
    Nulls.LAST: "Behind all others, whichever way those go.",
}


def _described(name: str, of: type[enum.Enum], texts: Mapping[Any, str], doc: str) -> StrawberryEnumDefinition:
    members = [EnumValue(member.name, member.value, description=texts[member]) for member in of]
    return StrawberryEnumDefinition(of, name, members, doc)


DIRECTION: Final = _described("OrderDirection", Direction, _DIRECTIONS, "Which way values go.")
NULLS: Final = _described("NullsOrder", Nulls, _NULLS, "Where rows without a value stand.")


def order_type(name: str, attributes: Iterable[Attribute], name_of: Callable[[Attribute], str]) -> Any:
    """The input type ``{name}Order`` over those of the attributes that can be sorted by."""
    sortable = [a for a in attributes if Use.SORT in a.use and a.exposed and a.kind is not Kind.STRINGS]
    flats = enum.Enum(f"{name}OrderAttribute", {name_of(a): a.flat for a in sortable})  # type: ignore[misc]
    members = [EnumValue(name_of(a), a.flat, description=a.description) for a in sortable]
    doc = f"What a {name} can be sorted by."
    by = StrawberryEnumDefinition(flats, flats.__name__, members, doc)
    fields: dict[str, tuple[Any, Any]] = {
        "attribute": (by, strawberry.field(description="What to sort by.")),
        "direction": (
            DIRECTION,
            strawberry.field(default=Direction.ASC, description="Which way: ascending, if left out."),
        ),
        "nulls": (
            NULLS,
            strawberry.field(default=Nulls.LAST, description="Where rows without a value stand: last, if left out."),
        ),
    }
    namespace: dict[str, Any] = {"__annotations__": {python: of for python, (of, _) in fields.items()}}
    namespace |= {python: field for python, (_, field) in fields.items()}
    return strawberry.input(type(f"{name}Order", (), namespace), description="By one attribute.")


def ordering(stated: Sequence[Any] | None, usual: Ordering) -> Ordering:
    """The ordering that a caller states, or the usual one.

    Raises:
        BadUserInput: it is by too many attributes, or by one twice.
    """
    if not stated:
        return usual
    found = tuple(
        Order(_flat(one.attribute), _member(Direction, one.direction), _member(Nulls, one.nulls)) for one in stated
    )
    names = [order.attribute for order in found]
    if len(found) > MOST or len(set(names)) < len(names):
        shown = ", ".join(names)
        raise BadUserInput("orderBy", shown, f"it can name {MOST} attributes at most, each once")
    return found


def _flat(attribute: Any) -> str:
    return str(attribute.value if isinstance(attribute, enum.Enum) else attribute)


def _member(of: type[enum.Enum], stated: Any) -> Any:
    return stated if isinstance(stated, of) else of(stated)
