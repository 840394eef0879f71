"""Customers: `gateway.ports.CustomerStore` over the tables of customers and of their figures."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, false, select

from gateway.domain.filters import EVERYTHING, AllOf, Comparator, Condition, Predicate
from gateway.domain.ordering import Order, Ordering, Position
from gateway.ports import PageQuery
from gateway.store import narrowed, stated, sums
from gateway.store.conditions import first_unit, scaled
from gateway.store.database import Database
from gateway.store.listing import Listing, asked_in, number_of, piece, position
from gateway.store.predicates import Columns
from gateway.store.reach import KEY, reach
from gateway.store.sums import Figures
from gateway.store.tables import Tables

UNITS: Final[Mapping[str, tuple[str, int]]] = MappingProxyType(
    {
        "customer_total_cost": ("total_cost_nano", 10**9),
        "customer_total_duration_seconds": ("total_duration_ms", 1000),
    }
)
"""Figures that are kept as whole numbers: their column, and how many of its units make one of theirs.

Below four million dollars, or a hundred thousand years, each whole number is a float of its own, and back.
"""
_PLAIN: Final = ("customer_first_seen_at", "customer_last_call_at", "customer_call_count")


class SqlCustomers:
    """The customers of one mirror; a question is interrupted after ``patience`` seconds."""

    def __init__(self, database: Database, *, patience: float | None = None) -> None:
        self._database = database
        self._patience = patience

    async def customers(
        self, keys: Sequence[str], *, within: Predicate = EVERYTHING
    ) -> Mapping[str, Mapping[str, Any]]:
        """The customers of these keys that there are."""
        tables, of_them = self._database.tables, Condition(KEY, Comparator.IN, tuple(keys))
        asked = self._listing(AllOf((of_them, within)), stated.columns(tables))
        statement = select(*_labelled(asked)).select_from(asked.source).where(asked.listed)
        async with self._database.reading(self._patience) as connection:
            rows = (await connection.execute(statement)).all()
        return {row.customer_key: _values(row) for row in rows}

    async def customer_page(self, query: PageQuery, *, within: Predicate = EVERYTHING) -> Sequence[Position]:
        """A piece of a list of customers; the id of a position is the key."""
        names = {*asked_in(query.predicate), *(order.attribute for order in query.ordering)}
        asked, listing = kept(query), self._listing(within, names)
        async with self._database.reading(self._patience) as connection:
            rows = await piece(connection, listing, asked)
        return [_told(position(row, asked), asked.ordering) for row in rows]

    async def customer_count(self, predicate: Predicate, *, within: Predicate = EVERYTHING) -> int:
        """How many customers there are for whom it holds."""
        listing = self._listing(within, asked_in(predicate))
        async with self._database.reading(self._patience) as connection:
            return await number_of(connection, listing, scaled(predicate, UNITS))

    def _listing(self, within: Predicate, names: Collection[str]) -> Listing:
        return customers(self._database.tables, self._database.dialect, within, names)


def customers(tables: Tables, dialect: str, within: Predicate, names: Collection[str]) -> Listing:
    """The list of customers out of the calls for which ``within`` holds, with the attributes of these names."""
    of = reach(within)
    figures = sums.counted(tables, dialect, within) if of is None else sums.kept(tables, of)
    wanted = [name for name in stated.columns(tables) if name in names]
    if of is not None and of.assistants is None:
        return _listing(tables, figures, {name: tables.customers.c[name] for name in wanted})
    return _listing(tables, figures, narrowed.stated(tables, dialect, within, figures.source, wanted))


def _listing(tables: Tables, figures: Figures, attributes: Columns) -> Listing:
    """Customers with these figures and attributes."""
    told, names = figures.source.c, (*_PLAIN, *(column for column, _ in UNITS.values()))
    return Listing(
        source=figures.source.join(tables.customers, tables.customers.c.customer_key == told.customer_key),
        listed=figures.meant,
        key=told.customer_key,
        columns={**attributes, KEY: told.customer_key, **{name: told[name] for name in names}},
        matching=lambda _: false(),  # words are found in calls
        always=frozenset({KEY, *names}),
        telling=KEY,
    )


def _labelled(listing: Listing) -> Sequence[ColumnElement[Any]]:
    return [column.label(name) for name, column in listing.columns.items()]


def _values(row: Row[Any]) -> Mapping[str, Any]:
    """A row by flat names, with figures in the units in which they are told."""
    held = row._asdict()
    told = {name: held.pop(column) / units for name, (column, units) in UNITS.items()}
    return {**{name: tuple(value) if isinstance(value, list) else value for name, value in held.items()}, **told}


def kept(query: PageQuery) -> PageQuery:
    """The question in terms of what the tables keep."""
    ordering = tuple(dataclasses.replace(order, attribute=_column(order)) for order in query.ordering)
    after = query.after and Position(tuple(map(_number, query.after.values, query.ordering)), query.after.id)
    return dataclasses.replace(query, predicate=scaled(query.predicate, UNITS), ordering=ordering, after=after)


def _column(order: Order) -> str:
    column, _ = UNITS.get(order.attribute, (order.attribute, 1))
    return column


def _number(value: Any, order: Order) -> Any:
    """A value of a cursor as it is kept."""
    if value is None or order.attribute not in UNITS:
        return value
    _, units = UNITS[order.attribute]
    return first_unit(value, units)


def _told(held: Position, ordering: Ordering) -> Position:
    """A position in the units in which its values are told."""
    units = dict(UNITS.values())
    values = zip(held.values, ordering, strict=True)
    return Position(tuple(v / units[o.attribute] if o.attribute in units else v for v, o in values), held.id)
