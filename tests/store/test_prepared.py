"""Prepared questions: the same answers as SQLAlchemy's own way gives, as interruptible, out of few statements."""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
import threading
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import ColumnElement, Select, column, exc, func, literal_column, select, table

from gateway.domain.filters import EVERYTHING, AllOf, Comparator, Condition, Predicate, Search
from gateway.domain.ordering import Direction, Nulls, Order, Ordering, position
from gateway.errors import StoreIncompatible, StoreTimeout, StoreUnavailable
from gateway.ports import PageQuery
from gateway.store import pages
from gateway.store.calls import SqlCalls
from gateway.store.customers import SqlCustomers, _positions, kept
from gateway.store.database import FORMS, Database
from gateway.store.forms import MOST, Form, Slots, form_of
from gateway.store.opening import database as unprepared
from gateway.store.opening import opened
from gateway.store.readers import Readers
from gateway.store.tables import ALL_ASSISTANTS
from tests import databases
from tests.contracts import listed
from tests.contracts.calls import project
from tests.store import rows
from tests.store.mirrors import Mirror, mirror_at
from tests.store.rows import CATALOG, CallRow

pytestmark = pytest.mark.anyio

_PER_EXAMPLE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
_ENDLESS: Final = {
    "sqlite": literal_column("(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n)"),
    "postgresql": func.pg_sleep(3600),
}


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    made = await opened(database_url, CATALOG)
    yield made
    await made.close()


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[Database]:
    made = await opened(databases.sqlite_url(tmp_path), CATALOG)
    yield made
    await made.close()


@pytest.fixture
async def filled(database_url: str) -> AsyncIterator[Mirror]:
    async with mirror_at(database_url) as mirror:
        await mirror.apply(*listed.observations())
        yield mirror


async def _asked(database: Database, statement: Select[Any], patience: float | None = None) -> Sequence[Sequence[Any]]:
    return await database.ask(Form((), ()), lambda _: statement, lambda found: found, patience)


async def _endless(database: Database, patience: float | None = None) -> None:
    await _asked(database, select(_ENDLESS[database.dialect]), patience)


async def _works(database: Database) -> bool:
    """Whether as many questions as there are connections, and more, are answered."""
    told = await asyncio.gather(*(_asked(database, select(literal_column("1"))) for _ in range(20)))
    return [[*map(tuple, each)] for each in told] == [[(1,)]] * 20


def _of(attribute: str, comparator: Comparator, value: Any) -> PageQuery:
    return PageQuery(limit=5, predicate=Condition(attribute, comparator, value))


def _in(attribute: str, values: Sequence[Any]) -> Condition:
    return Condition(attribute, Comparator.IN, tuple(values))


# The same answers


@_PER_EXAMPLE
@given(
    calls=rows.call_rows(),
    predicate=st.just(EVERYTHING) | rows.predicates(rows.conditions() | rows.searches()),
    ordering=rows.orderings(tuple(rows.HELD)),
    limit_behind=st.tuples(
        st.integers(1, 5), st.none() | st.tuples(rows.values(), st.sampled_from(["00", "20", "41"]))
    ),
)
async def test_a_page_is_the_same_prepared_and_plain(
    database: Database,
    calls: list[CallRow],
    predicate: Predicate,
    ordering: Ordering,
    limit_behind: tuple[int, tuple[dict[str, Any], str] | None],
) -> None:
    limit, behind = limit_behind
    async with database.writing() as connection:
        await rows.clear(connection, database.tables)
        await rows.put(connection, database.tables, calls)
    after = None if behind is None else position(*behind, ordering)
    query = PageQuery(predicate=predicate, ordering=ordering, limit=limit, after=after)
    async with database.reading() as connection:
        plain = await pages.page(connection, database.tables, query)
    assert await SqlCalls(database, CATALOG, project).page(query) == plain


_ATTRIBUTES: Final = ("created_at", "assistant_id", "cost", "customer_key", "customer_name", "status")
_KEYS: Final = sorted(
    {o.projection.values["customer_key"] for o in listed.observations() if hasattr(o, "projection")} - {None}
)
_ASSISTANTS: Final = st.sampled_from(["sales", "support", "", ALL_ASSISTANTS, "nobody"])
_WITHIN: Final = st.one_of(
    st.just(EVERYTHING),
    st.lists(_ASSISTANTS, max_size=3).map(lambda of: _in("assistant_id", of)),
    st.lists(st.sampled_from(_KEYS), max_size=5).map(lambda of: _in("customer_key", of)),
    listed.predicates([o.projection.values for o in listed.observations() if hasattr(o, "projection")], _ATTRIBUTES),
)


