"""Filters as SQL: true for the same rows as `filters.holds` says, on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import select

from gateway.domain.filters import AllOf, AnyOf, Comparator, Condition, Not, Predicate, holds
from gateway.store.database import Database
from gateway.store.matching import matching
from gateway.store.opening import opened
from gateway.store.predicates import expression
from tests.store import rows
from tests.store.rows import CATALOG, CallRow

pytestmark = pytest.mark.anyio

_FILTERS = rows.predicates(rows.conditions() | rows.searches())


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    made = await opened(database_url, CATALOG)
    yield made
    await made.close()


async def _found(database: Database, predicate: Predicate) -> list[str]:
    columns = database.tables.calls.c
    chosen = expression(predicate, dict(columns), matching(columns.mirror_number, database.dialect))
    async with database.reading() as connection:
        found = await connection.execute(select(columns.id).where(chosen))
    return sorted(found.scalars())


async def _keep(database: Database, calls: Sequence[CallRow]) -> None:
    async with database.writing() as connection:
        await rows.clear(connection, database.tables)
        await rows.put(connection, database.tables, calls)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(calls=rows.call_rows(), predicate=_FILTERS)
async def test_a_filter_holds_in_sql_where_it_holds(
    database: Database, calls: list[CallRow], predicate: Predicate
) -> None:
    await _keep(database, calls)
    assert await _found(database, predicate) == sorted(c.id for c in calls if holds(predicate, c.values, c.words))


async def test_every_condition_holds_in_sql_where_it_holds(database: Database) -> None:
    """Each comparator with each value that can be asked, and its opposite, over each value that a row can have."""
    calls = [
        CallRow(values={"id": f"{name} {number}", name: value})
        for name, held in rows.HELD.items()
        for number, value in enumerate((None, *held))
    ]
    await _keep(database, calls)
    for name, asked in rows.ASKED.items():
        for comparator in Comparator:
            for condition in _conditions(name, comparator, asked):
                for predicate in (condition, Not(condition)):
                    expected = sorted(c.id for c in calls if holds(predicate, c.values))
                    assert await _found(database, predicate) == expected, predicate


def _conditions(name: str, comparator: Comparator, asked: Sequence[object]) -> list[Condition]:
    if comparator is Comparator.IS_NULL:
        return [Condition(name, comparator, value) for value in (True, False)]
    if comparator in (Comparator.IN, Comparator.NIN):
        return [Condition(name, comparator, tuple(some)) for some in (asked, asked[1:2], (), (None, asked[0]))]
    if comparator in (Comparator.CONTAINS, Comparator.STARTS_WITH) and not isinstance(asked[0], str):
        return []
    return [Condition(name, comparator, value) for value in asked]


@pytest.mark.parametrize("name", ["word", "number", "share"])
async def test_a_list_may_have_more_values_than_a_statement_has_parameters(database: Database, name: str) -> None:
    kind: Callable[[int], object] = {"word": str, "number": int, "share": float}[name]
    many = tuple(map(kind, range(20_000 if name == "share" else 70_000)))
    await _keep(database, [CallRow(values={"id": "a", name: kind(7)}), CallRow(values={"id": "b", name: kind(-1)})])
    assert await _found(database, Condition(name, Comparator.IN, many)) == ["a"]
    assert await _found(database, Condition(name, Comparator.NIN, many)) == ["b"]


async def test_a_filter_may_have_thousands_of_conditions(database: Database) -> None:
    await _keep(database, [CallRow(values={"id": "a", "number": 5})])
    each = tuple(Condition("number", Comparator.EQ, number) for number in range(5000))
    assert await _found(database, AnyOf(each)) == ["a"]
    assert await _found(database, AllOf(tuple(map(Not, each)))) == []
