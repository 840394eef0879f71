"""Pages: pieces of the list of calls, and how many there are of some."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, bindparam
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.filters import Predicate
from gateway.domain.mirrored import LISTED
from gateway.ports import PageQuery, Place
from gateway.store.listing import Listing, number_of, piece, position
from gateway.store.matching import matching
from gateway.store.tables import Tables


async def page(connection: AsyncConnection, tables: Tables, query: PageQuery) -> Sequence[Place]:
    """A piece of the list of calls that were read and not deleted."""
    rows = await piece(connection, calls(tables, connection.dialect.name), query)
    return [Place(position(row, query), row[-1]) for row in rows]


async def count(connection: AsyncConnection, tables: Tables, predicate: Predicate) -> int:
    """How many calls there are for which it holds."""
    return await number_of(connection, calls(tables, connection.dialect.name), predicate)


def calls(tables: Tables, dialect: str) -> Listing:
    """The list of calls; of each, the number of its last change is shown."""
    columns = tables.calls.c
    return Listing(
        source=tables.calls,
        listed=listed(tables),
        key=columns.id,
        columns=dict(columns),
        matching=matching(columns.mirror_number, dialect),
        shown=(columns.mirror_change,),
    )


def listed(tables: Tables) -> ColumnElement[bool]:
    """Whether a call stands in lists; written out in the statement, so that partial indexes are recognised."""
    states = [state.value for state in LISTED]
    return tables.calls.c.mirror_state.in_(bindparam("listed", states, expanding=True, literal_execute=True))
