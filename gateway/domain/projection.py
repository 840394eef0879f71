"""Projection: a call as the mirror's tables hold it: one value for each column, a row for each cost, and its words.

Values are plain Python: str, int, float, bool, an aware datetime in UTC, a tuple of texts, or None; fit for any
database. From the values of its row a call can be made again when its document has been let go.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any, Final, TypeAlias

from gateway.domain.attributes import Attribute, Kind, snake
from gateway.domain.call import Call
from gateway.domain.catalog import Catalog, Record
from gateway.domain.observations import Projection
from gateway.domain.words import words

_MADE_OF_SEVERAL: Final = (Kind.GROUP, Kind.LIST, Kind.JSON)
_INT_LIMIT: Final = 2**63

Values: TypeAlias = Mapping[str, Any]
"""The values of a row by the flat name of their column; every column of the table is there."""

Project: TypeAlias = Callable[[Call], Projection]
ReadValues: TypeAlias = Callable[[Call], dict[str, Any]]
ReadCosts: TypeAlias = Callable[[Call], tuple[dict[str, Any], ...]]
MakeCall: TypeAlias = Callable[[Values], Call]


def projector(catalog: Catalog) -> Project:
    """The function that projects a call; one that was decoded without lists will do."""
    values, costs = value_reader(catalog), cost_reader(catalog)
    return lambda call: Projection(values=values(call), costs=costs(call), words=words("\n".join(texts(call))))


def texts(call: Call) -> tuple[str, ...]:
    """What search reads of a call, in the order in which finds are shown: the summary, then the transcript."""
    summary = call.analysis.summary if call.analysis else None
    transcript = call.artifact.transcript if call.artifact else None
    return tuple(text for text in (summary, transcript) if text)


@dataclasses.dataclass(frozen=True, slots=True)
class Column:
    """A column of the table of calls: its attribute, and the slots of the groups that lead to it from the call."""

    attribute: Attribute
    groups: tuple[str, ...]


def mirrored(catalog: Catalog) -> tuple[Column, ...]:
    """The columns of the table of calls, those of one group side by side."""
    wanted = {attribute.flat for attribute in catalog.mirrored()}
    return tuple(column for column in _columns(catalog, catalog.call, ()) if column.attribute.flat in wanted)


def _columns(catalog: Catalog, record: Record, groups: tuple[str, ...]) -> Iterator[Column]:
    """The columns of a record, its own first."""
    for attribute in record.attributes:
        if attribute.kind not in _MADE_OF_SEVERAL and attribute.exposed:
            yield Column(attribute, groups)
    for attribute in record.attributes:
        if attribute.kind is Kind.GROUP and attribute.record is not None:
            yield from _columns(catalog, catalog.records[attribute.record.__name__], (*groups, attribute.python))


def value_reader(catalog: Catalog) -> ReadValues:
    """The function that reads a call's row."""
    columns = mirrored(catalog)
    empty = dict.fromkeys(column.attribute.flat for column in columns)
    parts = [
        _part(groups, [c.attribute for c in of_group]) for groups, of_group in groupby(columns, lambda c: c.groups)
    ]

    def read(call: Call) -> dict[str, Any]:
        row: dict[str, Any] = empty.copy()
        for record_of, read_all, cleaners in parts:
            record = record_of(call)
            if record is not None:
                for (flat, clean), value in zip(cleaners, read_all(record), strict=True):
                    if value is not None:
                        row[flat] = clean(value)
        return row

    return read


_Part: TypeAlias = tuple[
    Callable[[Call], Any], Callable[[Any], Sequence[Any]], Sequence[tuple[str, Callable[[Any], Any]]]
]
"""How the record of a group is found, how all its values are read, and the flat name and the cleaner of each."""


def _part(groups: tuple[str, ...], attributes: Sequence[Attribute]) -> _Part:
    own = [a for a in attributes if not a.configured]
    of_team = [a for a in attributes if a.configured]
    return _record_at(groups), _all_of(own, of_team), [(a.flat, CLEAN[a.kind]) for a in (*own, *of_team)]


def _record_at(groups: tuple[str, ...]) -> Callable[[Call], Any]:
    def find(call: Call) -> Any:
        record: Any = call
        for group in groups:
            record = getattr(record, group)
            if record is None:
                return None
        return record

    return find


def _all_of(own: Sequence[Attribute], of_team: Sequence[Attribute]) -> Callable[[Any], Sequence[Any]]:
    """The function that reads these attributes of a record at once."""
    names = [a.python for a in own]
    slots = attrgetter(*names) if len(names) > 1 else lambda record: tuple(getattr(record, name) for name in names)
    if not of_team:
        return slots
    return lambda record: (*slots(record), *(record.configured.get(a.name) for a in of_team))


