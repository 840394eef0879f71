"""Reading: rows of a flat table as statements of DuckDB's.

Customers are made of the calls that are asked for: each attribute as the newest of these calls that states it has it,
and the figures as `gateway.store.figures` keeps them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Double,
    Select,
    Table,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    literal_column,
    null,
    select,
    table,
    true,
    union,
)
from sqlalchemy import column as column_of

from gateway.domain.customers import SINGLE_CALL
from gateway.domain.filters import EVERYTHING, Condition, Predicate, leaves
from gateway.domain.metrics import Metric
from gateway.domain.tabular import CALL_ID, CALLS, COSTS, CUSTOMERS, DAILY_METRICS, DAY, FlatTable
from gateway.ports import CHANGE, TableQuery
from gateway.store.columnar import tables
from gateway.store.columnar.searching import Found
from gateway.store.columnar.tables import Copies, there_at
from gateway.store.contributions import MOST
from gateway.store.keyset import behind, order_by
from gateway.store.measuring import measuring
from gateway.store.predicates import Columns, expression

Statement: TypeAlias = Select[Any]

KEY: Final = "customer_key"
_GONE: Final = table("gone", column_of("id", Text), column_of("change", BigInteger))
_TOUCHED: Final = table("touched", column_of(KEY, Text), column_of("change", BigInteger))


@dataclasses.dataclass(frozen=True, slots=True)
class Rows:
    """Rows that can be asked for: their source, and its columns by flat name, those of `CHANGE` included."""

    columns: Columns
    where: ColumnElement[bool]
    of: FlatTable

    @property
    def key(self) -> tuple[str, ...]:
        """What tells one of them from all others."""
        return self.of.key

    def select(self, names: Iterable[str]) -> Statement:
        """These columns of all rows, in no order."""
        return select(*(self.columns[name].label(name) for name in names)).where(self.where)

    def page(self, query: TableQuery) -> Statement:
        """A piece of the rows in their order."""
        ordering, last = self.of.ordering(query.ordering), self.columns[self.key[-1]]
        found = self.select(query.columns)
        if query.after is not None:
            found = found.where(behind(ordering, self.columns, last, _never_missing(self.of), query.after))
        found = found.order_by(*order_by(ordering, self.columns, last, _never_missing(self.of)))
        return found.limit(query.limit).offset(query.offset or None)

    def count(self) -> Statement:
        """How many there are."""
        return select(func.count()).select_from(self.select(self.key).subquery())


def _never_missing(of: FlatTable) -> frozenset[str]:
    return frozenset((*of.key, *((of.created,) if of.created else ())))


class Reading:
    """The statements of one copy; ``flat`` are its tables as they are told."""

    def __init__(self, copies: Copies, flat: Mapping[str, FlatTable], metrics: Sequence[Metric] = ()) -> None:
        self._metrics = metrics
        self._calls = tables.table(copies.calls)
        self._costs = tables.table(copies.costs)
        self._flat = flat

    def rows(self, query: TableQuery, state: int, found: Found) -> Rows:
        """The rows that a query is about."""
        return self._of[query.table](self, query, state, found)

    def gone(self, query: TableQuery, state: int, found: Found) -> Statement:
        """The keys of what changed since and is not among the rows (any more), with the number of that change."""
        since, flat = query.since or 0, self._flat[query.table]
        key = flat.key[0]
        if flat.of_documents:
            there = select(self._calls.c.id.label(key)).where(self._meant(query, state, found)).subquery()
        else:
            there = self.rows(query, state, found).select([key]).subquery()
        if query.table == CUSTOMERS:
            changed = select(_TOUCHED.c[KEY], _TOUCHED.c.change).where(_TOUCHED.c.change > since)
        else:
            call = self._calls.c
            known = and_(there_at(state, self._calls), call[tables.CHANGE] > since)
            deleted = select(_GONE.c.id, _GONE.c.change).where(_GONE.c.change > since)
            changed = union(select(call.id, call[tables.CHANGE]).where(known), deleted)  # type: ignore[assignment]
        of = changed.subquery()
        own, change = of.c
        return select(own.label(key), change.label(CHANGE)).where(own.not_in(select(there.c[key]))).order_by(change)

    def calls(self, query: TableQuery, state: int, found: Found) -> Statement:
        """The ids of the calls that a query is about, in the order of their creation."""
        column: Any = self._calls.c
        return select(column.id, column.created_at, column[tables.CHANGE]).where(self._meant(query, state, found))

    def _meant(self, query: TableQuery, state: int, found: Found) -> ColumnElement[bool]:
        """What holds for the versions of calls that a query is about."""
        column: Any = self._calls.c
        asked = expression(query.calls, column, found.among(column.id))
        since = true() if query.since is None or query.table == CUSTOMERS else column[tables.CHANGE] > query.since
        return and_(there_at(state, self._calls), asked, since)

    def _rows_of_calls(self, query: TableQuery, state: int, found: Found) -> Rows:
        column: Any = self._calls.c
        own = expression(query.where, column, found.among(column.id))
        where = and_(self._meant(query, state, found), own)
        return Rows(_told(column, self._calls), where, self._flat[CALLS])

    def _rows_of_costs(self, query: TableQuery, state: int, found: Found) -> Rows:
        column: Any = self._costs.c
        there = there_at(state, self._costs)
        own = expression(query.where, column, found.among(column[CALL_ID]))
        meant = select(self._calls.c.id).where(self._meant(query, state, found))
        of_calls = true() if query.calls == EVERYTHING and query.since is None else column[CALL_ID].in_(meant)
        return Rows(_told(column, self._costs), and_(there, of_calls, own), self._flat[COSTS])

    def _rows_of_customers(self, query: TableQuery, state: int, found: Found) -> Rows:
        flat, call = self._flat[CUSTOMERS], self._calls.c
        by = flat.ordering(query.ordering)
        wanted = {*query.columns, *_asked(query.where), *(order.attribute for order in by)} - {CHANGE}
        made = {name: _figure_or_newest(name, call) for name in flat.columns if name in wanted and name != KEY}
        known = and_(call[KEY].is_not(None), call[KEY].not_like(f"{SINGLE_CALL}%"))
        where = and_(self._meant(query, state, found), known)
        of = select(call[KEY], *(value.label(name) for name, value in made.items())).where(where).group_by(call[KEY])
        inner: Any = of.subquery(CUSTOMERS)
        columns: dict[str, ColumnElement[Any]] = {name: inner.c[name] for name in (KEY, *made)}
        changed: ColumnElement[bool] = true()
        if query.since is not None:
            of_key = select(func.max(_TOUCHED.c.change)).where(_TOUCHED.c[KEY] == inner.c[KEY])
            columns[CHANGE] = of_key.scalar_subquery()
            changed = inner.c[KEY].in_(select(_TOUCHED.c[KEY]).where(_TOUCHED.c.change > query.since))
        own = expression(query.where, columns, _nowhere)
        return Rows(columns, and_(changed, own), flat)

    def _rows_of_metrics(self, query: TableQuery, state: int, found: Found) -> Rows:
        call: Any = self._calls.c
        day = func.date_trunc(literal_column("'day'"), call.created_at, type_=call.created_at.type)
        matching = found.among(call.id)
        measured = {metric.column.flat: measuring(metric.measure, call, matching) for metric in self._metrics}
        columns = (day.label(DAY), *(value.label(name) for name, value in measured.items()))
        inner: Any = select(*columns).where(self._meant(query, state, found)).group_by(day).subquery(DAILY_METRICS)
        own = expression(query.where, inner.c, _nowhere)
        return Rows(dict(inner.c.items()), own, self._flat[DAILY_METRICS])

    _of: Final[Mapping[str, Callable[[Reading, TableQuery, int, Found], Rows]]] = {
        CALLS: _rows_of_calls,
        COSTS: _rows_of_costs,
        CUSTOMERS: _rows_of_customers,
        DAILY_METRICS: _rows_of_metrics,
    }


def _told(column: Any, of: Table) -> Columns:
    return {**dict(of.c.items()), CHANGE: column[tables.CHANGE]}


def _nowhere(_: Sequence[str]) -> ColumnElement[bool]:
    return literal(value=False)


def _asked(predicate: Predicate) -> Iterable[str]:
    return (leaf.attribute for leaf in leaves(predicate) if isinstance(leaf, Condition))


def _figure_or_newest(name: str, call: Any) -> ColumnElement[Any]:
    """An attribute of a customer out of calls."""
    figure = _FIGURES.get(name)
    if figure is not None:
        return figure(call)
    newest: ColumnElement[Any] = func.arg_max(call[name], func.row(call.created_at, call.id), type_=call[name].type)
    return newest


def _sum(column: ColumnElement[Any], units: int) -> ColumnElement[Any]:
    """A sum of whole units, which does not depend on the order of adding; what no call can be does not count."""
    whole = cast(func.round_even(column * literal(float(units), Double()), literal_column("0")), BigInteger)
    counted = case((func.abs(column) <= literal(MOST / units, Double()), whole), else_=null())
    return cast(func.coalesce(func.sum(counted), literal_column("0")), Double) / literal(float(units), Double())


_FIGURES: Final[Mapping[str, Callable[[Any], ColumnElement[Any]]]] = {
    "customer_first_seen_at": lambda call: func.min(call.created_at),
    "customer_last_call_at": lambda call: func.max(call.created_at),
    "customer_call_count": lambda call: func.count(),
    "customer_total_cost": lambda call: _sum(call.cost, 10**9),
    "customer_total_duration_seconds": lambda call: _sum(call.duration_seconds, 10**3),
}
