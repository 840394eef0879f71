"""Customers in SQL: that the figures' indexes serve a sort by a figure, however deep its cursor lies."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.dialects import sqlite

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


@pytest.mark.parametrize("figure", FIGURES)
@pytest.mark.parametrize("assistant_id", [None, "sales"])
@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("backwards", [False, True])
async def test_an_index_serves_a_sort_by_a_figure(
    tmp_path: Path, figure: str, assistant_id: str | None, *, deep: bool, backwards: bool
) -> None:
    ordering = (Order(figure, Direction.DESC),)
    query = PageQuery(
        ordering=reverse(ordering) if backwards else ordering,
        limit=5,
        after=Position((FIGURES[figure],), "key") if deep else None,
    )
    plan = await _plan(tmp_path, query, assistant_id)
    assert "INDEX figures_" in plan
    assert "SEARCH customers" in plan
    assert "TEMP B-TREE" not in plan
    if deep:
        assert ",customer_key)" in plan


async def _plan(folder: Path, query: PageQuery, assistant_id: str | None) -> str:
    database = await opened(f"sqlite:///{folder}/mirror.db", CATALOG)
    options = {"literal_binds": True, "render_postcompile": True}
    statement = page_of(customers(database.tables, assistant_id), kept(query))
    compiled = statement.compile(dialect=sqlite.dialect(), compile_kwargs=options)
    try:
        async with database.reading() as connection:
            found = await connection.execute(text(f"EXPLAIN QUERY PLAN {compiled}"))
            return "; ".join(row.detail for row in found)
    finally:
        await database.close()
