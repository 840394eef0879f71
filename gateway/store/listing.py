"""Listing: a list of rows that conditions choose, an ordering sorts, and cursors part: calls, or customers."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.filters import Predicate
from gateway.domain.ordering import Position
from gateway.ports import PageQuery
from gateway.store.keyset import stretches
from gateway.store.predicates import Columns, Matching, expression


@dataclasses.dataclass(frozen=True, slots=True)
class Listing:
    """Where rows come from and which of them are listed at all, what tells them apart, and their columns.

    ``shown`` is read of each row beside its position.
    """

    source: FromClause
    listed: ColumnElement[bool]
    key: ColumnElement[str]
    columns: Columns
    matching: Matching
    shown: tuple[ColumnElement[Any], ...] = ()


async def piece(connection: AsyncConnection, listing: Listing, query: PageQuery) -> Sequence[Row[Any]]:
    """The rows of a page: the values of its ordering, the key, and what is shown."""
    rows: list[Row[Any]] = []
    for statement in statements(listing, query):
        missing = query.limit - len(rows)
        if missing <= 0:
            break
        rows += (await connection.execute(statement.limit(missing))).all()
    return rows


def statements(listing: Listing, query: PageQuery) -> Iterator[Select[Any]]:
    """What is asked for a page, one after the other until it is full."""
    values = [listing.columns[order.attribute] for order in query.ordering]
    labelled = [value.label(f"value_{number}") for number, value in enumerate(values)]
    rows = select(*labelled, listing.key, *listing.shown).select_from(listing.source).where(listing.listed)
    chosen = rows.where(expression(query.predicate, listing.columns, listing.matching))
    for stretch in stretches(query.ordering, listing.columns, listing.key, query.after):
        yield chosen.where(stretch.where).order_by(*stretch.order_by)


def position(row: Row[Any], query: PageQuery) -> Position:
    """Where a row of a page stands."""
    count = len(query.ordering)
    return Position(tuple(row[:count]), row[count])


async def number_of(connection: AsyncConnection, listing: Listing, predicate: Predicate) -> int:
    """How many rows there are for which it holds."""
    chosen = expression(predicate, listing.columns, listing.matching)
    statement = select(func.count()).select_from(listing.source).where(listing.listed, chosen)
    return int((await connection.execute(statement)).scalar_one())
