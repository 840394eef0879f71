"""Decoding: from an upstream document to a `Call`, one attribute at a time, never failing the whole.

Whatever cannot be read as it was declared costs that one attribute and is reported as a `Problem`. The document must be
redacted first; decoding itself keeps whatever it finds.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from gateway.domain import identity
from gateway.domain.artifact import PresignedUrls
from gateway.domain.attributes import Attribute, Document, Kind
from gateway.domain.call import Call
from gateway.domain.catalog import Catalog, Record
from gateway.domain.costs import COSTS
from gateway.domain.customer import IDENTIFYING, CallCustomer, Provenance
from gateway.domain.paths import Path, finder
from gateway.domain.reading import Problem, Problems, Read, json_type, only_key, readable, scalar, stated
from gateway.domain.resolution import Candidate, Search, finders, owners, resolver
from gateway.domain.trust import origin, trust
from gateway.domain.values import Unreadable, text


@dataclasses.dataclass(frozen=True, slots=True)
class Decoded:
    """A call, and what of it could not be read: each attribute once, however often it was odd."""

    call: Call
    problems: tuple[Problem, ...]


Decode: TypeAlias = Callable[[Document], Decoded]
ReadSlot: TypeAlias = Callable[[Document], Any]
ReadPresigned: TypeAlias = Callable[[Document], PresignedUrls]
_Reader: TypeAlias = tuple[str, bool, bool, str | None, Callable[[Any, Problems], Any]]
"""The slot of an attribute, whether it is a team's own and whether it is shown; and how it is read: from the value
under this key of the record's object, or without a key from the whole document."""


def decoder(catalog: Catalog, identity_key: bytes, *, lists: bool = True) -> Decode:
    """The function that decodes documents by a catalog; ``identity_key`` is what customer keys are hashed with.

    Without ``lists`` it reads what has one value per call, and the costs, in a fraction of the time. All other lists
    are None then, what is odd in them is no problem, and a group of which only a list is stated elsewhere is not there.
    """
    read_call = _Decoder(catalog, identity_key, lists).record(catalog.call)

    def decode(document: Document) -> Decoded:
        problems: Problems = []
        call = read_call(document, problems)
        return Decoded(call, tuple(dict.fromkeys(problems)))

    return decode


def slot_readers(catalog: Catalog, identity_key: bytes) -> Mapping[str, ReadSlot]:
    """How each slot of a call is read by itself, to what `decoder` reads there; nobody is told of what is odd."""
    made, record = _Decoder(catalog, identity_key, lists=True), catalog.call
    readers = [made.reader(a, f"{record.name}.{a.name}", ()) for a in record.attributes]
    of_team = {slot: _read_slot(key, read, None) for slot, is_of_team, _, key, read in readers if is_of_team}
    own = {slot: (key, read) for slot, is_of_team, _, key, read in readers if not is_of_team}

    def configured(document: Document) -> Any:
        stated = {slot: read(document) for slot, read in of_team.items()}
        return {slot: value for slot, value in stated.items() if value is not None}

    defaults = {field.name: field.default for field in dataclasses.fields(Call)}
    return {
        name: configured if name == "configured" else _read_slot(*own[name], default)
        for name, default in defaults.items()
    }


def _read_slot(key: str | None, read: Callable[[Any, Problems], Any], default: Any) -> ReadSlot:
    def read_slot(document: Document) -> Any:
        value = document if key is None else document.get(key)
        found = None if value is None else read(value, [])
        return default if found is None else found

    return read_slot


def presigned_reader(catalog: Catalog) -> ReadPresigned:
    """The function that reads the presigned addresses of an upstream document, before redaction takes them out."""
    record = catalog.records[PresignedUrls.__name__]
    readers = [(a, scalar(a, f"{record.name}.{a.name}")) for a in record.attributes]

    def read(document: Document) -> PresignedUrls:
        return PresignedUrls(**{a.python: read_attribute(document, []) for a, read_attribute in readers})

    return read


