"""Projection: a call as the mirror's tables hold it: one value for each column, a row for each cost, and its words.

Values are plain Python: str, int, float, bool, an aware datetime in UTC, a tuple of texts, or None; fit for any
database. From the values of its row a call can be made again when its document has been let go.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any, TypeAlias

from gateway.domain.attributes import Attribute, Kind
from gateway.domain.call import Call
from gateway.domain.catalog import Catalog, Record
from gateway.domain.clean import CLEAN
from gateway.domain.elements import costs as costs_of
from gateway.domain.observations import Projection
from gateway.domain.words import vocabulary

Values: TypeAlias = Mapping[str, Any]
"""The values of a row by the flat name of their column; every column of the table is there."""

Project: TypeAlias = Callable[[Call], Projection]
ReadValues: TypeAlias = Callable[[Call], dict[str, Any]]
MakeCall: TypeAlias = Callable[[Values], Call]


def projector(catalog: Catalog) -> Project:
    """The function that projects a call; one that was decoded without lists will do."""
    values, costs = value_reader(catalog), costs_of(catalog).read
    return lambda call: Projection(values=values(call), costs=costs(call), words=vocabulary("\n".join(texts(call))))


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
    """The columns of the table of calls, in the order of `Catalog.mirrored`."""
    wanted = {attribute.flat for attribute in catalog.mirrored()}
    return tuple(column for column in _columns(catalog, catalog.call, ()) if column.attribute.flat in wanted)


def _columns(catalog: Catalog, record: Record, groups: tuple[str, ...]) -> Iterator[Column]:
    for attribute in record.attributes:
        if attribute.kind is Kind.GROUP:
            yield from _columns(catalog, _record_of(catalog, attribute), (*groups, attribute.python))
        elif attribute.kind is not Kind.LIST and attribute.exposed:
            yield Column(attribute, groups)


def _record_of(catalog: Catalog, group: Attribute) -> Record:
    return catalog.records[group.record.__name__ if group.record else ""]


def value_reader(catalog: Catalog) -> ReadValues:
    """The function that reads a call's row."""
    columns = mirrored(catalog)
    empty = dict.fromkeys(column.attribute.flat for column in columns)
    parts = [_part(groups, [c.attribute for c in columns if c.groups == groups]) for groups in _groups(columns)]

    def read(call: Call) -> dict[str, Any]:
        row: dict[str, Any] = empty.copy()
        for find_record, read_all, cleaners in parts:
            record = find_record(call)
            if record is not None:
                for (flat, clean), value in zip(cleaners, read_all(record), strict=True):
                    if value is not None:
                        row[flat] = clean(value)
        return row

    return read


def _groups(columns: Iterable[Column]) -> Sequence[tuple[str, ...]]:
    return list(dict.fromkeys(column.groups for column in columns))


_Clean: TypeAlias = Callable[[Any], Any]
_Part: TypeAlias = tuple[Callable[[Call], Any], Callable[[Any], Sequence[Any]], Sequence[tuple[str, _Clean]]]
"""How the record of a group is found, how all its values are read, and the flat name and the cleaner of each."""


def _part(groups: tuple[str, ...], attributes: Sequence[Attribute]) -> _Part:
    own = [a for a in attributes if not a.configured]
    of_team = [a for a in attributes if a.configured]
    return _record_at(groups), _all_of(own, of_team), [(a.flat, CLEAN[a.kind]) for a in (*own, *of_team)]


def _record_at(groups: tuple[str, ...]) -> Callable[[Call], Any]:
    """The function that follows groups down from a call; None where one of them is not there."""

    def find(call: Call) -> Any:
        record: Any = call
        for group in groups:
            record = getattr(record, group)
            if record is None:
                return None
        return record

    return find


def _all_of(own: Sequence[Attribute], of_team: Sequence[Attribute]) -> Callable[[Any], Sequence[Any]]:
    """The function that reads these attributes of a record."""
    read_own = _slots([a.python for a in own])
    if not of_team:
        return read_own
    return lambda record: (*read_own(record), *(a.of(record) for a in of_team))


def _slots(names: Sequence[str]) -> Callable[[Any], Sequence[Any]]:
    if len(names) > 1:
        return attrgetter(*names)  # all at once, which is half of what reading a row costs
    return lambda record: [getattr(record, name) for name in names]


def call_maker(catalog: Catalog) -> MakeCall:
    """The function that makes a call again from the values of its row; it says what the columns say, and no more."""
    fill_in = _filler(catalog, catalog.call, mirrored(catalog), ())
    return lambda values: Call(**fill_in(values))


def _filler(
    catalog: Catalog, record: Record, columns: Sequence[Column], groups: tuple[str, ...]
) -> Callable[[Values], dict[str, Any]]:
    """The function that finds what goes into the slots of a record, groups included; nothing where nothing is known."""
    own = [(c.attribute.flat, c.attribute) for c in columns if c.groups == groups]
    inner = [
        (a.python, _record_of(catalog, a).type, _filler(catalog, _record_of(catalog, a), columns, (*groups, a.python)))
        for a in record.attributes
        if a.kind is Kind.GROUP
    ]

    def fill_in(values: Values) -> dict[str, Any]:
        slots: dict[str, Any] = {}
        for flat, attribute in own:
            value = values.get(flat)
            if value is not None:
                _put(slots, attribute, value)
        for python, make, fill_in_group in inner:
            of_group = fill_in_group(values)
            if of_group:
                slots[python] = make(**of_group)
        return slots

    return fill_in


def _put(slots: dict[str, Any], attribute: Attribute, value: Any) -> None:
    """Put a value where a record keeps it; databases give lists back for tuples."""
    kept = tuple(value) if attribute.kind is Kind.STRINGS else value
    if attribute.configured:
        slots.setdefault("configured", {})[attribute.name] = kept
    else:
        slots[attribute.python] = kept
