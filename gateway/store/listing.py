"""Listing: a list of rows that conditions choose, an ordering sorts, and cursors part: calls, or customers."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.filters import AllOf, Comparator, Condition, Predicate, leaves
from gateway.ports import PageQuery
from gateway.store.functions import unindexed
from gateway.store.keyset import behind, order_by
from gateway.store.predicates import Columns, Matching, bound, expression


@dataclasses.dataclass(frozen=True, slots=True)
class Listing:
    """Where rows come from and which of them are listed at all, what tells them apart, and their columns.

    ``always`` are the attributes that no listed row lacks, ``telling`` the one whose values have few rows each, and an
    index. ``shown`` is read of each row beside its position.
    """

    source: FromClause
    listed: ColumnElement[bool]
    key: ColumnElement[str]
    columns: Columns
    matching: Matching
    always: frozenset[str]
    telling: str
    shown: tuple[ColumnElement[Any], ...] = ()


async def piece(connection: AsyncConnection, listing: Listing, query: PageQuery) -> Sequence[Row[Any]]:
    """The rows of a page: the values of its ordering, the key, and what is shown."""
    rows: Sequence[Row[Any]] = (await connection.execute(page_of(listing, query))).all()
    return rows


def page_of(listing: Listing, query: PageQuery) -> Select[Any]:
    """What is asked for a page."""
    columns, ordering, key = listing.columns, query.ordering, listing.key
    values = (columns[order.attribute].label(f"value_{number}") for number, order in enumerate(ordering))
    rows = select(*values, key, *listing.shown).select_from(listing.source)
    wanted = rows.where(listing.listed, chosen(listing, query.predicate))
    if query.after is not None:
        wanted = wanted.where(behind(ordering, columns, key, listing.always, query.after))
    return wanted.order_by(*order_by(ordering, columns, key, listing.always)).limit(bound(query.limit))


async def number_of(connection: AsyncConnection, listing: Listing, predicate: Predicate) -> int:
    """How many rows there are for which it holds."""
    statement = select(func.count()).select_from(listing.source).where(listing.listed, chosen(listing, predicate))
    return int((await connection.execute(statement)).scalar_one())


def chosen(listing: Listing, predicate: Predicate) -> ColumnElement[bool]:
    """The filter of a list as SQL.

    SQLite takes all indexes for equally good, and may take that of a status which nearly every call has. So where the
    filter names what has few rows, it is not offered the others.
    """
    if not _names(predicate, listing.telling):
        return expression(predicate, listing.columns, listing.matching)
    offered, columns = {*listing.always, listing.telling}, listing.columns
    hidden = {name: columns[name] if name in offered else unindexed(columns[name]) for name in asked_in(predicate)}
    return expression(predicate, hidden, listing.matching)


def asked_in(predicate: Predicate) -> frozenset[str]:
    """The attributes that a filter compares."""
    return frozenset(leaf.attribute for leaf in leaves(predicate) if isinstance(leaf, Condition))


def _names(predicate: Predicate, attribute: str) -> bool:
    """Whether a filter holds only for rows with certain values of an attribute."""
    match predicate:
        case AllOf(of):
            return any(_names(each, attribute) for each in of)
        case Condition(of_attribute, comparator):
            return of_attribute == attribute and comparator in (Comparator.EQ, Comparator.IN)
        case _:
            return False
