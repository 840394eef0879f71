"""Pages of calls: cursors, orderings, what is listed at all, and that indexes serve what they are there for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import ClauseElement, Executable, Select, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from gateway.domain.filters import EVERYTHING, AllOf, Comparator, Condition, Predicate, Search, holds
from gateway.domain.mirrored import LISTED, State
from gateway.domain.ordering import (
    NEWEST_FIRST,
    Direction,
    Nulls,
    Order,
    Ordering,
    Position,
    in_order,
    position,
    reverse,
)
from gateway.ports import PageQuery, Place
from gateway.store.database import Database
from gateway.store.listing import page_of
from gateway.store.matching import Words
from gateway.store.opening import opened
from gateway.store.pages import calls as list_of_calls
from gateway.store.pages import count, page
from tests.store import rows
from tests.store.rows import CATALOG, CallRow

pytestmark = pytest.mark.anyio

_FILTERS = rows.predicates(rows.conditions() | rows.searches())
_SORTED_BY = tuple(rows.HELD)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    made = await opened(database_url, CATALOG)
    yield made
    await made.close()


async def _keep(database: Database, calls: Sequence[CallRow], *, first: int = 1) -> None:
    async with database.writing() as connection:
        await rows.put(connection, database.tables, calls, first=first)


async def _page(database: Database, query: PageQuery) -> Sequence[Place]:
    async with database.reading() as connection:
        return await page(connection, database.tables, query)


async def _walk(database: Database, query: PageQuery) -> list[Position]:
    """The list from the query's cursor to its end, page after page."""
    found: list[Position] = []
    async with database.reading() as connection:
        while places := await page(connection, database.tables, query):
            found += (place.position for place in places)
            assert len(places) <= query.limit
            query = PageQuery(
                predicate=query.predicate, ordering=query.ordering, limit=query.limit, after=places[-1].position
            )
    return found


def _expected(calls: Sequence[CallRow], predicate: Predicate, ordering: Ordering) -> list[Position]:
    listed = (c for c in calls if c.state in LISTED and holds(predicate, c.values, c.words))
    return list(in_order((position(c.values, c.id, ordering) for c in listed), ordering))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    calls=rows.call_rows(),
    predicate=st.just(EVERYTHING) | _FILTERS,
    ordering=rows.orderings(_SORTED_BY),
    limit_at=st.tuples(st.integers(1, 5), st.integers(0, 20)),
)
async def test_pages_are_the_list_in_pieces_forwards_and_backwards(
    database: Database, calls: list[CallRow], predicate: Predicate, ordering: Ordering, limit_at: tuple[int, int]
) -> None:
    limit, at = limit_at
    async with database.writing() as connection:
        await rows.clear(connection, database.tables)
        await rows.put(connection, database.tables, calls)
        total = await count(connection, database.tables, predicate)
    expected = _expected(calls, predicate, ordering)
    assert total == len(expected)
    assert await _walk(database, PageQuery(predicate=predicate, ordering=ordering, limit=limit)) == expected
    if ordering and at < len(expected):
        back = PageQuery(predicate=predicate, ordering=reverse(ordering), limit=limit, after=expected[at])
        assert await _walk(database, back) == expected[:at][::-1]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=30)
@given(
    calls=rows.call_rows(),
    ordering=rows.orderings(_SORTED_BY),
    other=rows.values(),
    value=st.sampled_from(["00", "20", "41"]),
)
async def test_a_cursor_need_not_be_a_row_that_is_still_there(
    database: Database, calls: list[CallRow], ordering: Ordering, other: dict[str, Any], value: str
) -> None:
    async with database.writing() as connection:
        await rows.clear(connection, database.tables)
        await rows.put(connection, database.tables, calls)
    gone = position(other, value, ordering)
    expected = _expected(calls, EVERYTHING, ordering)
    after = list(in_order({*expected, gone}, ordering))
    query = PageQuery(ordering=ordering, limit=3, after=gone)
    assert await _walk(database, query) == after[after.index(gone) + 1 :]


