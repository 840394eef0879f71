"""The catalog: every attribute of a call and its customer, built-in and configured, in one immutable value.

It is built once from the declarations and handed to whoever needs it. Two catalogs with different settings live side by
side in one process.
"""

from __future__ import annotations

import dataclasses
import inspect
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from gateway.domain import aliases
from gateway.domain.artifact import PresignedUrls
from gateway.domain.attributes import Attribute, Kind, Parent, Sensitivity, camel, declared
from gateway.domain.call import Call
from gateway.domain.configured import CONFIGURABLE, Configured, attribute_of, refuse
from gateway.domain.conversation import Analysis
from gateway.domain.customer import CallCustomer, Places
from gateway.domain.customers import Customer
from gateway.domain.metrics import Metric
from gateway.domain.paths import Path, PathInvalid, parse
from gateway.domain.success import Success, reader
from gateway.errors import SettingsInvalid

__all__ = ["CONFIGURABLE", "Catalog", "Configured", "Record", "build"]

_RESERVED: Final = {
    "Call": ("freshness", "node", "configured"),
    "CallCustomer": (
        "provenance",
        "configured",
        "profile",
        "id",
        "calls",
        *(camel(f.name) for f in dataclasses.fields(Customer)),
    ),
}
_SUCCESS: Final = Success()
_RESERVED_PREFIX: Final = "mirror_"
"""How the mirror's tables name what is theirs, beside the attributes."""
_RESERVED_ENDINGS: Final = ("Connection", "Edge", "Filter", "Order", "Input")
"""How the API names the types that it makes itself around a record."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One type of the catalog: its name, description and attributes, and the type whose fields it repeats, if any."""

    name: str
    type: type
    doc: str
    attributes: tuple[Attribute, ...]
    extends: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Catalog:
    """All records by name, the call's own first, the objects in which a team's spellings are tried, and aliases.

    ``aliases``: customer keys → the key that this person goes by. ``secret_keys``: keys of documents under which a team
    keeps secrets, beside those that are known for it (`gateway.domain.redaction`). ``success`` is what evaluations
    mean, ``metrics`` are what a team measures.
    """

    records: Mapping[str, Record]
    places: tuple[Path, ...]
    aliases: Mapping[str, str] = dataclasses.field(default_factory=dict)
    secret_keys: frozenset[str] = frozenset()
    success: Success = _SUCCESS
    metrics: tuple[Metric, ...] = ()

    @property
    def call(self) -> Record:
        """The call itself."""
        return self.records[Call.__name__]

    @property
    def customer(self) -> Record:
        """What a call says of its customer."""
        return self.records[CallCustomer.__name__]

    @property
    def customers(self) -> Record:
        """The customer across calls."""
        return self.records[Customer.__name__]

    def columns(self) -> Iterator[Attribute]:
        """Everything that has one value per call, groups resolved: the attributes that have a flat name."""
        return _columns(self.records, self.call)

    def mirrored(self) -> Iterator[Attribute]:
        """What a row of the mirror's table of calls carries: what can be used for something, and is narrow."""
        return (a for a in self.columns() if a.use and a.kind is not Kind.JSON and not a.heavy)

    def mirrored_customer(self) -> Iterator[Attribute]:
        """What a row of the mirror's table of customers carries, the key and the figures included."""
        return (a for a in self.customers.attributes if a.use and a.exposed and a.kind is not Kind.JSON)


def _columns(records: Mapping[str, Record], record: Record) -> Iterator[Attribute]:
    for attribute in record.attributes:
        if attribute.kind is Kind.GROUP and attribute.record is not None:
            yield from _columns(records, records[attribute.record.__name__])
        elif attribute.kind is not Kind.LIST and attribute.exposed:
            yield attribute


def build(
    configured: Mapping[str, Sequence[Configured]] | None = None,
    places: Places | None = None,
    *,
    secret_keys: Iterable[str] = (),
    success: Success | None = None,
) -> Catalog:
    """The catalog of the built-in declarations and a team's own, which stand under “call” and “customer”.

    Raises:
        SettingsInvalid: a declaration cannot be used; the message says which and why, ``at`` where it stands.
    """
    own, places = configured or {}, places or Places()
    records: dict[str, Record] = {}
    _collect(Call, Parent(place=None, prefix="", sensitivity=Sensitivity.PUBLIC), records)
    _collect(
        PresignedUrls, Parent(place=parse("artifact"), prefix="artifact", sensitivity=Sensitivity.RECORDING), records
    )
    _extend(records, Call.__name__, own.get("call", ()), prefix="", sensitivity=Sensitivity.PUBLIC)
    _extend(
        records, CallCustomer.__name__, own.get("customer", ()), prefix="customer", sensitivity=Sensitivity.PERSONAL
    )
    means = success or Success()
    records[Analysis.__name__] = _meaning(records[Analysis.__name__], means)
    records[CallCustomer.__name__] = _respelled(records[CallCustomer.__name__], places)
    records[Customer.__name__] = _across_calls(records[CallCustomer.__name__])
    read_only, canonical = types.MappingProxyType(records), aliases.canonical(places.alias)
    return Catalog(read_only, _places(places), canonical, frozenset(secret_keys), means)


