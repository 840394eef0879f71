"""Sums: the figures of customers out of some of their calls, with the same result as those that are kept.

Where the calls are those of some customers with some assistants, what is kept for each assistant is added up; otherwise
the calls are.
"""

from __future__ import annotations

import dataclasses
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Double,
    FromClause,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    select,
    true,
)

from gateway.domain.customers import SINGLE_CALL
from gateway.domain.filters import Comparator, Condition, Predicate
from gateway.store.contributions import MOST
from gateway.store.functions import unindexed
from gateway.store.listing import chosen
from gateway.store.pages import calls
from gateway.store.predicates import expression
from gateway.store.reach import KEY, Reach
from gateway.store.tables import ALL_ASSISTANTS, Tables

_TO_WHOLE: Final = 1.5 * 2.0**52
"""Numbers of this size have no room for a fraction: what is added is rounded, half to even as Python does it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Figures:
    """Where figures stand, with the columns of the table of figures, and which of them are meant."""

    source: FromClause
    meant: ColumnElement[bool]


def kept(tables: Tables, of: Reach) -> Figures:
    """The figures of these calls out of those that are kept."""
    if of.assistants is not None and len(of.assistants) != 1:
        return Figures(_added(tables, of), true())
    (assistant,) = of.assistants or (ALL_ASSISTANTS,)
    return Figures(tables.figures, _kept_for(tables, of, assistant))


def counted(tables: Tables, dialect: str, within: Predicate) -> Figures:
    """The figures of the calls for which it holds, out of the calls."""
    of, column = calls(tables, dialect), tables.calls.c
    created_at = column.created_at
    sums = select(
        column.customer_key,
        func.min(created_at).label("customer_first_seen_at"),
        func.max(created_at).label("customer_last_call_at"),
        func.count().label("customer_call_count"),
        _sum(whole(column.cost, 10**9)).label("total_cost_nano"),
        _sum(whole(column.duration_seconds, 10**3)).label("total_duration_ms"),
    )
    somebody = and_(column.customer_key != "", func.substr(column.customer_key, 1, len(SINGLE_CALL)) != SINGLE_CALL)
    meant = sums.where(of.listed, somebody, chosen(of, within)).group_by(column.customer_key)
    return Figures(meant.subquery("figures"), true())


def _kept_for(tables: Tables, of: Reach, assistant: str) -> ColumnElement[bool]:
    """The figures with one assistant, or with all.

    Where keys are named they lead to the rows: an index of the assistant's figures would lead to all of them.
    """
    named = tables.figures.c.assistant_id
    if of.keys is None:
        return named == assistant
    return and_(unindexed(named) == assistant, _one_of(tables, KEY, of.keys))


def _added(tables: Tables, of: Reach) -> FromClause:
    """The sums of the figures with several assistants."""
    column = tables.figures.c
    sums = select(
        column.customer_key,
        func.min(column.customer_first_seen_at).label("customer_first_seen_at"),
        func.max(column.customer_last_call_at).label("customer_last_call_at"),
        *(_sum(column[name]).label(name) for name in ("customer_call_count", "total_cost_nano", "total_duration_ms")),
    )
    meant = [_one_of(tables, "assistant_id", of.assistants or frozenset())]
    if of.keys is not None:
        meant.append(_one_of(tables, KEY, of.keys))
    return sums.where(*meant).group_by(column.customer_key).subquery("figures")


def _one_of(tables: Tables, name: str, values: frozenset[str]) -> ColumnElement[bool]:
    condition = Condition(name, Comparator.IN, tuple(sorted(values)))
    return expression(condition, {name: tables.figures.c[name]}, lambda _: false())


def _sum(column: ColumnElement[Any]) -> ColumnElement[int]:
    return cast(func.sum(column), BigInteger)


def whole(column: ColumnElement[Any], units: int) -> ColumnElement[int]:
    """A number as so many units, as `gateway.store.contributions.whole` says it."""
    wide = column * literal(float(units), Double())
    rounded = wide + literal(_TO_WHOLE, Double()) - literal(_TO_WHOLE, Double())
    countable = func.abs(column) <= literal(MOST / units, Double())
    return case((countable, cast(rounded, BigInteger)), else_=0)