@_PER_EXAMPLE
@given(keys=st.lists(st.sampled_from([*_KEYS, "nobody"]), max_size=6), within=_WITHIN | st.tuples(_WITHIN, _WITHIN))
async def test_customers_are_the_same_prepared_and_plain(
    filled: Mirror, keys: list[str], within: Predicate | tuple[Predicate, ...]
) -> None:
    asked = AllOf(within) if isinstance(within, tuple) else within
    told = await filled.customers.customers(keys, within=asked)
    statement = filled.customers._of_calls(AllOf((_in("customer_key", keys), asked)))
    async with filled.database.reading() as connection:
        assert told == filled.customers._told((await connection.execute(statement)).all())


@_PER_EXAMPLE
@given(
    predicate=st.just(EVERYTHING)
    | listed.predicates(
        [{"customer_key": key, "customer_call_count": 3, "customer_total_cost": 1.5} for key in _KEYS],
        ("customer_key", "customer_call_count", "customer_total_cost"),
    ),
    within=_WITHIN,
    names=st.lists(st.sampled_from(["customer_total_cost", "customer_name", "customer_first_seen_at"]), max_size=2),
)
async def test_pages_of_customers_are_the_same_prepared_and_plain(
    filled: Mirror, predicate: Predicate, within: Predicate, names: list[str]
) -> None:
    query = PageQuery(predicate=predicate, ordering=tuple(map(Order, names)), limit=2)
    while found := await filled.customers.customer_page(query, within=within):
        assert found == await _plainly(filled, query, within)
        query = PageQuery(predicate=predicate, ordering=query.ordering, limit=2, after=found[-1])
    assert await _plainly(filled, query, within) == []


async def _plainly(mirror: Mirror, query: PageQuery, within: Predicate) -> Any:
    asked = kept(query)
    async with mirror.database.reading() as connection:
        found = (await connection.execute(mirror.customers._page_of((within, asked)))).all()
    return _positions(found, asked.ordering)


async def test_calls_are_read_by_few_ids_and_by_many(filled: Mirror) -> None:
    ids = [place.position.id for place in await filled.calls.page(PageQuery(limit=100))]
    many = [*ids, *(f"nobody's {number}" for number in range(MOST * 3))]
    for asked in (ids, many):
        assert sorted(await filled.calls.read(asked)) == sorted(ids)
    assert await filled.calls.read([]) == {}


@pytest.mark.parametrize("count", [1, 3, MOST - 10, MOST + 10, 600])
async def test_a_list_may_be_as_long_as_it_is(filled: Mirror, count: int) -> None:
    places = await filled.calls.page(PageQuery(limit=1000))
    ids = [place.position.id for place in places][:count]
    asked = _in("id", [*ids, *map(str, range(count - len(ids)))])
    assert len(await filled.calls.page(PageQuery(limit=1000, predicate=asked))) == len(ids)


# Few statements


def _known(database: Database) -> int:
    return len(database._known)


async def test_questions_that_differ_in_values_alone_have_one_statement(sqlite: Database) -> None:
    calls = SqlCalls(sqlite, CATALOG, project)
    for name in ("a", "b", "c\0"):
        await calls.page(_of("word", Comparator.GTE, name.rstrip("\0")))
    for limit in (1, 2, 3):
        await calls.page(PageQuery(limit=limit, predicate=Condition("word", Comparator.GTE, "d")))
    assert _known(sqlite) == 1


async def test_lists_of_almost_the_same_length_have_one_statement(sqlite: Database) -> None:
    calls = SqlCalls(sqlite, CATALOG, project)
    for length in (5, 6, 7, 8):
        await calls.page(_of("number", Comparator.IN, tuple(range(length))))
    assert _known(sqlite) == 1


async def test_what_is_asked_in_other_words_has_another_statement(sqlite: Database) -> None:
    calls = SqlCalls(sqlite, CATALOG, project)
    for each in ("a", 1, True, 0.5, None):
        names: dict[type, str] = {str: "word", int: "number", bool: "flag", float: "share"}
        await calls.page(_of(names.get(type(each), "word"), Comparator.EQ, each))
    assert _known(sqlite) == 5


@pytest.mark.parametrize("predicate", [Search(("a",)), _in("word", [str(number) for number in range(MOST)])])
async def test_no_statement_is_kept_for_words_and_for_more_values_than_are_asked_twice(
    sqlite: Database, predicate: Predicate
) -> None:
    await SqlCalls(sqlite, CATALOG, project).page(PageQuery(limit=5, predicate=predicate))
    assert _known(sqlite) == 0


async def test_the_statements_that_are_kept_are_limited_in_number(sqlite: Database) -> None:
    calls, ways = SqlCalls(sqlite, CATALOG, project), list(itertools.product(Direction, Nulls))
    names = itertools.permutations(rows.HELD, 3)
    orderings = ((Order(a, *way), Order(b), Order(c)) for (a, b, c), way in itertools.product(names, ways))
    for ordering in itertools.islice(orderings, FORMS + 10):
        await calls.page(PageQuery(limit=1, ordering=ordering))
    assert _known(sqlite) == FORMS


