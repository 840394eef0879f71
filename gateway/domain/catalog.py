"""The catalog: every attribute of a call and its customer, built-in and configured, in one immutable value.

It is built once from the declarations and handed to whoever needs it. Two catalogs with different settings live side by
side in one process.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NoReturn

from gateway.domain.artifact import PresignedUrls
from gateway.domain.attributes import Attribute, Kind, Sensitivity, Use, declared, snake
from gateway.domain.call import Call
from gateway.domain.customer import CallCustomer, Places
from gateway.domain.enums import ClosedSet
from gateway.domain.paths import Path, PathInvalid, parse
from gateway.errors import SettingsInvalid

_NAME: Final = re.compile(r"[a-z][A-Za-z0-9]{0,62}")
_ENUM_NAME: Final = re.compile(r"[^A-Za-z0-9]+")
_RESERVED: Final = {
    "Call": ("freshness", "node", "configured"),
    "CallCustomer": ("key", "provenance", "configured", "profile"),
}

CONFIGURABLE: Final[Mapping[str, Kind]] = {
    kind.value: kind
    for kind in (Kind.STRING, Kind.INT, Kind.FLOAT, Kind.BOOLEAN, Kind.DATETIME, Kind.ENUM, Kind.STRINGS)
}
"""The types that an attribute declared in the settings can have, by the name it gives them."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Configured:
    """An attribute as a team declares it in its settings, in the same terms as a built-in one.

    ``paths`` lead from the top of the call; ``keys`` (of a customer only) are spellings to be tried in every place where
    metadata is seen. ``at`` is where the declaration stands in the settings file, for error messages.
    """

    name: str
    type: str
    description: str
    paths: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    unit: str | None = None
    sensitivity: str | None = None
    flat: str | None = None
    use: tuple[str, ...] = ("filter", "sort", "group", "export")
    at: tuple[str | int, ...] = ()


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
    """All records by name, the call's own first, and the objects in which a team's spellings are tried."""

    records: Mapping[str, Record]
    places: tuple[Path, ...]

    @property
    def call(self) -> Record:
        """The call itself."""
        return self.records[Call.__name__]

    @property
    def customer(self) -> Record:
        """What a call says of its customer."""
        return self.records[CallCustomer.__name__]

    def columns(self) -> Iterator[Attribute]:
        """Everything that has one value per call, groups resolved: the attributes that have a flat name."""
        yield from self._columns(self.call)

    def _columns(self, record: Record) -> Iterator[Attribute]:
        for attribute in record.attributes:
            if attribute.kind is Kind.GROUP and attribute.record is not None:
                yield from self._columns(self.records[attribute.record.__name__])
            elif attribute.kind is not Kind.LIST and attribute.exposed:
                yield attribute


def build(configured: Mapping[str, Sequence[Configured]] | None = None, places: Places | None = None) -> Catalog:
    """The catalog of the built-in declarations and a team's own, which stand under “call” and “customer”.

    Raises:
        SettingsInvalid: a declaration cannot be used; the message says which and why.
    """
    own = configured or {}
    records: dict[str, Record] = {}
    _collect(Call, "", Sensitivity.PUBLIC, records)
    _collect(PresignedUrls, "artifact", Sensitivity.CONTENT, records)
    _extend(records, Call.__name__, own.get("call", ()), prefix="", sensitivity=Sensitivity.PUBLIC)
    _extend(
        records, CallCustomer.__name__, own.get("customer", ()), prefix="customer", sensitivity=Sensitivity.PERSONAL
    )
    places = places or Places()
    records[CallCustomer.__name__] = _respelled(records[CallCustomer.__name__], places)
    catalog = Catalog(records, _parsed((*places.metadata, *places.variables)))
    _check_flat_names(catalog, own)
    return catalog


def _collect(record: type, prefix: str, sensitivity: Sensitivity, into: dict[str, Record]) -> None:
    """Add a record, and all that its attributes lead to."""
    if record.__name__ in into:
        return
    attributes = declared(record, prefix=prefix, sensitivity=sensitivity)
    parent = record.__mro__[1]
    into[record.__name__] = Record(
        name=record.__name__,
        type=record,
        doc=inspect.cleandoc(record.__doc__ or ""),
        attributes=attributes,
        extends=parent.__name__ if parent is not object else None,
    )
    for attribute in attributes:
        below = attribute.flat if attribute.kind is Kind.GROUP else ""
        for reached in _reached(attribute):
            _collect(reached, below, attribute.sensitivity, into)


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
        record = records[name]
        taken = {seen for attribute in record.attributes for seen in _names(attribute)} | set(_RESERVED[name])
        attribute = _configured(declaration, of=name, prefix=prefix, sensitivity=sensitivity)
        clash = taken & set(_names(attribute))
        if clash:
            _refuse(declaration, "name", f"{name} has a field “{clash.pop()}” already")
        if attribute.values is not None and attribute.values.__name__ in records:
            _refuse(declaration, "name", f"there is a type “{attribute.values.__name__}” already")
        records[name] = dataclasses.replace(record, attributes=(*record.attributes, attribute))


def _names(attribute: Attribute) -> tuple[str, ...]:
    """The GraphQL fields that an attribute makes: a closed set has its raw text beside it."""
    return (attribute.name, f"{attribute.name}Raw") if attribute.kind is Kind.ENUM else (attribute.name,)


