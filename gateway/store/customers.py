"""Customers: `gateway.ports.CustomerStore` over the tables of customers and of their figures."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, false, select

from gateway.domain.filters import Comparator, Condition, Predicate
from gateway.domain.ordering import Order, Ordering, Position
from gateway.ports import PageQuery
from gateway.store.conditions import first_unit, scaled
from gateway.store.database import Database
from gateway.store.listing import Listing, number_of, piece, position
from gateway.store.predicates import expression
from gateway.store.tables import ALL_ASSISTANTS, KIND, Tables

KEY: Final = "customer_key"
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
        self, keys: Sequence[str], *, assistant_id: str | None = None
    ) -> Mapping[str, Mapping[str, Any]]:
        """The customers of these keys that there are."""
        asked = customers(self._database.tables, assistant_id)
        wanted = expression(Condition(KEY, Comparator.IN, tuple(keys)), asked.columns, asked.matching)
        statement = select(*_labelled(asked)).select_from(asked.source).where(asked.listed, wanted)
        async with self._database.reading(self._patience) as connection:
            rows = (await connection.execute(statement)).all()
        return {row.customer_key: _values(row) for row in rows}

    async def customer_page(self, query: PageQuery, *, assistant_id: str | None = None) -> Sequence[Position]:
        """A piece of a list of customers; the id of a position is the key."""
        asked = kept(query)
        async with self._database.reading(self._patience) as connection:
            rows = await piece(connection, customers(self._database.tables, assistant_id), asked)
        return [_told(position(row, asked), asked.ordering) for row in rows]

    async def customer_count(self, predicate: Predicate, *, assistant_id: str | None = None) -> int:
        """How many customers there are for whom it holds."""
        listing = customers(self._database.tables, assistant_id)
        async with self._database.reading(self._patience) as connection:
            return await number_of(connection, listing, scaled(predicate, UNITS))


def customers(tables: Tables, assistant_id: str | None) -> Listing:
    """The list of customers with their figures with one assistant, or with all."""
    of, figures = tables.customers.c, tables.figures.c
    stated = {column.name: column for column in of if KIND in column.info}
    names = (*_PLAIN, *(column for column, _ in UNITS.values()))
    return Listing(
        source=tables.figures.join(tables.customers, of.customer_key == figures.customer_key),
        listed=figures.assistant_id == (ALL_ASSISTANTS if assistant_id is None else assistant_id),
        key=figures.customer_key,
        columns={**stated, KEY: figures.customer_key, **{name: figures[name] for name in names}},
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
