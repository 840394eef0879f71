"""Narrowed: what some calls say of their customers, every attribute as the newest of these calls that states it has it.

What `gateway.store.stated` keeps is out of all calls, so that it may come of one that is not among these. It does tell
which attributes no call states at all: those are not looked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, FromClause, ScalarSelect, and_, case, null, select

from gateway.domain.filters import Predicate
from gateway.store.functions import unindexed
from gateway.store.listing import asked_in
from gateway.store.matching import matching
from gateway.store.pages import calls
from gateway.store.predicates import expression
from gateway.store.reach import of_calls
from gateway.store.tables import Tables


def stated(
    tables: Tables, dialect: str, within: Predicate, figures: FromClause, names: Iterable[str]
) -> Mapping[str, ColumnElement[Any]]:
    """The attributes of these names, out of the calls for which it holds.

    They stand in a question from ``figures`` and the table of customers, of which every row has such a call.
    """
    of, key = calls(tables, dialect), tables.calls.c.customer_key
    seen = and_(key == figures.c.customer_key, of.listed, _condition(tables, dialect, of_calls(within)))
    known = tables.customers.c
    newest = {name: _newest(tables, tables.calls.c[name], seen, figures) for name in names}
    return {name: case((known[name].is_(None), null()), else_=value) for name, value in newest.items()}


def _newest(
    tables: Tables, column: ColumnElement[Any], seen: ColumnElement[bool], figures: FromClause
) -> ScalarSelect[Any]:
    """What the newest call says that says anything: some steps in the index of the customer's calls."""
    newest = (tables.calls.c.created_at.desc(), tables.calls.c.id.desc())
    question = select(column).where(seen, column.is_not(None)).order_by(*newest).limit(1)
    return question.correlate(figures, tables.customers).scalar_subquery()


def _condition(tables: Tables, dialect: str, within: Predicate) -> ColumnElement[bool]:
    """The condition on calls, with no index on offer but that of the customer's calls."""
    call = tables.calls.c
    hidden = {name: unindexed(call[name]) for name in asked_in(within)}
    return expression(within, hidden, matching(unindexed(call.mirror_number), dialect))
