"""Customers in SQL: that the figures' indexes serve a sort by a figure, however deep its cursor lies."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.dialects import sqlite

from gateway.domain.filters import EVERYTHING, AllOf, Comparator, Condition, Predicate
from gateway.domain.ordering import Direction, Order, Position, reverse
from gateway.ports import PageQuery
from gateway.store.customers import customers, kept
from gateway.store.listing import page_of
from gateway.store.opening import opened
from tests.store import rows
from tests.store.rows import CATALOG

pytestmark = pytest.mark.anyio

FIGURES = {
    "customer_total_cost": 0.25,
    "customer_total_duration_seconds": 1.5,
    "customer_call_count": 3,
    "customer_first_seen_at": rows.MOMENTS[2],
    "customer_last_call_at": rows.MOMENTS[2],
}

SALES = Condition("assistant_id", Comparator.EQ, "sales")
SOME = Condition("customer_key", Comparator.IN, ("a", "b"))
BY_COST = PageQuery(ordering=(Order("customer_total_cost"),), limit=5)
BY_NAME = PageQuery(ordering=(Order("customer_name"),), limit=5)


@pytest.mark.parametrize("figure", FIGURES)
@pytest.mark.parametrize("within", [EVERYTHING, SALES])
@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("backwards", [False, True])
async def test_an_index_serves_a_sort_by_a_figure(
    tmp_path: Path, figure: str, within: Predicate, *, deep: bool, backwards: bool
) -> None:
    ordering = (Order(figure, Direction.DESC),)
    query = PageQuery(
        ordering=reverse(ordering) if backwards else ordering,
        limit=5,
        after=Position((FIGURES[figure],), "key") if deep else None,
    )
    plan = await _plan(tmp_path, query, within)
    assert "INDEX figures_" in plan
    assert "SEARCH customers" in plan
    assert "TEMP B-TREE" not in plan
    if deep:
        assert ",customer_key)" in plan


async def test_keys_lead_to_the_figures_of_some_customers(tmp_path: Path) -> None:
    plan = await _plan(tmp_path, BY_COST, SOME)
    assert "SEARCH figures USING INDEX sqlite_autoindex_figures_1 (customer_key=?)" in plan


async def test_what_the_newest_call_says_is_found_in_the_index_of_the_customers_calls(tmp_path: Path) -> None:
    plan = await _plan(tmp_path, BY_NAME, SALES)
    assert plan.count("CORRELATED SCALAR SUBQUERY") == plan.count("SEARCH calls USING INDEX calls_customer_key") > 0


async def test_calls_of_some_customers_are_added_up_in_the_order_of_their_index(tmp_path: Path) -> None:
    from_servers = AllOf((SOME, Condition("type", Comparator.EQ, "outboundPhoneCall")))
    plan = await _plan(tmp_path, BY_COST, from_servers)
    assert "SEARCH calls USING INDEX calls_customer_key (customer_key=?)" in plan
    assert "GROUP BY" not in plan


async def _plan(folder: Path, query: PageQuery, within: Predicate) -> str:
    database = await opened(f"sqlite:///{folder}/mirror.db", CATALOG)
    options = {"literal_binds": True, "render_postcompile": True}
    names = {order.attribute for order in query.ordering}
    statement = page_of(customers(database.tables, "sqlite", within, names), kept(query))
    compiled = statement.compile(dialect=sqlite.dialect(), compile_kwargs=options)
    try:
        async with database.reading() as connection:
            found = await connection.execute(text(f"EXPLAIN QUERY PLAN {compiled}"))
            return "; ".join(row.detail for row in found)
    finally:
        await database.close()
