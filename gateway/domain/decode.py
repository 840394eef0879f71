"""Decoding: from an upstream document to a `Call`, one attribute at a time, never failing the whole.

Whatever cannot be read as it was declared costs that one attribute and is reported as a `Problem`. The document must be
redacted first; decoding itself keeps whatever it finds.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from gateway.domain import identity
from gateway.domain.artifact import PresignedUrls
from gateway.domain.attributes import Attribute, Document, Kind
from gateway.domain.call import Call
from gateway.domain.catalog import Catalog, Record
from gateway.domain.customer import IDENTIFYING, CallCustomer, Provenance
from gateway.domain.enums import Origin
from gateway.domain.paths import Path, find
from gateway.domain.redaction import REDACTED
from gateway.domain.trust import origin, trust
from gateway.domain.values import READ, stripped

_EMPTY: Final[tuple[Any, ...]] = ("", [], {}, ())


@dataclasses.dataclass(frozen=True, slots=True)
class Problem:
    """An attribute that was lost: what was declared, and the JSON type that was found. Never the value itself."""

    attribute: str
    expected: str
    found: str


@dataclasses.dataclass(frozen=True, slots=True)
class Decoded:
    """A call, and what of it could not be read."""

    call: Call
    problems: tuple[Problem, ...]


Decode: TypeAlias = Callable[[Document], Decoded]
_Problems: TypeAlias = list[Problem]
_Read: TypeAlias = Callable[[Document, _Problems], Any]


def decoder(catalog: Catalog, identity_key: bytes) -> Decode:
    """The function that decodes documents by a catalog; ``identity_key`` is what customer keys are hashed with."""
    read_call = _Decoder(catalog, identity_key).record(catalog.call)

    def decode(document: Document) -> Decoded:
        problems: _Problems = []
        return Decoded(read_call(document, problems), tuple(problems))

    return decode


@dataclasses.dataclass(frozen=True, slots=True)
class _Decoder:
    """Compiles each record of the catalog to a function, once."""

    catalog: Catalog
    identity_key: bytes
    compiled: dict[str, _Read] = dataclasses.field(default_factory=dict)

    def record(self, record: Record) -> _Read:
        """The function that reads a record from the document that holds it; None where the document says nothing."""
        if record.name not in self.compiled:
            made = self._customer(record) if record.type is CallCustomer else self._plain(record)
            self.compiled[record.name] = made
        return self.compiled[record.name]

    def _plain(self, record: Record) -> _Read:
        readers = [(a, self._attribute(a, f"{record.name}.{a.name}")) for a in record.attributes]
        make, always = record.type, record.type is Call

        def read(document: Document, problems: _Problems) -> Any:
            values: dict[str, Any] = {}
            configured: dict[str, Any] = {}
            stated = always
            for attribute, read_attribute in readers:
                value = read_attribute(document, problems)
                if value is None:
                    continue
                stated = stated or attribute.exposed
                (configured if attribute.configured else values)[_slot(attribute)] = value
            if configured:
                values["configured"] = configured
            return make(**values) if stated else None

        return read

    def _attribute(self, attribute: Attribute, name: str) -> _Read:
        if attribute.kind is Kind.GROUP:
            return self._group(attribute)
        if attribute.kind is Kind.LIST:
            return self._list(attribute, name)
        return _scalar(attribute, name)

    def _group(self, attribute: Attribute) -> _Read:
        assert attribute.record is not None  # noqa: S101  # what makes it a group
        return self.record(self.catalog.records[attribute.record.__name__])

    def _list(self, attribute: Attribute, name: str) -> _Read:
        read_element = self._element(attribute)

        def elements(value: Any, problems: _Problems) -> tuple[Any, ...]:
            listed = list(_listed(value, keyed=attribute.keyed))
            problems.extend(Problem(name, "object", json_type(v)) for v in listed if not isinstance(v, Mapping))
            read = (read_element(element, problems) for element in listed if isinstance(element, Mapping))
            return tuple(element for element in read if element is not None)

        def read(document: Document, problems: _Problems) -> Any:
            found = [value for path in attribute.paths for value in find(path, document)]
            lists = [value for value in found if _is_listed(value, keyed=attribute.keyed)]
            if found and not lists:
                problems.append(Problem(name, "object" if attribute.keyed else "array", json_type(found[0])))
            said = next((value for value in lists if value), None)
            return elements(said, problems) if said else (() if lists else None)

        return read

    def _element(self, attribute: Attribute) -> _Read:
        variants = attribute.variants
        if variants is None:
            return self._group(attribute)
        shapes = {text: self.record(self.catalog.records[s.__name__]) for text, s in variants.shapes.items()}
        other = self.record(self.catalog.records[variants.other.__name__])

        def read(element: Document, problems: _Problems) -> Any:
            tag = element.get(variants.tag)
            return (shapes.get(tag, other) if isinstance(tag, str) else other)(element, problems)

        return read

    def _customer(self, record: Record) -> _Read:
        """The customer: blank texts say nothing, and each statement remembers its place."""
        readers = [(a, _placed(a, f"{record.name}.{a.name}")) for a in record.attributes]
        places = self.catalog.places

        def read(document: Document, problems: _Problems) -> CallCustomer:
            objects = tuple((place, owner) for place in places for owner in find(place, document))
            search = _Search(document, objects, problems)
            values: dict[str, Any] = {}
            configured: dict[str, Any] = {}
            provenance = []
            for attribute, read_attribute in readers:
                found = read_attribute(search)
                if found is None:
                    continue
                value, path = found
                (configured if attribute.configured else values)[_slot(attribute)] = value
                provenance.append(
                    Provenance(
                        attribute=attribute.name, path=path.text, origin=origin(path), trust=trust(path, document)
                    )
                )
            customer = CallCustomer(**values, configured=configured, provenance=tuple(provenance))
            return dataclasses.replace(customer, key=self._key(customer, document))

        return read

    def _key(self, customer: CallCustomer, document: Document) -> str:
        stated = {a.name: a.of(customer) for a in self.catalog.customer.attributes if a.name in IDENTIFYING}
        ordered = {name: stated[name] for name in IDENTIFYING if stated.get(name)}
        return identity.key(ordered, str(document.get("id")), self.identity_key)


def _slot(attribute: Attribute) -> str:
    return attribute.name if attribute.configured else attribute.python


def _scalar(attribute: Attribute, name: str) -> _Read:
    """Read an attribute: the first place that says something, an empty something only where no place says more."""
    read_value, derive, paths = READ[attribute.kind], attribute.derive, attribute.paths

    def read(document: Document, problems: _Problems) -> Any:
        empty, unreadable = None, None
        for value in (value for path in paths for value in _found(path, document)):
            try:
                known = read_value(value)
            except ValueError:
                unreadable = unreadable or Problem(name, attribute.kind.value, json_type(value))
                continue
            if known not in _EMPTY:
                return known
            empty = known
        derived = derive(document) if derive is not None else None
        if derived is None and empty is None and unreadable is not None:
            problems.append(unreadable)
        return derived if derived is not None else empty

    return read


def _placed(attribute: Attribute, name: str) -> Callable[[_Search], tuple[Any, Path] | None]:
    """Read an attribute of the customer, together with the place that said it."""
    read_value = stripped(READ[attribute.kind])

    def read(search: _Search) -> tuple[Any, Path] | None:
        unreadable = None
        for value, path in search.candidates(attribute):
            try:
                known = read_value(value)
            except ValueError:
                unreadable = unreadable or _unless_variable(path, Problem(name, attribute.kind.value, json_type(value)))
                continue
            if known is not None:
                return known, path
        if unreadable is not None:
            search.problems.append(unreadable)
        return None

    return read


@dataclasses.dataclass(frozen=True, slots=True)
class _Search:
    """Looking for a customer in one document: the objects in which spellings are tried are found once."""

    document: Document
    objects: tuple[tuple[Path, Any], ...]
    problems: _Problems

    def candidates(self, attribute: Attribute) -> Iterator[tuple[Any, Path]]:
        """Whatever might be the attribute, in order of trust, with its place."""
        for path in attribute.paths:
            yield from ((value, path) for value in _found(path, self.document))
        for place, owner in self.objects:
            for key in attribute.keys:
                yield from ((value, place / key) for value in _found(key, owner))
        for path in attribute.fallback:
            yield from ((value, path) for value in _found(path, self.document))


def _unless_variable(path: Path, problem: Problem) -> Problem | None:
    """Variable values hold much that is not the customer's: an odd one there is no loss."""
    return None if origin(path) is Origin.VARIABLES else problem