@dataclasses.dataclass(frozen=True, slots=True)
class _Decoder:
    """Compiles each record of the catalog to a function, once."""

    catalog: Catalog
    identity_key: bytes
    lists: bool
    compiled: dict[str, Read] = dataclasses.field(default_factory=dict)

    def record(self, record: Record, owner: tuple[str, ...] = ()) -> Read:
        """The function that reads a record from the document that holds it; ``owner`` leads to the object it is of."""
        if record.name not in self.compiled:
            made = self._customer(record) if record.type is CallCustomer else self._plain(record, owner)
            self.compiled[record.name] = made
        return self.compiled[record.name]

    def _plain(self, record: Record, owner: tuple[str, ...]) -> Read:
        """A record; None where there is no object that it is of, and nothing of it is stated elsewhere."""
        readers = [self.reader(a, f"{record.name}.{a.name}", owner) for a in record.attributes if self._is_read(a)]
        make, always = record.type, record.type is Call

        def read(document: Document, problems: Problems) -> Any:
            values: dict[str, Any] = {}
            configured: dict[str, Any] = {}
            held = _object_at(owner, document) if owner else document
            shows = always or (bool(owner) and isinstance(held, Mapping))
            stated = held if isinstance(held, Mapping) else {}
            for slot, of_team, exposed, key, read_attribute in readers:
                value = document if key is None else stated.get(key)
                if value is None:
                    continue
                value = read_attribute(value, problems)
                if value is not None:
                    (configured if of_team else values)[slot] = value
                    shows = shows or exposed
            if configured:
                values["configured"] = configured
            return make(**values) if shows else None

        return read

    def _is_read(self, attribute: Attribute) -> bool:
        return self.lists or attribute.kind is not Kind.LIST or attribute.variants is COSTS

    def reader(self, attribute: Attribute, name: str, owner: tuple[str, ...]) -> _Reader:
        """How an attribute is read: from what stands under one key of its owner, as most, or from the document."""
        key = only_key(attribute, owner)
        slot, of_team = _slot(attribute)
        read = self._attribute(attribute, name) if key is None else readable(attribute, name)
        return slot, of_team, attribute.exposed, key, read

    def _attribute(self, attribute: Attribute, name: str) -> Read:
        if attribute.kind is Kind.GROUP:
            return self._group(attribute, name)
        if attribute.kind is Kind.LIST:
            return _list(attribute, name, self._element(attribute))
        return scalar(attribute, name)

    def _group(self, attribute: Attribute, name: str) -> Read:
        """A record of the same document, not looked for where the one object that would hold all of it is missing."""
        record = self._record_of(attribute.record)
        owner = attribute.paths[0].keys
        read_record = self.record(record, owner)
        needed = record.type is not CallCustomer and all(p.keys[: len(owner)] == owner for p in self._places(record))

        def read(document: Document, problems: Problems) -> Any:
            held = _object_at(owner, document)
            if held is not None and not isinstance(held, Mapping):
                problems.append(Problem(name, "object", json_type(held)))
            return read_record(document, problems) if isinstance(held, Mapping) or not needed else None

        return read

    def _record_of(self, of: type | None) -> Record:
        return self.catalog.records[of.__name__ if of else ""]

    def _places(self, record: Record) -> Iterator[Path]:
        """Every path at which something of a record is looked for."""
        for attribute in record.attributes:
            yield from attribute.paths
            if attribute.kind is Kind.GROUP:
                yield from self._places(self._record_of(attribute.record))

    def _element(self, attribute: Attribute) -> Read:
        """The function that reads one element of a list, by the text under its tag where the shapes differ."""
        variants = attribute.variants
        if variants is None:
            return self.record(self._record_of(attribute.record))
        shapes = {tag: self.record(self._record_of(shape)) for tag, shape in variants.shapes.items()}
        other = self.record(self._record_of(variants.other))

        def read(element: Document, problems: Problems) -> Any:
            tag = element.get(variants.tag)
            return (shapes.get(tag, other) if isinstance(tag, str) else other)(element, problems)

        return read

    def _customer(self, record: Record) -> Read:
        """The customer: there is always one, if only by its key."""
        resolvers = [(a, resolver(a, f"{record.name}.{a.name}")) for a in record.attributes if not a.computed]
        places = finders(self.catalog.places)

        def read(document: Document, problems: Problems) -> CallCustomer:
            search = Search(document, owners(places, document), problems)
            known = [(a, found) for a, resolve in resolvers if (found := resolve(search)) is not None]
            key, of = self._key({a.name: value for a, (value, _) in known}, document)
            return CallCustomer(
                **{a.python: value for a, (value, _) in known if not a.configured},
                configured={a.name: value for a, (value, _) in known if a.configured},
                provenance=tuple(_provenance(a, found, document) for a, found in known if a.exposed),
                key=key,
                key_trust=next((trust(path, document).value for a, (_, path) in known if a.name == of), None),
            )

        return read

    def _key(self, stated_of: Mapping[str, Any], document: Document) -> tuple[str, str | None]:
        """The customer's key, or that of whom it is an alias, and the attribute that it is made of."""
        ordered = {name: stated_of[name] for name in IDENTIFYING if stated_of.get(name)}
        key, of = identity.key(ordered, _text(document.get("id")), self.identity_key)
        return self.catalog.aliases.get(key, key), of


def _slot(attribute: Attribute) -> tuple[str, bool]:
    """Where a record keeps an attribute: under which name, and whether among those of the team."""
    return (attribute.name, True) if attribute.configured else (attribute.python, False)


def _provenance(attribute: Attribute, found: Candidate, document: Document) -> Provenance:
    path = found[1]
    return Provenance(attribute=attribute.name, path=path.text, origin=origin(path), trust=trust(path, document))


def _text(value: Any) -> str:
    try:
        return text(value)
    except Unreadable:
        return ""


def _object_at(keys: tuple[str, ...], document: Any) -> Any:
    """What stands where an object belongs; None where nothing does."""
    for key in keys:
        if not isinstance(document, dict):
            return None
        document = document.get(key)
    return document


def _list(attribute: Attribute, name: str, read_element: Read) -> Read:
    """A list of records: the first place with something in it; elements that are no objects are left out."""
    find_all, keyed = tuple(map(finder, attribute.paths)), attribute.keyed
    expected = "object" if keyed else "array"

    def read(document: Document, problems: Problems) -> Any:
        found = stated(find_all, document)
        lists = [value for value in found if isinstance(value, list) or (keyed and isinstance(value, Mapping))]
        if found and not lists:
            problems.append(Problem(name, expected, json_type(found[0])))
        listed = next((value for value in lists if value), None)
        if listed is None:
            return () if lists else None
        return _elements(_with_ids(listed), name, read_element, problems)

    return read


def _elements(listed: list[Any], name: str, read_element: Read, problems: Problems) -> tuple[Any, ...]:
    """What the elements say; nulls and empty objects say nothing, and anything else that is no object is a problem."""
    read = []
    for element in listed:
        if isinstance(element, Mapping):
            read.append(read_element(element, problems))
        elif element is not None:
            problems.append(Problem(name, "object", json_type(element)))
    return tuple(element for element in read if element is not None)


def _with_ids(listed: list[Any] | Mapping[str, Any]) -> list[Any]:
    """The elements of a list; of a map, its values with their key as ``id``."""
    if isinstance(listed, Mapping):
        return [{**value, "id": key} if isinstance(value, Mapping) else value for key, value in listed.items()]
    return listed
