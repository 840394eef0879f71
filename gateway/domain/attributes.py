"""How a field is declared, once.

A field of a call or of its customer is one ``attribute(...)`` on a frozen dataclass. The decoder, the GraphQL field,
the filter input, the column and the documentation all follow from that line, by way of the
`gateway.domain.catalog.Catalog`.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import types
import typing
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, TypeAlias

from gateway.domain.enums import ClosedSet
from gateway.domain.paths import Path, parse

Document: TypeAlias = Mapping[str, Any]
Json: TypeAlias = Any
"""Any JSON value, as it is."""


class Sensitivity(enum.Enum):
    """Who may see an attribute; the policy of whoever asks decides by it."""

    PUBLIC = "public"
    PERSONAL = "personal"
    CONTENT = "content"
    RECORDING = "recording"
    DOCUMENT = "document"
    SECRET = "secret"  # noqa: S105  # the name of a level, no secret


class Use(enum.Flag):
    """What an attribute can be used for, beyond being selected."""

    NONE = 0
    FILTER = enum.auto()
    SORT = enum.auto()
    GROUP = enum.auto()
    MEASURE = enum.auto()
    EXPORT = enum.auto()
    INDEX = enum.auto()


class Kind(enum.Enum):
    """The type of an attribute's value; for scalars, the name that GraphQL and the settings give it."""

    ID = "ID"
    STRING = "String"
    INT = "Int"
    FLOAT = "Float"
    BOOLEAN = "Boolean"
    DATETIME = "DateTime"
    ENUM = "enum"
    STRINGS = "[String]"
    JSON = "JSON"
    GROUP = "group"
    """A record read from the same document: the call's artifact, its cost breakdown."""
    LIST = "list"
    """Records, one for each element that stands at the attribute's path."""


Id: TypeAlias = Annotated[str, Kind.ID]
"""What a record is known by: opaque, and always there."""


@dataclasses.dataclass(frozen=True, slots=True)
class Variants:
    """Records of several shapes in one list, told apart by the text under ``tag``."""

    tag: str
    shapes: Mapping[str, type]
    other: type


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """One declared field, complete: what a layer needs to know to carry it.

    ``python`` is the record's slot, ``name`` the GraphQL field (Vapi's own name where it has one), ``flat`` the one
    name in tables and exports. ``paths`` are tried first, then ``keys`` (spellings) in every place where metadata is
    seen, then the ``fallback`` paths, then ``derive``.
    """

    python: str
    name: str
    kind: Kind
    doc: str
    paths: tuple[Path, ...] = ()
    keys: tuple[Path, ...] = ()
    fallback: tuple[Path, ...] = ()
    derive: Callable[[Document], Any] | None = None
    flat: str = ""
    unit: str | None = None
    sensitivity: Sensitivity = Sensitivity.PUBLIC
    use: Use = Use.NONE
    values: type[ClosedSet] | None = None
    record: type | None = None
    variants: Variants | None = None
    keyed: bool = False
    internal: bool = False
    computed: bool = False
    heavy: bool = False
    configured: bool = False

    @property
    def exposed(self) -> bool:
        """Whether it is shown at all: not what the gateway needs for itself, and no secret."""
        return not self.internal and self.sensitivity is not Sensitivity.SECRET

    @property
    def description(self) -> str:
        """What it is, for every reader, with its unit."""
        return f"{self.doc.rstrip('.')}. In {self.unit}." if self.unit else self.doc

    def of(self, record: Any) -> Any:
        """The attribute's value in a record."""
        return record.configured.get(self.name) if self.configured else getattr(record, self.python)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Declaration:
    paths: tuple[str, ...]
    keys: tuple[str, ...]
    fallback: tuple[str, ...]
    doc: str
    name: str | None
    flat: str | None
    unit: str | None
    sensitivity: Sensitivity | None
    use: Use
    derive: Callable[[Document], Any] | None
    values: type[ClosedSet] | None
    variants: Variants | None
    keyed: bool
    internal: bool
    computed: bool
    heavy: bool


_DECLARED: Final = "gateway.attribute"

_SCALARS: Final[Mapping[Any, Kind]] = {
    str: Kind.STRING,
    int: Kind.INT,
    float: Kind.FLOAT,
    bool: Kind.BOOLEAN,
    dt.datetime: Kind.DATETIME,
    Any: Kind.JSON,
}


