"""Tables of the columnar copy: what rows of the mirror say, in every version that can still be asked for.

A version is there for the states from ``copy_born`` on and before ``copy_until`` (null: it is the one that there is).
A *state* is the number of the last change that was in the copy when somebody could ask it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import BigInteger, Column, ColumnElement, MetaData, Table, and_, or_

from gateway.domain.attributes import Attribute, Kind
from gateway.domain.catalog import Catalog
from gateway.domain.tabular import CALL_CREATED_AT, CALL_ID, COSTS, flat_tables
from gateway.store.types import OF_KIND

BORN: Final = "copy_born"
UNTIL: Final = "copy_until"
CHANGE: Final = "mirror_change"
NUMBER: Final = "mirror_number"
"""What the mirror knows a call by; rows are found by it in a tenth of the time that finding them by a text takes."""
STATE: Final = "mirror_state"

TYPES: Final[Mapping[Kind, str]] = {
    Kind.ID: "VARCHAR",
    Kind.STRING: "VARCHAR",
    Kind.ENUM: "VARCHAR",
    Kind.INT: "BIGINT",
    Kind.FLOAT: "DOUBLE",
    Kind.BOOLEAN: "BOOLEAN",
    Kind.DATETIME: "TIMESTAMPTZ",
    Kind.STRINGS: "VARCHAR[]",
    Kind.JSON: "VARCHAR",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Copied:
    """A table of the mirror that is copied: the attributes with a column here, the id of a call first among them.

    ``read_from`` is where the mirror has them, ``places`` where it has those that are not columns of that name there.
    """

    name: str
    attributes: tuple[Attribute, ...]
    read_from: str
    places: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def place(self, flat: str) -> str:
        """Where the mirror has an attribute."""
        return self.places.get(flat, f'{self.name}."{flat}"')


@dataclasses.dataclass(frozen=True, slots=True)
class Copies:
    """The tables of a copy."""

    calls: Copied
    costs: Copied


def copies(catalog: Catalog) -> Copies:
    """What is copied of a mirror with this catalog."""
    attributes = sorted(catalog.mirrored(), key=lambda attribute: attribute.flat != "id")
    return Copies(
        calls=Copied("calls", tuple(attributes), "calls"),
        costs=Copied(
            "costs",
            tuple(flat_tables(catalog)[COSTS].columns.values()),
            "costs JOIN calls ON calls.mirror_number = costs.mirror_number",
            {CALL_ID: "calls.id", CALL_CREATED_AT: "calls.created_at"},
        ),
    )


def table(copied: Copied) -> Table:
    """A table of the copy, to be asked."""
    return Table(
        copied.name,
        MetaData(),
        *(Column(attribute.flat, OF_KIND[attribute.kind]) for attribute in copied.attributes),
        *(Column(name, BigInteger) for name in (NUMBER, CHANGE, BORN, UNTIL)),
    )


def made(copied: Copied) -> str:
    """The statement that makes it."""
    columns = [f'"{attribute.flat}" {TYPES[attribute.kind]}' for attribute in copied.attributes]
    columns += [f"{name} BIGINT" for name in (NUMBER, CHANGE, BORN, UNTIL)]
    return f"CREATE TABLE {copied.name} ({', '.join(columns)})"


def there_at(state: int, of: Table) -> ColumnElement[bool]:
    """What holds for the versions that there were at a state."""
    column: Any = of.c
    return and_(column[BORN] <= state, or_(column[UNTIL].is_(None), column[UNTIL] > state))


def quoted(attributes: Sequence[Attribute]) -> list[str]:
    """The columns of attributes, as SQL writes them."""
    return [f'"{attribute.flat}"' for attribute in attributes]