async def test_what_comes_in_meanwhile_moves_no_other_row_to_another_page(database: Database) -> None:
    moments = rows.MOMENTS
    older = [CallRow(values={"id": f"{n}", "created_at": moments[1 + n % 3]}) for n in range(6)]
    await _keep(database, older)
    first = await _page(database, PageQuery(limit=3))
    newer = [CallRow(values={"id": f"n{n}", "created_at": moments[4]}) for n in range(4)]
    await _keep(database, newer, first=10)
    second = await _page(database, PageQuery(limit=10, after=first[-1].position))
    assert [p.position for p in (*first, *second)] == _expected(older, EVERYTHING, NEWEST_FIRST)


async def test_a_place_tells_the_number_of_the_last_change(database: Database) -> None:
    await _keep(database, [CallRow(values={"id": "a", "created_at": rows.MOMENTS[2]})], first=7)
    assert await _page(database, PageQuery(limit=5)) == [Place(Position((rows.MOMENTS[2],), "a"), 7)]


@pytest.mark.parametrize("state", State)
async def test_only_calls_that_were_read_and_not_deleted_are_listed_and_counted(
    database: Database, state: State
) -> None:
    await _keep(database, [CallRow(values={"id": "a"}, state=state)])
    listed = state in (State.PRESENT, State.FORGOTTEN)
    assert len(await _page(database, PageQuery(limit=5))) == listed
    async with database.reading() as connection:
        assert await count(connection, database.tables, EVERYTHING) == listed


# What SQLite does for a statement (https://www.sqlite.org/eqp.html): no word of a scan or a sort may be in it.

_PLAN = Condition("plan", Comparator.EQ, "team")
_AFTER = Position((rows.MOMENTS[2],), "17")
_WORD = Condition("word", Comparator.EQ, "x")


def _one(attribute: str, direction: Direction, nulls: Nulls = Nulls.LAST) -> Ordering:
    return (Order(attribute, direction, nulls),)


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (PageQuery(limit=5), "calls_created_at"),
        (PageQuery(limit=5, after=_AFTER), "calls_created_at"),
        (PageQuery(limit=5, after=_AFTER, ordering=reverse(NEWEST_FIRST)), "calls_created_at"),
        (PageQuery(limit=5, after=_AFTER, ordering=_one("created_at", Direction.ASC)), "calls_created_at"),
        (PageQuery(limit=5, predicate=_PLAN), "calls_plan"),
        (PageQuery(limit=5, predicate=_PLAN, after=_AFTER), "calls_plan"),
        (PageQuery(limit=5, predicate=AllOf((_PLAN, _WORD)), after=_AFTER), "calls_plan"),
        (PageQuery(limit=5, predicate=_PLAN, ordering=reverse(NEWEST_FIRST)), "calls_plan"),
        (PageQuery(limit=5, ordering=()), "sqlite_autoindex_calls_1"),
        (PageQuery(limit=5, ordering=(), after=Position((), "17")), "sqlite_autoindex_calls_1"),
    ],
)
async def test_an_index_finds_a_cursor_and_nothing_is_sorted(tmp_path: Any, query: PageQuery, index: str) -> None:
    plan = await _plan(tmp_path, query)
    assert index in plan
    assert "TEMP B-TREE" not in plan
    assert "SCAN" not in plan or (query.after is None and query.predicate is EVERYTHING)


@pytest.mark.parametrize("condition", [_PLAN, Condition("plan", Comparator.STARTS_WITH, "te")])
async def test_an_index_finds_what_is_equal_and_what_begins_alike(tmp_path: Any, condition: Condition) -> None:
    plan = await _plan(tmp_path, PageQuery(limit=5, predicate=condition, ordering=_one("share", Direction.ASC)))
    assert "SEARCH calls USING INDEX calls_plan" in plan


