"""Deriving: GraphQL fields from the catalog's attributes.

A named Strawberry class says which record it exposes; its fields are added when a schema is built, from the catalog
that the schema is built for. So a team's own attributes come in exactly as the built-in ones do, and two schemas with
different settings share the classes and nothing else.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import inspect
import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias, TypeVar

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.base import StrawberryList, StrawberryOptional
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.field import StrawberryField

from gateway.domain.attributes import Attribute, Kind
from gateway.domain.catalog import Catalog
from gateway.domain.enums import ClosedSet
from gateway.graph.enums import definition
from gateway.graph.scalars import Json

T = TypeVar("T", bound=type)
Read: TypeAlias = Callable[[Any], Any]
"""From what a resolver returned to the value of one field."""

MOMENTARY: Final = "momentary"
"""In the metadata of a field: its value changes while that of its parent stays the same."""
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
    """Which record a Strawberry class exposes; ``at`` leads to it from what resolvers return, if that is not itself."""

    record: type
    at: str | None


def exposes(record: type, *, at: str | None = None, interface: bool = False) -> Callable[[T], T]:
    """Make a Strawberry type of a class: it gets a field for every attribute of the record."""

    def decorate(cls: T) -> T:
        marked: Any = cls  # by what Strawberry and `exposed` look for
        setattr(marked, _EXPOSES, Exposed(record, at))
        if "is_type_of" not in cls.__dict__:
            marked.is_type_of = classmethod(lambda _, source, __: isinstance(source, record))
        if interface:
            marked.resolve_type = classmethod(lambda _, source, *__: type(source).__name__)
            return strawberry.interface(cls, description=_doc(record))
        return strawberry.type(cls, description=_doc(record))

    return decorate


def exposed(cls: type) -> Exposed | None:
    """What a class was decorated with; what it inherits does not count."""
    found: Exposed | None = cls.__dict__.get(_EXPOSES)
    return found


class ReadField(StrawberryField):
    """A field that reads its value and needs neither arguments nor context.

    To Strawberry it is one without a resolver, so none of the machinery around resolvers runs for it: a page of calls
    has thousands of them.
    """

    def __init__(self, name: str, of: Any, doc: str, attribute: Attribute, read: Read) -> None:
        annotation = StrawberryAnnotation(of)
        super().__init__(python_name=name, graphql_name=name, type_annotation=annotation, description=doc)
        self.attribute = attribute
        self.read = read

    def get_result(self, source: Any, info: object, args: list[Any], kwargs: Any) -> Any:
        """The value in what the parent's resolver returned."""
        return self.read(source)


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
        attributes = self._catalog.records[found.record.__name__].attributes
        own = set(inspect.get_annotations(cls))  # what a class states itself is a relation that takes the place
        shown = (a for a in attributes if a.exposed and a.python not in own)
        return [field for a in shown for field in self._fields(a, _reader(a, found.at))]

    def _fields(self, attribute: Attribute, read: Read) -> Iterator[StrawberryField]:
        """An attribute's field; a closed set has the text that was stated beside it."""
        values = attribute.values
        if values is None:
            yield ReadField(attribute.name, self.type_of(attribute), attribute.description, attribute, read)
            return
        yield ReadField(
            attribute.name, self.type_of(attribute), attribute.description, attribute, _member(values, read)
        )
        if attribute.paths or attribute.keys:
            raw = f"The text of `{attribute.name}` as it was stated, whether the set knows it or not."
            yield ReadField(f"{attribute.name}Raw", StrawberryOptional(str), raw, attribute, read)

    def type_of(self, attribute: Attribute) -> Any:
        """The GraphQL type of an attribute: nullable, but for an id, which is always there."""
        if attribute.kind is Kind.ID:
            return strawberry.ID
        return StrawberryOptional(self._present(attribute))

    def _present(self, attribute: Attribute) -> Any:
        if attribute.values is not None:
            return self.enum(attribute.values)
        if attribute.kind is Kind.STRINGS:
            return StrawberryList(str)
        if attribute.record is not None:
            of = self._classes[attribute.record.__name__]
            return StrawberryList(of) if attribute.kind is Kind.LIST else of
        return _SCALARS[attribute.kind]

    def enum(self, values: type[ClosedSet]) -> StrawberryEnumDefinition:
        """The GraphQL enum of a closed set, one for all attributes that share it."""
        if values not in self._enums:
            self._enums[values] = definition(values)
        return self._enums[values]


def _doc(cls: type) -> str:
    return " ".join((cls.__doc__ or "").split())


def _reader(attribute: Attribute, at: str | None) -> Read:
    """How to read an attribute of the record that stands at a place of what resolvers return."""
    if not attribute.configured:
        return operator.attrgetter(f"{at}.{attribute.python}" if at else attribute.python)
    if at is None:
        return attribute.of
    record = operator.attrgetter(at)
    return lambda source: attribute.of(record(source))


def _member(values: type[ClosedSet], read: Read) -> Read:
    """A text's member of its closed set, or UNKNOWN."""

    def member(source: Any) -> ClosedSet | None:
        text = read(source)
        return None if text is None else values.of(text)

    return member
