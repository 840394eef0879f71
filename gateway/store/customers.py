"""Customers: `gateway.ports.CustomerStore` over the tables of customers and of their figures."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Select, false, select

from gateway.domain.filters import EVERYTHING, AllOf, Comparator, Condition, Predicate
from gateway.domain.ordering import Order, Ordering, Position
from gateway.ports import PageQuery
from gateway.store import narrowed, stated, sums
from gateway.store.conditions import first_unit, scaled
from gateway.store.database import Database
from gateway.store.forms import Slots, form_of
from gateway.store.listing import Listing, asked_in, number_of, page_of
from gateway.store.predicates import Columns
from gateway.store.prepared import Rows
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
        of_them: Predicate = AllOf((Condition(KEY, Comparator.IN, tuple(keys)), within))
        form = form_of(of_them, _form_of_calls)
        return await self._database.ask(form, self._of_calls, self._told, self._patience)

    def _of_calls(self, within: Predicate) -> Select[Any]:
        asked = self._listing(within, stated.columns(self._database.tables))
        labelled = (column.label(name) for name, column in asked.columns.items())
        return select(*labelled).select_from(asked.source).where(asked.listed)

    def _told(self, rows: Rows) -> Mapping[str, Mapping[str, Any]]:
        names = _names(stated.columns(self._database.tables))
        found = (_values(dict(zip(names, row, strict=True))) for row in rows)
        return {values[KEY]: values for values in found}

    async def customer_page(self, query: PageQuery, *, within: Predicate = EVERYTHING) -> Sequence[Position]:
        """A piece of a list of customers; the id of a position is the key."""
        asked = kept(query)
        form = form_of((within, asked), _form_of_page)
        told = partial(_positions, ordering=asked.ordering)
        return await self._database.ask(form, self._page_of, told, self._patience)

    def _page_of(self, asked: tuple[Predicate, PageQuery]) -> Select[Any]:
        within, query = asked
        names = {*asked_in(query.predicate), *(order.attribute for order in query.ordering)}
        return page_of(self._listing(within, names), query)

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
    told = figures.source.c
    return Listing(
        source=figures.source.join(tables.customers, tables.customers.c.customer_key == told.customer_key),
        listed=figures.meant,
        key=told.customer_key,
        columns={name: attributes[name] if name in attributes else told[name] for name in _names(attributes)},
        matching=lambda _: false(),  # words are found in calls
        always=frozenset(_names()),
        telling=KEY,
    )


def _names(attributes: Iterable[str] = ()) -> tuple[str, ...]:
    """The columns of customers with these attributes."""
    return (*attributes, KEY, *_PLAIN, *(column for column, _ in UNITS.values()))


def _form_of_calls(slots: Slots, within: Predicate) -> Predicate:
    """The form of a condition on calls; where figures are kept for them, nothing but whose they are."""
    of = reach(within)
    form = slots.of_filter(within if of is None else of.condition)
    slots.tells_all &= (of is None) == (reach(form) is None)  # it is of some ids that figures cannot be kept for them
    return form


def _form_of_page(slots: Slots, asked: tuple[Predicate, PageQuery]) -> tuple[Predicate, PageQuery]:
    within, query = asked
    return _form_of_calls(slots, within), slots.of_page(query)


def _values(held: dict[str, Any]) -> Mapping[str, Any]:
    """A row by flat names, with figures in the units in which they are told."""
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


def _positions(rows: Rows, ordering: Ordering) -> list[Position]:
    """The positions that rows of a page's statement are, in the units in which values are told."""
    units = dict(UNITS.values())
    by = [units.get(order.attribute) for order in ordering]
    return [
        Position(tuple(value / of if of else value for value, of in zip(row, by, strict=False)), row[-1])
        for row in rows
    ]