@pytest.mark.parametrize("other", [Condition("status", Comparator.EQ, "ended"), _PLAN, _WORD])
async def test_the_calls_of_a_customer_are_found_by_the_customer_whatever_else_is_asked(
    tmp_path: Any, other: Condition
) -> None:
    customers = Condition("customer_key", Comparator.EQ, "k")
    plan = await _plan(tmp_path, PageQuery(limit=5, predicate=AllOf((other, customers))))
    assert "SEARCH calls USING INDEX calls_customer_key" in plan
    assert "TEMP B-TREE" not in plan


@pytest.mark.parametrize("predicate", [EVERYTHING, _PLAN])
@pytest.mark.parametrize("ordering", [NEWEST_FIRST, reverse(NEWEST_FIRST)])
@pytest.mark.parametrize("after", [None, _AFTER])
async def test_postgresql_too_can_read_pages_off_an_index(
    postgresql_url: str, predicate: Predicate, ordering: Ordering, after: Position | None
) -> None:
    """A table as small as this one is sorted unless that is forbidden; that it need not be is what counts."""
    database = await opened(postgresql_url, CATALOG)
    query = PageQuery(limit=5, predicate=predicate, ordering=ordering, after=after)
    statement = page_of(list_of_calls(database.tables, "postgresql"), query)
    try:
        async with database.reading() as connection:
            for way in ("seqscan", "bitmapscan", "sort", "incremental_sort"):
                await connection.execute(text(f"SET LOCAL enable_{way} = off"))
            plan = "; ".join((await connection.execute(_Explained(statement))).scalars())
    finally:
        await database.close()
    assert ("calls_plan" if predicate is _PLAN else "calls_created_at") in plan
    assert "Sort" not in plan


class _Explained(Executable, ClauseElement):
    """The database's plan for a statement, with its parameters."""

    inherit_cache = False

    def __init__(self, statement: Select[Any]) -> None:
        self.statement = statement


@compiles(_Explained)
def _explain(element: _Explained, compiler: SQLCompiler, **options: Any) -> str:
    return f"EXPLAIN {compiler.process(element.statement, **options)}"


async def test_calls_with_a_rare_word_are_looked_up_and_those_with_a_common_one_met_in_order(tmp_path: Any) -> None:
    query = PageQuery(limit=5, predicate=Search(("word",)))
    rare = await _plan(tmp_path, query)
    common = await _plan(tmp_path, query, frozenset({("word",)}))
    assert "SEARCH calls USING INTEGER PRIMARY KEY" in rare
    assert "TEMP B-TREE" in rare
    assert "SCAN calls USING INDEX calls_created_at" in common
    assert "TEMP B-TREE" not in common


async def _plan(folder: Any, query: PageQuery, common: frozenset[Words] = frozenset()) -> str:
    database = await opened(f"sqlite:///{folder}/mirror.db", CATALOG)
    options = {"literal_binds": True, "render_postcompile": True}
    statement = page_of(list_of_calls(database.tables, "sqlite", common), query)
    compiled = statement.compile(dialect=sqlite.dialect(), compile_kwargs=options)
    try:
        async with database.reading() as connection:
            found = await connection.execute(text("EXPLAIN QUERY PLAN " + str(compiled).replace(":", "\\:")))
            return "; ".join(row.detail for row in found)
    finally:
        await database.close()


async def test_search_finds_words_together_with_other_conditions_newest_first(database: Database) -> None:
    calls = [
        CallRow(values={"id": "a", "created_at": rows.MOMENTS[1], "plan": "pro"}, words=frozenset({"refund", "order"})),
        CallRow(values={"id": "b", "created_at": rows.MOMENTS[2], "plan": "pro"}, words=frozenset({"refund"})),
        CallRow(values={"id": "c", "created_at": rows.MOMENTS[3], "plan": "free"}, words=frozenset({"refund"})),
    ]
    await _keep(database, calls)
    pro = AllOf((Search(("refund",)), Condition("plan", Comparator.EQ, "pro")))
    assert [p.position.id for p in await _page(database, PageQuery(limit=5, predicate=pro))] == ["b", "a"]
    both = Search(("refund", "order"))
    assert [p.position.id for p in await _page(database, PageQuery(limit=5, predicate=both))] == ["a"]
