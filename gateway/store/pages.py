"""Pages: pieces of the list of calls, and how many there are of some."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Final, cast

from sqlalchemy import ColumnElement, literal_column
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.filters import Predicate
from gateway.domain.mirrored import LISTED
from gateway.domain.ordering import Position
from gateway.ports import PageQuery, Place
from gateway.store.listing import Listing, number_of, piece
from gateway.store.matching import Words, common_words, matching
from gateway.store.predicates import Columns
from gateway.store.prepared import Rows
from gateway.store.tables import Tables

_LISTED: Final[tuple[ColumnElement[str], ...]] = tuple(literal_column(f"'{state.value}'") for state in LISTED)
_ALWAYS: Final = frozenset({"id", "created_at"})


async def page(connection: AsyncConnection, tables: Tables, query: PageQuery) -> Sequence[Place]:
    """A piece of the list of calls that were read and not deleted."""
    return places(await piece(connection, await _listing(connection, tables, query.predicate), query))


def places(rows: Rows) -> list[Place]:
    """The places that rows of a page's statement are."""
    return [Place(Position(tuple(row[:-2]), row[-2]), row[-1]) for row in rows]


async def count(connection: AsyncConnection, tables: Tables, predicate: Predicate) -> int:
    """How many calls there are for which it holds."""
    return await number_of(connection, await _listing(connection, tables, predicate), predicate)


async def _listing(connection: AsyncConnection, tables: Tables, predicate: Predicate) -> Listing:
    return calls(tables, connection.dialect.name, await common_words(connection, predicate))


def calls(tables: Tables, dialect: str, common: AbstractSet[Words] = frozenset()) -> Listing:
    """The list of calls; of each, the number of its last change is shown. ``common`` words are in many of them."""
    columns = tables.calls.c
    return Listing(
        source=tables.calls,
        listed=columns.mirror_state.in_(_LISTED),
        key=columns.id,
        columns=cast("Columns", columns),
        matching=matching(columns.mirror_number, dialect, common),
        always=_ALWAYS,
        telling="customer_key",
        shown=(columns.mirror_change,),
    )