# Interrupted, refused, closed


async def test_a_question_that_takes_longer_than_it_may_is_interrupted(database: Database) -> None:
    with pytest.raises(StoreTimeout):
        await asyncio.wait_for(_endless(database, patience=0.05), 9)
    assert await _works(database)


async def test_a_question_whose_task_is_cancelled_is_interrupted(database: Database) -> None:
    task = asyncio.create_task(_endless(database))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 9)
    assert await _works(database)


@pytest.mark.parametrize("times", [1, 2])
async def test_more_questions_than_connections_may_be_interrupted_and_all_connections_are_back(
    sqlite: Database, times: int
) -> None:
    tasks = [asyncio.create_task(_endless(sqlite)) for _ in range(20)]
    await asyncio.sleep(0.05)
    for _ in range(times):
        for task in tasks:
            task.cancel()
        await asyncio.sleep(0)
    told = await asyncio.gather(*tasks, return_exceptions=True)
    assert {type(each) for each in told} == {asyncio.CancelledError}
    assert await _works(sqlite)


async def test_who_finds_no_connection_in_time_is_told() -> None:
    """And as soon as one is free, the next is answered."""
    readers, going = Readers(lambda: sqlite3.connect(":memory:"), most=2, patience=0.01), threading.Event()
    asking = [asyncio.create_task(readers.ask(lambda _: going.wait())) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(exc.TimeoutError):
        await readers.ask(lambda _: True)
    going.set()
    assert await asyncio.gather(*asking) == [True, True]
    assert await readers.ask(lambda _: True)
    await readers.close()


async def test_a_statement_that_is_refused_is_told_without_its_values(database: Database) -> None:
    nowhere = table("nowhere", column("name"))
    with pytest.raises(StoreIncompatible) as refused:
        await _asked(database, select(nowhere).where(nowhere.c.name == "Ada Lovelace"))
    told = f"{refused.value} {refused.value.__notes__} {refused.value.__cause__}"
    assert "FROM nowhere" in told
    assert "Lovelace" not in told


async def test_what_telling_raises_is_raised(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        await database.ask(Form((), ()), lambda _: select(literal_column("1")), lambda found: 1 // (len(found) - 1))
    assert await _works(database)


async def test_a_reader_is_told_what_all_readers_are_told(sqlite: Database) -> None:
    names = ("foreign_keys", "query_only", "cache_size", "secure_delete")
    tables = [table(f"pragma_{name}", column(name)) for name in names]
    statement: Select[Any] = select(*(select(each).scalar_subquery() for each in tables))
    assert [tuple(row) for row in await _asked(sqlite, statement)] == [(1, 1, -8 * 1024, 1)]


async def test_what_was_written_is_read_at_once(sqlite: Database) -> None:
    calls = SqlCalls(sqlite, CATALOG, project)
    for number in range(1, 4):
        async with sqlite.writing() as connection:
            row = CallRow(values={"id": f"{number}", "created_at": rows.MOMENTS[2]})
            await rows.put(connection, sqlite.tables, [row], first=number)
        assert len(await calls.page(PageQuery(limit=5))) == number
    assert await sqlite.checkpoint()


async def test_closing_waits_for_questions_and_ends_their_threads(tmp_path: Path) -> None:
    database = await opened(databases.sqlite_url(tmp_path), CATALOG)
    counted: ColumnElement[int] = literal_column(
        "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 300000) SELECT max(i) FROM n)"
    )
    asking = [asyncio.create_task(_asked(database, select(counted))) for _ in range(4)]
    await asyncio.sleep(0.01)
    await database.close()
    assert all(task.done() for task in asking)
    assert [await task for task in asking] == [[(300_000,)]] * 4
    with pytest.raises(StoreUnavailable, match="closed"):
        await _asked(database, select(counted))


async def test_a_file_that_cannot_be_made_is_unavailable_until_it_can(tmp_path: Path) -> None:
    (tmp_path / "folder").touch()
    database = unprepared(databases.sqlite_url(tmp_path / "folder"), CATALOG)
    with pytest.raises(StoreUnavailable, match="cannot be made"):
        await _works(database)
    (tmp_path / "folder").unlink()
    assert await _works(database)
    await database.close()


async def test_customers_of_some_keys_and_of_others_have_one_statement(sqlite: Database) -> None:
    customers = SqlCustomers(sqlite)
    for key in _KEYS[:3]:
        await customers.customers([key], within=_in("customer_key", [key, "nobody"]))
    assert _known(sqlite) == 1


def test_a_form_holds_no_value() -> None:
    secret = _of("word", Comparator.EQ, "Ada Lovelace")
    assert "Lovelace" not in repr(form_of(secret, Slots.of_page).emptied)
