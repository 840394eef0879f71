"""Edm: which of OData's types the values of each kind have."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from typing import Final

from gateway.domain.attributes import Attribute, Kind
from gateway.errors import BadUserInput


class Edm(enum.Enum):
    """A primitive type of the Entity Data Model; the value is its name in OData."""

    STRING = "Edm.String"
    INT64 = "Edm.Int64"
    DOUBLE = "Edm.Double"
    BOOLEAN = "Edm.Boolean"
    DATETIME_OFFSET = "Edm.DateTimeOffset"


PRECISION: Final = 6
"""Digits of a second's fraction that a moment has."""

_TYPES: Final[Mapping[Kind, Edm]] = {
    Kind.ID: Edm.STRING,
    Kind.STRING: Edm.STRING,
    Kind.ENUM: Edm.STRING,  # Vapi's own text, as in every table
    Kind.JSON: Edm.STRING,
    Kind.STRINGS: Edm.STRING,
    Kind.INT: Edm.INT64,
    Kind.FLOAT: Edm.DOUBLE,
    Kind.BOOLEAN: Edm.BOOLEAN,
    Kind.DATETIME: Edm.DATETIME_OFFSET,
}


def type_of(column: Attribute) -> Edm:
    """The type of a column's values."""
    return _TYPES[column.kind]


def is_list(column: Attribute) -> bool:
    """Whether its texts are lists in JSON, since entity sets are flat: they are shown, and else told from null only."""
    return column.kind is Kind.STRINGS


def column_of(columns: Mapping[str, Attribute], name: str, option: str) -> Attribute:
    """The column of this name, which a query option states.

    Raises:
        BadUserInput: there is none; the message lists those that there are.
    """
    try:
        return columns[name]
    except KeyError:
        raise BadUserInput(option, name, f"the columns are {listed(columns)}") from None


def listed(names: Iterable[str]) -> str:
    """Names as a message shows them."""
    return ", ".join(names)
