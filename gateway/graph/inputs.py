"""Inputs: the filter over a record, derived from the catalog.

An attribute can be filtered by if its declaration says so; the schema offers nothing else. Fields stand where the
record has them: what a call says of its customer is compared under ``customer``. The types are made for one schema, as
a team's own attributes are among their fields.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.base import StrawberryList, StrawberryOptional
from strawberry.types.field import StrawberryField

from gateway.domain.attributes import Attribute, Kind, Use
from gateway.domain.catalog import Catalog, Record
from gateway.domain.filters import Comparator
from gateway.graph.derive import Deriver
from gateway.graph.scalars import DateTimeOrDuration

_EQUAL: Final = (Comparator.EQ, Comparator.NEQ, Comparator.IN, Comparator.NIN)
_ORDERED: Final = (*_EQUAL, Comparator.GT, Comparator.GTE, Comparator.LT, Comparator.LTE)
COMPARATORS: Final[Mapping[Kind, tuple[Comparator, ...]]] = {
    Kind.ID: (*_EQUAL, Comparator.IS_NULL),
    Kind.STRING: (*_ORDERED, Comparator.CONTAINS, Comparator.STARTS_WITH, Comparator.IS_NULL),
    Kind.ENUM: (*_EQUAL, Comparator.IS_NULL),
    Kind.INT: (*_ORDERED, Comparator.IS_NULL),
    Kind.FLOAT: (*_ORDERED, Comparator.IS_NULL),
    Kind.BOOLEAN: (Comparator.EQ, Comparator.NEQ, Comparator.IS_NULL),
    Kind.DATETIME: (*_ORDERED, Comparator.IS_NULL),
    Kind.STRINGS: (Comparator.CONTAINS, Comparator.IS_NULL),
}
"""How attributes of each kind can be compared."""

_OPERAND: Final[Mapping[Kind, Any]] = {
    Kind.ID: strawberry.ID,
    Kind.STRING: str,
    Kind.INT: int,
    Kind.FLOAT: float,
    Kind.BOOLEAN: bool,
    Kind.DATETIME: DateTimeOrDuration,
    Kind.STRINGS: str,
}
_TEXTS: Final[Mapping[Comparator, str]] = {
    Comparator.EQ: "Equal to this.",
    Comparator.NEQ: "Not equal to this; also where there is no value.",
    Comparator.IN: "One of these.",
    Comparator.NIN: "None of these; also where there is no value.",
    Comparator.GT: "After this.",
    Comparator.GTE: "At this or after.",
    Comparator.LT: "Before this.",
    Comparator.LTE: "At this or before.",
    Comparator.CONTAINS: "Has this in it; upper case differs from lower.",
    Comparator.STARTS_WITH: "Begins with this; upper case differs from lower.",
    Comparator.IS_NULL: "Whether there is no value.",
}
_NUMERIC: Final[Mapping[Comparator, str]] = {
    Comparator.GT: "Greater than this.",
    Comparator.GTE: "This or greater.",
    Comparator.LT: "Less than this.",
    Comparator.LTE: "This or less.",
}
_LIST_NAME: Final = "StringList"


class Filters:
    """The filter types of one schema."""

    def __init__(self, catalog: Catalog, deriver: Deriver) -> None:
        self._catalog = catalog
        self._deriver = deriver
        self._comparisons: dict[str, Any] = {}
        self._records: dict[str, Any] = {}
        self.call = self._root(catalog.call, searchable=True)
        self.customer = self._root(catalog.customers, searchable=False)

    def _root(self, record: Record, *, searchable: bool) -> Any:
        """The filter over whole rows, which can be combined."""
        fields = dict(self._fields(record))
        if searchable:
            fields["search"] = (str | None, _field("search", _SEARCH))
        fields |= {python: (Any, _combined(name, text)) for python, (name, text) in _COMBINED.items()}
        of = "calls" if record is self._catalog.call else "customers"
        made = _input(
            f"{record.name}Filter", fields, f"Which {of}. Several fields must all hold; an empty filter holds."
        )
        for field in made.__strawberry_definition__.fields:
            if field.python_name in _COMBINED:
                several = field.python_name != "not_"
                field.type_annotation = StrawberryAnnotation(
                    StrawberryOptional(StrawberryList(made) if several else made)
                )
        return made

    def _fields(self, record: Record) -> Iterator[tuple[str, tuple[Any, StrawberryField]]]:
        for attribute in record.attributes:
            of = self._comparable(attribute)
            if of is not None:
                yield attribute.python, (of | None, _field(attribute.name, attribute.description))

    def _comparable(self, attribute: Attribute) -> Any:
        """The input type of an attribute; None where it cannot be filtered by, nor anything below it."""
        if attribute.kind is Kind.GROUP and attribute.record is not None:
            return self._group(self._catalog.records[attribute.record.__name__])
        if Use.FILTER not in attribute.use or not attribute.exposed or attribute.kind not in COMPARATORS:
            return None
        return self._comparison(attribute)

    def _group(self, record: Record) -> Any:
        if record.name not in self._records:
            fields = dict(self._fields(record))
            doc = f"Which {record.name} it must have. Several fields must all hold."
            self._records[record.name] = _input(f"{record.name}Filter", fields, doc) if fields else None
        return self._records[record.name]

    def _comparison(self, attribute: Attribute) -> Any:
        """The input type for values of one type: ``StringFilter``, ``CallStatusFilter``."""
        name = _value_name(attribute)
        if name not in self._comparisons:
            operand = self._operand(attribute)
            fields = {
                f"{c.value}_": (_of(c, operand), _compared(c, attribute.kind)) for c in COMPARATORS[attribute.kind]
            }
            doc = f"How to compare a {name}. Several must all hold."
            self._comparisons[name] = _input(f"{name}Filter", fields, doc)
        return self._comparisons[name]

    def _operand(self, attribute: Attribute) -> Any:
        if attribute.values is not None:
            return self._deriver.enum(attribute.values)
        return _OPERAND[attribute.kind]


_SEARCH: Final = (
    "Has all of these words in its transcript or summary. Words are found whole, without regard to case and without "
    "stemming."
)
_COMBINED: Final[Mapping[str, tuple[str, str]]] = {
    "and_": ("and", "All of these must hold as well; of none, all do."),
    "or_": ("or", "One of these must hold as well; of none, none does."),
    "not_": ("not", "This must not hold."),
}


def _value_name(attribute: Attribute) -> str:
    if attribute.values is not None:
        return attribute.values.__name__
    return _LIST_NAME if attribute.kind is Kind.STRINGS else attribute.kind.value


def _of(comparator: Comparator, operand: Any) -> Any:
    """The type of what is compared with."""
    if comparator is Comparator.IS_NULL:
        return bool | None
    return StrawberryOptional(StrawberryList(operand) if comparator in (Comparator.IN, Comparator.NIN) else operand)


def _compared(comparator: Comparator, kind: Kind) -> StrawberryField:
    texts = {**_TEXTS, **_NUMERIC} if kind in (Kind.INT, Kind.FLOAT) else _TEXTS
    if kind is Kind.STRINGS and comparator is Comparator.CONTAINS:
        return _field(comparator.value, "Has this among its texts.")
    return _field(comparator.value, texts[comparator])


def _field(name: str, doc: str) -> StrawberryField:
    made: Any = strawberry.field(name=name, default=strawberry.UNSET, description=doc)
    return made  # type: ignore[no-any-return]


def _combined(name: str, doc: str) -> StrawberryField:
    """A field of the very type that it stands in, which is known only once that is made."""
    made: Any = strawberry.field(name=name, default=strawberry.UNSET, description=doc, graphql_type=str)
    return made  # type: ignore[no-any-return]


def _input(name: str, fields: Mapping[str, tuple[Any, StrawberryField]], doc: str) -> Any:
    namespace: dict[str, Any] = {"__annotations__": {python: of for python, (of, _) in fields.items()}}
    namespace |= {python: field for python, (_, field) in fields.items()}
    return strawberry.input(type(name, (), namespace), description=doc)