def _collect(record: type, parent: Parent, into: dict[str, Record]) -> None:
    """Add a record, and all that its attributes lead to."""
    if record.__name__ in into:
        return
    attributes = declared(record, parent)
    base = record.__mro__[1]
    into[record.__name__] = Record(
        name=record.__name__,
        type=record,
        doc=inspect.cleandoc(record.__doc__ or ""),
        attributes=attributes,
        extends=base.__name__ if base is not object else None,
    )
    for attribute in attributes:
        for reached in _reached(attribute):
            _collect(reached, _as_parent(attribute), into)


def _as_parent(attribute: Attribute) -> Parent:
    """What the records that an attribute leads to take over from it; an element of a list is a document of its own."""
    if attribute.kind is Kind.GROUP:
        return Parent(place=attribute.paths[0], prefix=attribute.flat, sensitivity=attribute.sensitivity)
    return Parent(place=None, prefix="", sensitivity=attribute.sensitivity)


def _reached(attribute: Attribute) -> Iterator[type]:
    if attribute.record is not None:
        yield attribute.record
    if attribute.variants is not None:
        yield from dict.fromkeys((*attribute.variants.shapes.values(), attribute.variants.other))


def _extend(
    records: dict[str, Record], name: str, own: Sequence[Configured], *, prefix: str, sensitivity: Sensitivity
) -> None:
    """Add a team's own attributes to a record."""
    for declaration in own:
        attribute = attribute_of(declaration, of=name, prefix=prefix, sensitivity=sensitivity)
        _check_field(declaration, attribute, records[name])
        _check_type(declaration, attribute, records)
        _check_flat_name(declaration, attribute, records)
        record = records[name]
        records[name] = dataclasses.replace(record, attributes=(*record.attributes, attribute))


def _across_calls(stated: Record) -> Record:
    """The record of the customer across calls: whatever a call can state of one, and the figures."""
    of = Parent(place=None, prefix="customer", sensitivity=Sensitivity.PERSONAL)
    own = {a.name for a in stated.attributes}
    figures = (a for a in declared(Customer, of) if a.name not in own)
    doc = inspect.cleandoc(Customer.__doc__ or "")
    return Record(
        name=Customer.__name__,
        type=Customer,
        doc=doc,
        attributes=(*(a for a in stated.attributes if a.use and _is_of_customer(a)), *figures),
        extends=stated.name,
    )


def _is_of_customer(attribute: Attribute) -> bool:
    """Whether an attribute says something of the customer: all do but what is made of one call, the key aside."""
    return not attribute.computed or attribute.kind is Kind.ID


def _check_field(declaration: Configured, attribute: Attribute, record: Record) -> None:
    taken = {*_RESERVED[record.name], *(name for known in record.attributes for name in _fields(known))}
    clash = sorted(taken & set(_fields(attribute)))
    if clash:
        refuse(declaration, "name", f"“{clash[0]}” is a field of {record.name} already, or reserved for one")


def _fields(attribute: Attribute) -> tuple[str, ...]:
    """The GraphQL fields that an attribute makes: a closed set has its raw text beside it."""
    return (attribute.name, f"{attribute.name}Raw") if attribute.kind is Kind.ENUM else (attribute.name,)


def _check_type(declaration: Configured, attribute: Attribute, records: Mapping[str, Record]) -> None:
    if attribute.values is None:
        return
    name = attribute.values.__name__
    sets = {known.values.__name__ for record in records.values() for known in record.attributes if known.values}
    if name in records or name in sets or name.endswith(_RESERVED_ENDINGS):
        refuse(declaration, "name", f"its values would be the type “{name}”, and there is one of that name already")


def _check_flat_name(declaration: Configured, attribute: Attribute, records: Mapping[str, Record]) -> None:
    taken = {known.flat for known in _columns(records, records[Call.__name__])}
    if attribute.flat in taken:
        what = "flat" if declaration.flat else "name"
        refuse(declaration, what, f"the flat name “{attribute.flat}” is taken; state another as “flat”")
    if attribute.flat.startswith(_RESERVED_PREFIX):
        refuse(declaration, "name", f"flat names that begin with “{_RESERVED_PREFIX}” are the mirror's own")


def _meaning(record: Record, success: Success) -> Record:
    """The record of the analysis with what an evaluation means."""
    if success.ambiguous:
        message = f"“{success.ambiguous[0]}” cannot mean success and failure"
        raise SettingsInvalid(message, ("call", "success"))
    attributes = (
        dataclasses.replace(a, derive=reader(success)) if a.python == "success" else a for a in record.attributes
    )
    return dataclasses.replace(record, attributes=tuple(attributes))


def _respelled(record: Record, places: Places) -> Record:
    """The customer's record with the spellings that the settings give instead of the declared ones."""
    unknown = sorted(set(places.keys) - {a.name for a in record.attributes if not a.computed})
    if unknown:
        message = f"the customer has no attribute “{unknown[0]}”"
        raise SettingsInvalid(message, ("customer", "keys", unknown[0]))
    attributes = (
        dataclasses.replace(a, keys=_parsed(places.keys[a.name], "keys", a.name)) if a.name in places.keys else a
        for a in record.attributes
    )
    return dataclasses.replace(record, attributes=tuple(attributes))


def _places(places: Places) -> tuple[Path, ...]:
    return _parsed(places.metadata, "metadata") + _parsed(places.variables, "variables")


def _parsed(texts: Sequence[str], *at: str) -> tuple[Path, ...]:
    try:
        return tuple(map(parse, texts))
    except PathInvalid as error:
        raise SettingsInvalid(f"customer: {error}", ("customer", *at)) from error