def _found(path: Path, document: Any) -> Iterator[Any]:
    return (value for value in find(path, document) if value != REDACTED)


def _is_listed(value: Any, *, keyed: bool) -> bool:
    return isinstance(value, list) or (keyed and isinstance(value, Mapping))


def _listed(value: Any, *, keyed: bool) -> Iterator[Any]:
    """The elements of a list; of a map, its values with their key as ``id``."""
    if keyed and isinstance(value, Mapping):
        yield from ({**v, "id": key} if isinstance(v, Mapping) else v for key, v in value.items())
    else:
        yield from value


def json_type(value: Any) -> str:
    """What JSON calls the type of a value."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, Mapping):
        return "object"
    names = {str: "string", int: "number", float: "number", list: "array", type(None): "null"}
    return names.get(type(value), "unknown")


ReadPresigned: TypeAlias = Callable[[Document], PresignedUrls]


def presigned_reader(catalog: Catalog) -> ReadPresigned:
    """The function that reads the presigned addresses of an upstream document, before redaction takes them out."""
    record = catalog.records[PresignedUrls.__name__]
    readers = [(a, _scalar(a, f"{record.name}.{a.name}")) for a in record.attributes]

    def read(document: Document) -> PresignedUrls:
        return PresignedUrls(**{a.python: read_attribute(document, []) for a, read_attribute in readers})

    return read