def attribute(
    *paths: str,
    doc: str,
    keys: tuple[str, ...] = (),
    fallback: tuple[str, ...] = (),
    name: str | None = None,
    flat: str | None = None,
    unit: str | None = None,
    sensitivity: Sensitivity | None = None,
    use: Use = Use.NONE,
    derive: Callable[[Document], Any] | None = None,
    values: type[ClosedSet] | None = None,
    variants: Variants | None = None,
    keyed: bool = False,
    internal: bool = False,
    computed: bool = False,
    heavy: bool = False,
    default: Any = None,
) -> Any:
    """Declare a field of a record.

    Args:
        paths: where upstream says it, from the place of the record on, in order of trust; the first that says something
            readable wins. Left out, it is the attribute's own name. For a group, the place of its record.
        doc: what it is, for every reader of the schema, the tables and the documentation.
        keys: spellings that are tried in every object where a team puts its metadata (customers only).
        fallback: where upstream says it as well, from the top of the document on; tried last.
        name: the GraphQL name, where it is not the slot's name in camelCase.
        flat: the name in tables and exports, where it is not parent + name in snake_case.
        unit: of a number; money is USD.
        sensitivity: the parent's, unless said otherwise.
        use: what else can be done with it.
        derive: a pure function of the document, tried where no path says anything.
        values: the closed set that a text belongs to.
        variants: the shapes that the elements of a list can have.
        keyed: the list is a map upstream; each key becomes its element's ``id``.
        internal: the gateway needs it itself and shows it nowhere.
        computed: the decoder makes it from the others; no path leads to it.
        heavy: a long text, which no table row carries: it is read with the whole document.
        default: what an undeclared value is.
    """
    declaration = _Declaration(
        paths=paths,
        keys=keys,
        fallback=fallback,
        doc=doc,
        name=name,
        flat=flat,
        unit=unit,
        sensitivity=sensitivity,
        use=use,
        derive=derive,
        values=values,
        variants=variants,
        keyed=keyed,
        internal=internal,
        computed=computed,
        heavy=heavy,
    )
    return dataclasses.field(default=default, metadata={_DECLARED: declaration})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """What the attributes of a record take over; ``place`` is where it is read from, None the top of the document."""

    place: Path | None
    prefix: str
    sensitivity: Sensitivity


def declared(record: type, parent: Parent) -> tuple[Attribute, ...]:
    """The attributes that a dataclass declares, with what they take over from their parent."""
    hints = typing.get_type_hints(record, include_extras=True)
    return tuple(
        _complete(field.name, hints[field.name], field.metadata[_DECLARED], parent)
        for field in dataclasses.fields(record)
        if _DECLARED in field.metadata
    )


def _complete(python: str, hint: Any, of: _Declaration, parent: Parent) -> Attribute:
    kind, record = _kind(hint, of)
    paths, fallback = _paths(of, of.name or camel(python), parent.place), tuple(map(parse, of.fallback))
    return Attribute(
        python=python,
        name=of.name or camel(python),
        kind=kind,
        doc=of.doc,
        paths=paths if of.keys else (*paths, *fallback),
        keys=tuple(map(parse, of.keys)),
        fallback=fallback if of.keys else (),
        derive=of.derive,
        flat=of.flat or (f"{parent.prefix}_{python}" if parent.prefix else python),
        unit=of.unit,
        sensitivity=of.sensitivity or parent.sensitivity,
        use=of.use,
        values=of.values,
        record=record,
        variants=of.variants,
        keyed=of.keyed,
        internal=of.internal,
        computed=of.computed,
        heavy=of.heavy,
    )


def _paths(of: _Declaration, name: str, place: Path | None) -> tuple[Path, ...]:
    """An attribute's own paths from the top: those stated, else the one that its name is."""
    stated = of.paths or (() if of.derive is not None or of.computed else (name,))
    return tuple(place / parse(path) if place is not None else parse(path) for path in stated)


def _kind(hint: Any, of: _Declaration) -> tuple[Kind, type | None]:
    """The kind that an annotation states, and the record it leads to."""
    hint = _without_none(hint)
    if typing.get_origin(hint) is Annotated:
        return hint.__metadata__[0], None
    if typing.get_origin(hint) is tuple:
        element = typing.get_args(hint)[0]
        return (Kind.STRINGS, None) if element is str else (Kind.LIST, element)
    if dataclasses.is_dataclass(hint):
        return Kind.GROUP, typing.cast("type", hint)
    if of.values is not None:
        return Kind.ENUM, None
    return _SCALARS[hint], None


def _without_none(hint: Any) -> Any:
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        return next(member for member in typing.get_args(hint) if member is not type(None))
    return hint


def camel(python: str) -> str:
    """``duration_seconds`` → ``durationSeconds``."""
    first, *rest = python.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in rest)


def snake(name: str) -> str:
    """``durationSeconds`` → ``duration_seconds``."""
    return "".join(
        f"_{letter.lower()}" if letter.isupper() and at else letter.lower() for at, letter in enumerate(name)
    )
