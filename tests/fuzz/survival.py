"""Survival: whether what a mutation did not touch is decoded as before.

What may change is told by the catalog: an attribute is *touched* where the mutated place and one of the places at which
the attribute is looked for lie on one line, the one above the other. Everything else must be equal, value by value. In
a list, the other elements must be equal, and so must the other attributes of the element that was touched.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from gateway.domain.attributes import Attribute, Kind
from gateway.domain.call import Call
from gateway.domain.catalog import Catalog, Record
from gateway.domain.customer import IDENTIFYING, CallCustomer
from gateway.domain.paths import Index, Key, Path
from tests.fuzz.mutations import Where

DERIVED: Final[Mapping[str, tuple[str, ...]]] = {
    "endedReasonCategory": ("endedReason",),
    "durationSeconds": ("startedAt", "endedAt"),
    "callId": ("id",),
    "success": ("analysis",),
    "document": (),
}
"""What each derived attribute is derived from: keys of the call; “document”, from everything, is not compared."""

Steps: TypeAlias = tuple[str | int | None, ...]
"""A declared place: keys, positions, and None for a selector, behind which anything may count."""


class Survival:
    """Compares two decoded calls by a catalog."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._attributes = tuple(self._walk(catalog.call, ()))
        self._identifying = tuple(a for a in self._attributes if a.of_customer and a.attribute.name in IDENTIFYING)

    def lost(self, before: Call, after: Call, document: Mapping[str, Any], where: Where) -> tuple[int, list[str]]:
        """How many values were compared, and the names of those that should have survived and did not."""
        compared, lost = 0, []
        for known in self._attributes:
            pairs = _pairs(known, before, after, document, where)
            compared += len(pairs)
            lost += [known.attribute.flat or known.attribute.name for old, new in pairs if old != new]
        if where[0] != "id" and not any(known.touched(where) for known in self._identifying):
            compared += 1
            lost += ["customer.key"] if before.customer.key != after.customer.key else []
        return compared, lost

    def _walk(self, record: Record, chain: tuple[Attribute, ...]) -> Iterator[_Known]:
        for attribute in record.attributes:
            if attribute.kind is Kind.GROUP and attribute.record is not None:
                yield from self._walk(self._catalog.records[attribute.record.__name__], (*chain, attribute))
            elif attribute.exposed and not attribute.computed and attribute.name != "document":
                of_customer = record.type is CallCustomer
                places = _places(attribute, self._catalog, of_customer=of_customer)
                yield _Known(chain, attribute, places, of_customer=of_customer)


class _Known:
    """An attribute, how to come to it from a call, and every place at which it is looked for."""

    def __init__(
        self, chain: tuple[Attribute, ...], attribute: Attribute, places: Sequence[Steps], *, of_customer: bool
    ) -> None:
        self.chain, self.attribute, self.of_customer = chain, attribute, of_customer
        self._places: dict[str | int | None, list[Steps]] = {}
        for place in places:
            self._places.setdefault(place[0], []).append(place)

    def touched(self, where: Where) -> bool:
        return any(_on_one_line(place, where) for place in self._places.get(where[0], ()))

    def value(self, call: Call) -> Any:
        record: Any = call
        for group in self.chain:
            record = group.of(record)
            if record is None:
                return None
        return self.attribute.of(record)


def _places(attribute: Attribute, catalog: Catalog, *, of_customer: bool) -> list[Steps]:
    places = [_steps(path) for path in (*attribute.paths, *attribute.fallback)]
    if of_customer:
        places += [_steps(place / key) for place in catalog.places for key in attribute.keys]
    return places + [(key,) for key in DERIVED.get(attribute.name, ()) if attribute.derive is not None]


def _steps(path: Path) -> Steps:
    return tuple(s.name if isinstance(s, Key) else s.position if isinstance(s, Index) else None for s in path.steps)


def _on_one_line(place: Steps, where: Where) -> bool:
    """Whether one place is above the other, or the same; behind a selector everything counts as the same."""
    for declared, mutated in zip(place, where, strict=False):
        if declared is None:
            return True
        if declared != mutated:
            return False
    return True


def _pairs(
    known: _Known, before: Call, after: Call, document: Mapping[str, Any], where: Where
) -> list[tuple[Any, Any]]:
    """The values before and after that must be equal."""
    if not known.touched(where):
        return [(known.value(before), known.value(after))]
    if known.attribute.kind is Kind.LIST:
        return _other_elements(known, before, after, document, where)
    return []


def _other_elements(
    known: _Known, before: Call, after: Call, document: Mapping[str, Any], where: Where
) -> list[tuple[Any, Any]]:
    """Of a list with a mutation inside one element: all others, if the list was taken from there and is all objects."""
    path = next((p for p in known.attribute.paths if p.keys == where[: len(p.keys)]), None)
    old, new = known.value(before), known.value(after)
    if path is None or len(where) <= len(path.keys) or path is not known.attribute.paths[0]:
        return []
    listed: Any = document
    for key in path.keys:
        listed = listed[key]
    if not old or new is None or len(old) != len(listed):
        return []
    at = list(listed).index(where[len(path.keys)]) if isinstance(listed, dict) else int(where[len(path.keys)])
    rest = len(old) - at - 1
    return [
        (old[:at], new[:at]),
        (old[at + 1 :], new[len(new) - rest :]),
        *_other_attributes(old, new, at, where, path),
    ]


def _other_attributes(old: Any, new: Any, at: int, where: Where, path: Path) -> list[tuple[Any, Any]]:
    """Of the element itself: its other attributes, where it is still the same kind of record."""
    if len(where) < len(path.keys) + 2 or len(new) != len(old) or type(new[at]) is not type(old[at]):
        return []
    key = where[len(path.keys) + 1]
    fields = [f for f in type(old[at]).__dataclass_fields__.values() if f.metadata]
    declared = [(f.name, next(iter(f.metadata.values())).paths) for f in fields]
    untouched = [n for n, paths in declared if paths and all(p.partition(".")[0] != key for p in paths)]
    return [(getattr(old[at], name), getattr(new[at], name)) for name in untouched]
