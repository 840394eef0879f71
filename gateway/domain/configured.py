"""Configured attributes: what a team declares in its settings, checked and made an `Attribute` like any other."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NoReturn

from gateway.domain.attributes import Attribute, Kind, Sensitivity, Use, snake
from gateway.domain.enums import ClosedSet
from gateway.domain.paths import Path, PathInvalid, parse
from gateway.errors import SettingsInvalid

_NAME: Final = re.compile(r"[a-z][A-Za-z0-9]{0,62}")
_FLAT: Final = re.compile(r"[a-z][a-z0-9_]{0,62}")
_ENUM_NAME: Final = re.compile(r"[^A-Za-z0-9]+")
_LONGEST: Final = 57
"""PostgreSQL cuts names off behind 63 bytes, and an index is named “calls_” and the flat name."""
_NUMBERS: Final = (Kind.INT, Kind.FLOAT)

CONFIGURABLE: Final[Mapping[str, Kind]] = {
    kind.value: kind
    for kind in (Kind.STRING, Kind.INT, Kind.FLOAT, Kind.BOOLEAN, Kind.DATETIME, Kind.ENUM, Kind.STRINGS)
}
"""The types that an attribute declared in the settings can have, by the name it gives them."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Configured:
    """An attribute as a team declares it in its settings, in the same terms as a built-in one.

    ``paths`` lead from the top of the call; ``keys`` (of a customer only) are spellings to be tried in every place
    where metadata is seen. ``at`` is where the declaration stands in the settings file, for error messages.
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


def attribute_of(of_team: Configured, *, of: str, prefix: str, sensitivity: Sensitivity) -> Attribute:
    """The attribute that a declaration makes of the record ``of``; ``sensitivity`` is what it has unless it says so.

    Raises:
        SettingsInvalid: the declaration cannot be used; ``at`` leads to the key that is wrong.
    """
    kind = _kind(of_team, top=not prefix)
    snaked = snake(of_team.name)
    return Attribute(
        python=snaked,
        name=of_team.name,
        kind=kind,
        doc=of_team.description.strip(),
        paths=_paths(of_team, of_team.paths, "paths"),
        keys=_paths(of_team, _spellings(of_team), "keys"),
        flat=_flat(of_team, f"{prefix}_{snaked}" if prefix else snaked),
        unit=of_team.unit,
        sensitivity=_sensitivity(of_team, sensitivity),
        use=_use(of_team, kind),
        values=_closed_set(of_team, of) if kind is Kind.ENUM else None,
        configured=True,
    )


def _kind(of_team: Configured, *, top: bool) -> Kind:
    """The declared type, once the rest of the declaration is one; ``top`` is whether it is an attribute of the call."""
    if not _NAME.fullmatch(of_team.name):
        refuse(of_team, "name", f"“{of_team.name}” is no camelCase name of letters and digits")
    if of_team.type not in CONFIGURABLE:
        refuse(of_team, "type", f"“{of_team.type}” is none of {', '.join(CONFIGURABLE)}")
    if not of_team.description.strip():
        refuse(of_team, "description", "every field needs one")
    if top and (of_team.keys or not of_team.paths):
        refuse(of_team, "keys" if of_team.keys else "paths", "an attribute of the call needs paths, and has no keys")
    if of_team.flat is not None and not _FLAT.fullmatch(of_team.flat):
        refuse(of_team, "flat", f"“{of_team.flat}” is no snake_case name of small letters and digits")
    kind = CONFIGURABLE[of_team.type]
    if of_team.values and kind is not Kind.ENUM:
        refuse(of_team, "values", f"only an enum has values, and the type is {of_team.type}")
    return kind


def _flat(of_team: Configured, usual: str) -> str:
    flat = of_team.flat or usual
    if len(flat) > _LONGEST:
        refuse(of_team, "flat", f"the flat name “{flat}” has more than {_LONGEST} letters; state a shorter one")
    return flat


def _spellings(of_team: Configured) -> Sequence[str]:
    """The keys as stated; its own name, in both cases, where neither keys nor paths are."""
    if of_team.keys or of_team.paths:
        return of_team.keys
    return tuple(dict.fromkeys((of_team.name, snake(of_team.name))))


def _paths(of_team: Configured, texts: Sequence[str], what: str) -> tuple[Path, ...]:
    try:
        return tuple(map(parse, texts))
    except PathInvalid as error:
        refuse(of_team, what, str(error))


def _sensitivity(of_team: Configured, default: Sensitivity) -> Sensitivity:
    if of_team.sensitivity is None:
        return default
    try:
        return Sensitivity(of_team.sensitivity)
    except ValueError:
        known = ", ".join(level.value for level in Sensitivity)
        refuse(of_team, "sensitivity", f"“{of_team.sensitivity}” is none of {known}")


def _use(of_team: Configured, kind: Kind) -> Use:
    known = {use.name.lower(): use for use in Use if use.name}
    use = Use.NONE
    for name in of_team.use:
        if name not in known:
            refuse(of_team, "use", f"“{name}” is none of {', '.join(known)}")
        use |= known[name]
    if Use.MEASURE in use and kind not in _NUMBERS:
        refuse(of_team, "use", f"only a number can be measured, and the type is {of_team.type}")
    return use


def _closed_set(of_team: Configured, of: str) -> type[ClosedSet]:
    """The closed set of a team's values; its name is the record's and the attribute's together."""
    members: dict[str, tuple[str, str]] = {}
    for text in of_team.values:
        name = _member_name(text)
        if name in (*members, "UNKNOWN", "_", "TRUE", "FALSE", "NULL"):
            refuse(of_team, "values", f"“{text}” would be the enum value {name}, which is taken or reserved")
        members[name] = (text, f"“{text}”, as the call states it.")
    if not members:
        refuse(of_team, "values", "an enum needs at least one")
    members["UNKNOWN"] = ("unknown", f"A text outside the set; `{of_team.name}Raw` has it.")
    return _enum(f"{of}{of_team.name[0].upper()}{of_team.name[1:]}", members, of_team.description.strip())


def _member_name(text: str) -> str:
    """A text as GraphQL can name it: ``premium-plus`` and ``premiumPlus`` are PREMIUM_PLUS, ``2nd`` is _2ND."""
    name = _ENUM_NAME.sub("_", snake(text) if _NAME.fullmatch(text) else text).strip("_").upper()
    return name if name and not name[0].isdigit() else f"_{name}"


def _enum(name: str, members: Mapping[str, Any], doc: str) -> type[ClosedSet]:
    make: Any = ClosedSet  # typed as anything: the functional API of enum is not known to the type checker
    made = make(name, list(members.items()))
    made.__doc__ = doc
    closed: type[ClosedSet] = made
    return closed


def refuse(of_team: Configured, what: str, why: str) -> NoReturn:
    """Say what is wrong with which part of a declaration, and where that stands."""
    raise SettingsInvalid(f"attribute “{of_team.name}”: {what}: {why}", (*of_team.at, what))
