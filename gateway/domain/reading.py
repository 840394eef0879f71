"""Reading: one declared attribute from the document that holds it, or its loss as a `Problem`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from gateway.domain.attributes import Attribute, Document, Kind
from gateway.domain.paths import Find, Path, finder, gatherer, look
from gateway.domain.redaction import REDACTED
from gateway.domain.values import READ

_EMPTY: Final[tuple[Any, ...]] = ("", [], {}, ())
_JSON_TYPES: Final[Mapping[type, str]] = {
    str: "string",
    bool: "boolean",
    int: "number",
    float: "number",
    list: "array",
    type(None): "null",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Problem:
    """An attribute that was lost: what was declared, and the JSON type that was found. Never the value itself."""

    attribute: str
    expected: str
    found: str


Problems: TypeAlias = list[Problem]
Read: TypeAlias = Callable[[Document, Problems], Any]
"""What reads something from the document that holds it; None where the document says nothing."""


def json_type(value: Any) -> str:
    """What JSON calls the type of a value."""
    return "object" if isinstance(value, Mapping) else _JSON_TYPES.get(type(value), "unknown")


def scalar(attribute: Attribute, name: str) -> Read:
    """The function that reads an attribute which is no record; ``name`` is what a problem calls it."""
    if _stands_at_one_place(attribute):
        return _at_one_place(attribute, name)
    return _at_first_place(attribute, name)


def only_key(attribute: Attribute, owner: tuple[str, ...]) -> str | None:
    """The one key under which an attribute stands in the object that ``owner`` leads to, if it stands nowhere else."""
    if attribute.kind in (Kind.GROUP, Kind.LIST) or not _stands_at_one_place(attribute):
        return None
    *way, key = attribute.paths[0].keys
    return key if tuple(way) == owner else None


def _stands_at_one_place(attribute: Attribute) -> bool:
    """Whether it is reached by keys alone: the usual case, of which a long call has tens of thousands."""
    return len(attribute.paths) == 1 and attribute.paths[0].plain and attribute.derive is None


def readable(attribute: Attribute, name: str) -> Callable[[Any, Problems], Any]:
    """The function that reads what was found for an attribute; what was redacted is not stated."""
    read_value = READ[attribute.kind]

    def read(value: Any, problems: Problems) -> Any:
        if value == REDACTED:
            return None
        try:
            return read_value(value)
        except ValueError:
            problems.append(Problem(name, attribute.kind.value, json_type(value)))
            return None

    return read


def _at_one_place(attribute: Attribute, name: str) -> Read:
    read_value, read_place = readable(attribute, name), look(attribute.paths[0])

    def read(document: Document, problems: Problems) -> Any:
        value = read_place(document)
        return None if value is None else read_value(value, problems)

    return read


def _at_first_place(attribute: Attribute, name: str) -> Read:
    """The first place that says something, then what can be derived, and an empty something only where all is empty."""
    read_value, derive = READ[attribute.kind], attribute.derive
    find_all = tuple(map(finder_for(attribute), attribute.paths))

    def read(document: Document, problems: Problems) -> Any:
        found = stated(find_all, document)
        known, unreadable = first_readable(found, read_value)
        if known is not None and known not in _EMPTY:
            return known
        derived = derive(document) if derive is not None else None
        if derived is None and known is None and unreadable:
            problems.append(Problem(name, attribute.kind.value, json_type(unreadable[0])))
        return known if derived is None else derived

    return read


def finder_for(attribute: Attribute) -> Callable[[Path], Find]:
    """How what stands at a path is found for an attribute: one value after the other, or several texts together."""
    return gatherer if attribute.kind is Kind.STRINGS else finder


def stated(find_all: Sequence[Find], document: Any) -> list[Any]:
    """What stands at several places of a document, in their order; what was redacted is not stated."""
    return [value for find in find_all for value in find(document) if value != REDACTED]


def first_readable(values: Sequence[Any], read_value: Callable[[Any], Any]) -> tuple[Any, list[Any]]:
    """The first value that says something, else the last empty one, else None; and all that could not be read."""
    empty, unreadable = None, []
    for value in values:
        try:
            known = read_value(value)
        except ValueError:
            unreadable.append(value)
            continue
        if known not in _EMPTY:
            return known, unreadable
        empty = known
    return empty, unreadable