def _text(value: str) -> str:
    """A text that every database takes: without NUL, and with U+FFFD for half a character."""
    if "\0" in value:
        value = value.replace("\0", "")
    if value.isascii():
        return value
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _number(value: int) -> int | None:
    return value if -_INT_LIMIT <= value < _INT_LIMIT else None


def _fraction(value: float) -> float | None:
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def _utc(value: dt.datetime) -> dt.datetime:
    return value.astimezone(dt.UTC) if value.tzinfo is not dt.UTC else value


CLEAN: Final[Mapping[Kind, Callable[[Any], Any]]] = {
    Kind.ID: _text,
    Kind.STRING: _text,
    Kind.ENUM: _text,
    Kind.INT: _number,
    Kind.FLOAT: _fraction,
    Kind.BOOLEAN: bool,
    Kind.DATETIME: _utc,
    Kind.STRINGS: lambda value: tuple(map(_text, value)),
}
"""What makes a value of each kind fit for any database; None where there is no way."""


@dataclasses.dataclass(frozen=True, slots=True)
class CostColumn:
    """A column of the table of costs."""

    name: str
    kind: Kind
    doc: str


_POSITION: Final = CostColumn("position", Kind.INT, "Its place in the call's list of costs, from 0.")


def cost_columns(catalog: Catalog) -> tuple[CostColumn, ...]:
    """The columns of the table of costs: the place in the list, and every single value that any shape of cost has."""
    found = {_POSITION.name: _POSITION}
    for record in _cost_shapes(catalog):
        for attribute in _single(record):
            name = snake(attribute.name)
            found.setdefault(name, CostColumn(name, attribute.kind, attribute.doc))
    return tuple(found.values())


def cost_reader(catalog: Catalog) -> ReadCosts:
    """The function that reads the rows of a call's costs."""
    empty = dict.fromkeys(column.name for column in cost_columns(catalog))
    of_type = {
        record.type: [(snake(a.name), a.python, CLEAN[a.kind]) for a in _single(record)]
        for record in _cost_shapes(catalog)
    }

    def read(call: Call) -> tuple[dict[str, Any], ...]:
        rows = []
        for position, cost in enumerate(call.costs or ()):
            row: dict[str, Any] = {**empty, _POSITION.name: position}
            for name, slot, clean in of_type[type(cost)]:
                value = getattr(cost, slot)
                row[name] = None if value is None else clean(value)
            rows.append(row)
        return tuple(rows)

    return read


def _cost_shapes(catalog: Catalog) -> Sequence[Record]:
    """The records that an element of a call's costs can be."""
    variants = next(a.variants for a in catalog.call.attributes if a.python == "costs")
    shapes = (*variants.shapes.values(), variants.other) if variants is not None else ()
    return [catalog.records[shape.__name__] for shape in shapes]


def _single(record: Record) -> Iterator[Attribute]:
    return (a for a in record.attributes if a.kind not in _MADE_OF_SEVERAL and a.exposed)


def call_maker(catalog: Catalog) -> MakeCall:
    """The function that makes a call again from the values of its row. What no column holds, it does not know."""
    columns = mirrored(catalog)

    def make(values: Values) -> Call:
        known = [(column, value) for column in columns if (value := values.get(column.attribute.flat)) is not None]
        call: Call = _made(catalog, catalog.call, (), known)
        return call

    return make


def _made(catalog: Catalog, record: Record, groups: tuple[str, ...], known: Sequence[tuple[Column, Any]]) -> Any:
    """A record of what is known of it, and of the groups below it of which anything is known."""
    slots: dict[str, Any] = {}
    configured: dict[str, Any] = {}
    for column, value in known:
        attribute = column.attribute
        if column.groups == groups:
            kept = tuple(value) if attribute.kind is Kind.STRINGS else value
            (configured if attribute.configured else slots)[_slot(attribute)] = kept
    for attribute in record.attributes:
        below = (*groups, attribute.python)
        of_group = [(column, value) for column, value in known if column.groups[: len(below)] == below]
        if attribute.record is not None and of_group:
            slots[attribute.python] = _made(catalog, catalog.records[attribute.record.__name__], below, of_group)
    return record.type(**slots, **({"configured": configured} if configured else {}))


def _slot(attribute: Attribute) -> str:
    return attribute.name if attribute.configured else attribute.python