def _configured(of_team: Configured, *, of: str, prefix: str, sensitivity: Sensitivity) -> Attribute:
    if not _NAME.fullmatch(of_team.name):
        _refuse(of_team, "name", f"“{of_team.name}” is no camelCase name of letters and digits")
    if of_team.type not in CONFIGURABLE:
        _refuse(of_team, "type", f"“{of_team.type}” is none of {', '.join(CONFIGURABLE)}")
    if not of_team.description.strip():
        _refuse(of_team, "description", "every field needs one")
    if prefix == "" and (of_team.keys or not of_team.paths):
        _refuse(of_team, "paths", "an attribute of the call needs paths, and has no keys")
    kind = CONFIGURABLE[of_team.type]
    keys = of_team.keys or (() if of_team.paths else tuple(dict.fromkeys((of_team.name, snake(of_team.name)))))
    snaked = snake(of_team.name)
    return Attribute(
        python=snaked,
        name=of_team.name,
        kind=kind,
        doc=of_team.description.strip(),
        paths=_paths(of_team, of_team.paths, "paths"),
        keys=_paths(of_team, keys, "keys"),
        flat=of_team.flat or (f"{prefix}_{snaked}" if prefix else snaked),
        unit=of_team.unit,
        sensitivity=_sensitivity(of_team, sensitivity),
        use=_use(of_team),
        values=_closed_set(of_team, of) if kind is Kind.ENUM else None,
        configured=True,
    )


def _paths(of_team: Configured, texts: Sequence[str], what: str) -> tuple[Path, ...]:
    try:
        return tuple(map(parse, texts))
    except PathInvalid as error:
        _refuse(of_team, what, str(error))


def _sensitivity(of_team: Configured, default: Sensitivity) -> Sensitivity:
    if of_team.sensitivity is None:
        return default
    try:
        return Sensitivity(of_team.sensitivity)
    except ValueError:
        known = ", ".join(level.value for level in Sensitivity)
        _refuse(of_team, "sensitivity", f"“{of_team.sensitivity}” is none of {known}")


def _use(of_team: Configured) -> Use:
    known = {use.name.lower(): use for use in Use if use.name}
    use = Use.NONE
    for name in of_team.use:
        if name not in known:
            _refuse(of_team, "use", f"“{name}” is none of {', '.join(known)}")
        use |= known[name]
    return use


def _closed_set(of_team: Configured, of: str) -> type[ClosedSet]:
    """The closed set of a team's values; its name is the record's and the attribute's together."""
    members: dict[str, tuple[str, str]] = {}
    for text in of_team.values:
        name = _ENUM_NAME.sub("_", snake(text) if _NAME.fullmatch(text) else text).strip("_").upper()
        if not name or name[0].isdigit():
            name = f"_{name}"
        if name in (*members, "UNKNOWN", "_", "TRUE", "FALSE", "NULL"):
            _refuse(of_team, "values", f"“{text}” would be the enum value {name}, which is taken or reserved")
        members[name] = (text, f"“{text}”, as the call states it.")
    if not members:
        _refuse(of_team, "values", "an enum needs at least one")
    raw = f"{of_team.name}Raw"
    members["UNKNOWN"] = ("unknown", f"A text outside the set; `{raw}` has it.")
    return _enum(f"{of}{of_team.name[0].upper()}{of_team.name[1:]}", members, of_team.description.strip())


def _enum(name: str, members: Mapping[str, Any], doc: str) -> type[ClosedSet]:
    make: Any = ClosedSet  # typed as anything: the functional API of enum is not known to the type checker
    made = make(name, list(members.items()))
    made.__doc__ = doc
    closed: type[ClosedSet] = made
    return closed


def _respelled(record: Record, places: Places) -> Record:
    """The customer's record with the spellings that the settings give instead of the declared ones."""
    unknown = set(places.keys) - {attribute.name for attribute in record.attributes}
    if unknown:
        name = unknown.pop()
        raise SettingsInvalid(f"the customer has no attribute “{name}”", ("customer", "keys", name))
    attributes = (
        dataclasses.replace(a, keys=_parsed(places.keys[a.name])) if a.name in places.keys else a
        for a in record.attributes
    )
    return dataclasses.replace(record, attributes=tuple(attributes))


def _parsed(texts: Sequence[str]) -> tuple[Path, ...]:
    try:
        return tuple(map(parse, texts))
    except PathInvalid as error:
        raise SettingsInvalid(f"customer: {error}", ("customer",)) from error


def _check_flat_names(catalog: Catalog, own: Mapping[str, Sequence[Configured]]) -> None:
    seen: dict[str, Attribute] = {}
    for attribute in catalog.columns():
        if attribute.flat in seen or attribute.flat == "customer_key":
            message = f"the flat name “{attribute.flat}” is taken; state another as “flat”"
            _refuse(_declaration(attribute, seen.get(attribute.flat), own), "name", message)
        seen[attribute.flat] = attribute


def _declaration(
    attribute: Attribute, other: Attribute | None, own: Mapping[str, Sequence[Configured]]
) -> Configured:
    """The team's declaration of whichever of two attributes is the team's."""
    name = attribute.name if attribute.configured or other is None else other.name
    return next(c for declarations in own.values() for c in declarations if c.name == name)


def _refuse(of_team: Configured, what: str, why: str) -> NoReturn:
    raise SettingsInvalid(f"attribute “{of_team.name}”: {what}: {why}", (*of_team.at, what))
