"""Columns of attributes: compared with the catalog at start."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, insert, inspect, select

from gateway.domain.catalog import Catalog, Configured, build
from gateway.store.columns import plan
from gateway.store.database import Database
from gateway.store.opening import opened

pytestmark = pytest.mark.anyio

_kinds = st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(["Int", "String"]))


def catalog(**types: str) -> Catalog:
    """A catalog with attributes of these types of the customer."""
    use = ("filter", "sort", "export")
    return build(
        {
            "customer": [
                Configured(name=name, type=kind, description=f"The {name}.", use=use) for name, kind in types.items()
            ]
        }
    )


@contextlib.asynccontextmanager
async def opening(url: str, catalog: Catalog) -> AsyncIterator[Database]:
    database = await opened(url, catalog)
    try:
        yield database
    finally:
        await database.close()


async def add_a_call(database: Database, **values: object) -> None:
    calls = database.tables.calls
    row = {"id": "call-1", "mirror_change": 1, "mirror_state": "present", "mirror_holds": 2, **values}
    async with database.writing() as connection:
        await connection.execute(insert(calls).values(row))


async def noted(database: Database, name: str) -> tuple[str, int] | None:
    """The kind of an attribute of the calls, and whether it is filled."""
    notes = database.tables.attributes
    note = select(notes.c.kind, notes.c.filled).where(notes.c.table == "calls", notes.c.name == name)
    async with database.reading() as connection:
        row = (await connection.execute(note)).one_or_none()
    return None if row is None else (row.kind, row.filled)


async def in_the_table(database: Database) -> set[str]:
    def look(connection: Connection) -> set[str]:
        return {column["name"] for column in inspect(connection).get_columns("calls")}

    return await database.write(look)


async def test_every_attribute_has_its_column_and_is_filled_where_there_are_no_calls(database_url: str) -> None:
    wanted = build()
    async with opening(database_url, wanted) as database:
        there = await in_the_table(database)
        assert {attribute.flat for attribute in wanted.mirrored()} <= there
        assert await noted(database, "created_at") == ("DateTime", 1)


async def test_a_new_attribute_of_calls_that_are_there_has_still_to_be_filled(database_url: str) -> None:
    async with opening(database_url, catalog()) as database:
        await add_a_call(database)
    async with opening(database_url, catalog(score="Int")) as database:
        assert await noted(database, "customer_score") == ("Int", 0)


async def test_a_new_attribute_where_there_are_no_calls_is_filled(database_url: str) -> None:
    async with opening(database_url, catalog()):
        pass
    async with opening(database_url, catalog(score="Int")) as database:
        assert await noted(database, "customer_score") == ("Int", 1)


async def test_an_attribute_of_another_type_loses_its_values_and_is_to_be_filled_anew(database_url: str) -> None:
    async with opening(database_url, catalog(score="Int")) as database:
        await add_a_call(database, customer_score=7)
    async with opening(database_url, catalog(score="String")) as database:
        assert await noted(database, "customer_score") == ("String", 0)
        async with database.reading() as connection:
            assert await connection.scalar(select(database.tables.calls.c.customer_score)) is None


async def test_an_attribute_that_is_gone_keeps_its_column_and_is_forgotten(database_url: str) -> None:
    async with opening(database_url, catalog(score="Int")) as database:
        await add_a_call(database, customer_score=7)
    async with opening(database_url, catalog()) as database:
        assert await noted(database, "customer_score") is None
        assert "customer_score" in await in_the_table(database)


async def test_an_attribute_that_returns_is_to_be_filled_since_nobody_did_meanwhile(database_url: str) -> None:
    async with opening(database_url, catalog(score="Int")) as database:
        await add_a_call(database, customer_score=7)
    async with opening(database_url, catalog()):
        pass
    async with opening(database_url, catalog(score="Int")) as database:
        assert await noted(database, "customer_score") == ("Int", 0)


async def test_what_is_filled_stays_so_when_the_database_is_opened_again(database_url: str) -> None:
    for _ in range(2):
        async with opening(database_url, catalog(score="Int")) as database:
            assert await noted(database, "customer_score") == ("Int", 1)


async def test_an_index_that_is_missing_is_made_and_one_of_a_dropped_column_made_anew(database_url: str) -> None:
    def index(kind: str) -> Catalog:
        own = Configured(name="score", type=kind, description="Score.", use=("filter", "sort", "index"))
        return build({"customer": [own]})

    def look(connection: Connection) -> set[str | None]:
        return {each["name"] for each in inspect(connection).get_indexes("calls")}

    async with opening(database_url, catalog(score="Int")) as database:
        assert "calls_customer_score" not in await database.write(look)
    for kind in ("Int", "String"):
        async with opening(database_url, index(kind)) as database:
            assert {"calls_created_at", "calls_customer_score"} <= await database.write(look)


async def test_the_longest_name_that_can_be_declared_fits_both_databases(database_url: str) -> None:
    own = Configured(
        name="x", flat="f" * 57, type="Int", description="Long.", use=("filter", "sort", "index"), paths=("metadata.x",)
    )
    async with opening(database_url, build({"call": [own]})) as database:
        assert "f" * 57 in await in_the_table(database)


async def test_postgresql_tells_what_a_column_is(postgresql_url: str) -> None:
    def look(connection: Connection) -> dict[str, str | None]:
        return {column["name"]: column.get("comment") for column in inspect(connection).get_columns("calls")}

    for doc in ("The score.", "The score, at last."):
        own = Configured(name="score", type="Int", description=doc)
        async with opening(postgresql_url, build({"customer": [own]})) as database:
            assert (await database.write(look))["customer_score"] == doc


@given(wanted=_kinds, before=_kinds, there=st.sets(st.sampled_from("abcdef")))
def test_a_plan_leads_to_what_is_wanted_and_drops_only_what_it_makes_anew(
    wanted: dict[str, str], before: dict[str, str], there: set[str]
) -> None:
    todo = plan(wanted, before, there)
    assert set(wanted) <= (there - set(todo.drop)) | set(todo.add)
    assert set(todo.drop) <= set(todo.add) <= set(wanted)
    assert not set(todo.add) & (there - set(todo.drop))
    assert set(todo.forget) == set(before) - set(wanted)


@given(wanted=_kinds, others=st.sets(st.sampled_from("uvw")))
def test_a_table_that_is_as_wanted_needs_nothing(wanted: dict[str, str], others: set[str]) -> None:
    todo = plan(wanted, wanted, {*wanted, *others})
    assert (todo.drop, todo.add, todo.forget) == ((), (), ())
