"""Matching: words of calls, by the index that each database keeps for that."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import not_, select

from gateway.domain.filters import AllOf, Not, Search
from gateway.store.database import Database
from gateway.store.matching import common_words, matching
from gateway.store.opening import opened
from tests.store import rows
from tests.store.rows import CATALOG, CallRow

pytestmark = pytest.mark.anyio


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    made = await opened(database_url, CATALOG)
    async with made.writing() as connection:
        calls = [
            CallRow(values={"id": "a"}, words=frozenset({"or", "not", "near"})),
            CallRow(values={"id": "b"}, words=frozenset({"école", "漢", "or"})),
            CallRow(values={"id": "c"}),
        ]
        await rows.put(connection, made.tables, calls)
    yield made
    await made.close()


async def _found(database: Database, *words: str, opposite: bool = False) -> list[str]:
    columns = database.tables.calls.c
    chosen = matching(columns.mirror_number, database.dialect)(words)
    async with database.reading() as connection:
        found = await connection.execute(select(columns.id).where(not_(chosen) if opposite else chosen))
    return sorted(found.scalars())


async def test_all_words_must_be_there(database: Database) -> None:
    assert await _found(database, "or") == ["a", "b"]
    assert await _found(database, "or", "near") == ["a"]
    assert await _found(database, "or", "and") == []


async def test_words_are_words_and_no_operators(database: Database) -> None:
    assert await _found(database, "not", "near") == ["a"]


async def test_a_word_is_no_part_of_a_word_and_has_its_accents(database: Database) -> None:
    assert await _found(database, "école") == ["b"]
    assert await _found(database, "漢") == ["b"]
    assert await _found(database, "ecole") == []
    assert await _found(database, "éco") == []


async def test_what_is_common_is_found_the_same(database: Database) -> None:
    """The plan of the query is another one; see test_pages for the one of rare words."""
    search = Search(("or",))
    async with database.reading() as connection:
        common = await common_words(connection, AllOf((search, Not(Search(("near",))))), most=2)
        columns = database.tables.calls.c
        chosen = matching(columns.mirror_number, database.dialect, common)(search.words)
        found = await connection.execute(select(columns.id).where(chosen))
    assert sorted(found.scalars()) == ["a", "b"]
    assert common == (frozenset({("or",)}) if database.dialect == "sqlite" else frozenset())


async def test_a_call_without_words_is_among_those_that_lack_one(database: Database) -> None:
    assert await _found(database, "near", opposite=True) == ["b", "c"]
