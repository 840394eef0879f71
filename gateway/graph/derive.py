"""Deriving: GraphQL fields from the catalog's attributes.

A named Strawberry class says which record it exposes; its fields are added when a schema is built, from the catalog that
the schema is built for. So a team's own attributes come in exactly as the built-in ones do, and two schemas with
different settings share the classes and nothing else.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeVar

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.base import StrawberryList, StrawberryOptional
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver

from gateway.domain.attributes import Attribute, Kind
from gateway.domain.catalog import Catalog, Record
from gateway.domain.enums import ClosedSet
from gateway.graph.enums import definition
from gateway.graph.scalars import Json

T = TypeVar("T", bound=type)

_EXPOSES: Final = "__exposes__"
_SCALARS: Final[Mapping[Kind, Any]] = {
    Kind.ID: strawberry.ID,
    Kind.STRING: str,
    Kind.INT: int,
    Kind.FLOAT: float,
    Kind.BOOLEAN: bool,
    Kind.DATETIME: dt.datetime,
    Kind.JSON: Json,
}


@dataclasses.dataclass(frozen=True, slots=True)
class Exposed:
    """Which record a Strawberry class exposes, and how to come from what its resolvers return to that record."""

    record: type
    through: Callable[[Any], Any]


def exposes(
    record: type,
    *,
    through: Callable[[Any], Any] = lambda source: source,
    interface: bool = False,
) -> Callable[[T], T]:
    """Make a Strawberry type of a class: it gets a field for every attribute of the record."""

    def decorate(cls: T) -> T:
        setattr(cls, _EXPOSES, Exposed(record, through))
        if "is_type_of" not in cls.__dict__:
            cls.is_type_of = classmethod(lambda _, source, __: isinstance(source, record))  # type: ignore[attr-defined]
        if interface:
            cls.resolve_type = classmethod(lambda _, source, *__: type(source).__name__)  # type: ignore[attr-defined]
            return strawberry.interface(cls, description=_doc(record))
        return strawberry.type(cls, description=_doc(record))

    return decorate


def exposed(cls: type) -> Exposed | None:
    """What a class was decorated with."""
    found: Exposed | None = cls.__dict__.get(_EXPOSES)
    return found


class Deriver:
    """The fields of one schema: what a catalog's attributes become, over the given classes."""

    def __init__(self, catalog: Catalog, classes: tuple[type, ...]) -> None:
        self._catalog = catalog
        self._classes = {found.record.__name__: cls for cls in classes if (found := exposed(cls))}
        self._enums: dict[type[ClosedSet], StrawberryEnumDefinition] = {}

    def fields(self, cls: type) -> list[StrawberryField]:
        """The fields that a class gets beyond those it states itself."""
        found = exposed(cls)
        if found is None:
            return []
        record = self._catalog.records[found.record.__name__]
        return [
            field
            for attribute in record.attributes
            if attribute.exposed
            for field in self._made(attribute, found.through)
        ]

    def record_fields(self, record: Record, resolver: Callable[[Attribute], Any]) -> list[StrawberryField]:
        """Fields for a record that has no type of its own, each with a resolver made for it."""
        return [_field(a.name, self._type(a), description(a), resolver(a)) for a in record.attributes]

    def enum(self, values: type[ClosedSet]) -> StrawberryEnumDefinition:
        """The GraphQL enum of a closed set; its members are described."""
        if values not in self._enums:
            self._enums[values] = definition(values)
        return self._enums[values]

    def _made(self, attribute: Attribute, through: Callable[[Any], Any]) -> Iterator[StrawberryField]:
        if attribute.kind is not Kind.ENUM:
            yield _field(attribute.name, self._type(attribute), description(attribute), _value(attribute, through))
            return
        yield _field(attribute.name, self._type(attribute), description(attribute), _member(attribute, through))
        if attribute.paths or attribute.keys:
            raw = f"The text of `{attribute.name}` as it was stated, whether the set knows it or not."
            yield _field(f"{attribute.name}Raw", _optional(str), raw, _value(attribute, through))

    def _type(self, attribute: Attribute) -> Any:
        if attribute.kind is Kind.ENUM and attribute.values is not None:
            return _optional(self.enum(attribute.values))
        if attribute.kind is Kind.STRINGS:
            return _optional(StrawberryList(str))
        if attribute.kind in (Kind.GROUP, Kind.LIST) and attribute.record is not None:
            of = self._classes[attribute.record.__name__]
            return _optional(StrawberryList(of) if attribute.kind is Kind.LIST else of)
        if attribute.python == "id" and attribute.flat == "id":
            return strawberry.ID
        return _optional(_SCALARS[attribute.kind])


def description(attribute: Attribute) -> str:
    """An attribute's description, with its unit."""
    return f"{attribute.doc} In {attribute.unit}." if attribute.unit else attribute.doc


def _doc(cls: type) -> str:
    return " ".join((cls.__doc__ or "").split())


def _optional(of: Any) -> StrawberryOptional:
    return StrawberryOptional(of)


def _field(name: str, type_: Any, doc: str, resolver: Callable[..., Any]) -> StrawberryField:
    return StrawberryField(
        python_name=name,
        graphql_name=name,
        type_annotation=StrawberryAnnotation(type_),
        description=doc,
        base_resolver=StrawberryResolver(resolver),
    )


def _value(attribute: Attribute, through: Callable[[Any], Any]) -> Callable[[Any], Any]:
    read = attribute.of
    return lambda root: read(through(root))


def _member(attribute: Attribute, through: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A text's member of its closed set, or UNKNOWN."""
    read, values = attribute.of, attribute.values

    def resolve(root: Any) -> ClosedSet | None:
        text = read(through(root))
        return None if text is None or values is None else values.of(text)

    return resolve
