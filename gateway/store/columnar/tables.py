"""Tables of the columnar copy: what a call's row in the mirror says of its attributes, in every version still told.

A version of a call is there for the states from ``copy_born`` on and before ``copy_until`` (null: it is the one that
there is). A *state* is the number of the last change that was in the copy when somebody could ask it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import BigInteger, Column, ColumnElement, MetaData, Table, and_, or_

from gateway.domain.attributes import Attribute, Kind
from gateway.domain.catalog import Catalog
from gateway.store.types import OF_KIND

BORN: Final = "copy_born"
UNTIL: Final = "copy_until"
CHANGE: Final = "mirror_change"

_TYPES: Final[Mapping[Kind, str]] = {
    Kind.ID: "VARCHAR",
    Kind.STRING: "VARCHAR",
    Kind.ENUM: "VARCHAR",
    Kind.INT: "BIGINT",
    Kind.FLOAT: "DOUBLE",
    Kind.BOOLEAN: "BOOLEAN",
    Kind.DATETIME: "TIMESTAMPTZ",
    Kind.STRINGS: "VARCHAR[]",
}


def copied(catalog: Catalog) -> tuple[Attribute, ...]:
    """The attributes of a call that are copied: those with a column in the mirror."""
    return tuple(catalog.mirrored())


def calls(attributes: Sequence[Attribute]) -> Table:
    """The table of calls."""
    return Table(
        "calls",
        MetaData(),
        *(Column(attribute.flat, OF_KIND[attribute.kind]) for attribute in attributes),
        *(Column(name, BigInteger) for name in (CHANGE, BORN, UNTIL)),
    )


def made(attributes: Sequence[Attribute]) -> str:
    """The statement that makes the table of calls."""
    columns = [f'"{attribute.flat}" {_TYPES[attribute.kind]}' for attribute in attributes]
    columns += [f"{name} BIGINT" for name in (CHANGE, BORN, UNTIL)]
    return f"CREATE TABLE calls ({', '.join(columns)})"


def there_at(state: int, table: Table) -> ColumnElement[bool]:
    """What holds for the versions that there were at a state."""
    column: Any = table.c
    return and_(column[BORN] <= state, or_(column[UNTIL].is_(None), column[UNTIL] > state))
