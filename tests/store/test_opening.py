"""Opening a database: whatever is missing is made, by one process at a time, or nothing is touched."""

from __future__ import annotations

import asyncio
import multiprocessing
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.ext.asyncio import create_async_engine

from gateway.domain.catalog import build
from gateway.errors import StoreIncompatible, StoreUnavailable
from gateway.store.migrations import VERSION_TABLE
from gateway.store.opening import opened
from tests import databases

pytestmark = pytest.mark.anyio


async def execute(url: str, *statements: str) -> None:
    """Do something to a database from outside."""
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        for statement in statements:
            await connection.execute(text(statement))
    await engine.dispose()


async def tables_of(url: str) -> set[str]:
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        found = await connection.run_sync(lambda made: set(inspect(made).get_table_names()))
    await engine.dispose()
    return found


async def test_an_empty_database_gets_every_table(database_url: str) -> None:
    database = await opened(database_url, build())
    await database.close()
    assert {*database.tables.metadata.tables, "search", VERSION_TABLE} <= await tables_of(database_url)


async def test_a_database_can_be_opened_again_and_again(database_url: str) -> None:
    for _ in range(3):
        database = await opened(database_url, build())
        async with database.writing() as connection:
            await connection.execute(database.tables.sequence.update().values(last=database.tables.sequence.c.last + 1))
        await database.close()
    database = await opened(database_url, build())
    async with database.reading() as connection:
        assert (await connection.execute(select(database.tables.sequence))).all() == [(1, 3)]
    await database.close()


async def test_what_the_migrations_make_is_what_the_tables_say(database_url: str) -> None:
    """The revisions are written out; this is what keeps them and `gateway.store.tables` the same."""
    database = await opened(database_url, build())

    def differences(connection: Connection) -> Any:
        options = {"include_name": _ours, "compare_type": _differ, "version_table": VERSION_TABLE}
        context = MigrationContext.configure(connection, opts=options)
        return compare_metadata(context, database.tables.metadata)

    try:
        assert await database.write(differences) == []
    finally:
        await database.close()


def _differ(context: MigrationContext, _: Any, __: Any, there: Any, said: Any) -> bool:
    """Whether two types are spelled differently in this database."""
    return str(there.compile(context.dialect)) != str(said.compile(context.dialect))


def _ours(name: str | None, kind: str, _: Any) -> bool:
    """Not what searches: it is no table in SQLite."""
    return not (name or "").startswith("search") or kind == "column"


async def test_a_database_of_a_newer_version_is_refused_and_left_alone(database_url: str) -> None:
    await execute(
        database_url,
        f"CREATE TABLE {VERSION_TABLE} (version_num VARCHAR(32) NOT NULL)",
        f"INSERT INTO {VERSION_TABLE} VALUES ('9999')",  # noqa: S608  # a name of ours
    )
    with pytest.raises(StoreIncompatible, match=r"revision “9999”.*newer"):
        await opened(database_url, build())
    assert await tables_of(database_url) == {VERSION_TABLE}


async def test_a_database_of_somebody_else_is_refused_and_left_alone(database_url: str) -> None:
    await execute(database_url, "CREATE TABLE calls (number INTEGER)")
    with pytest.raises(StoreIncompatible, match=r"table “calls” that is not the mirror's"):
        await opened(database_url, build())
    assert await tables_of(database_url) == {"calls"}


async def test_tables_of_others_beside_the_mirror_are_no_matter(database_url: str) -> None:
    await execute(database_url, "CREATE TABLE alembic_version (version_num TEXT)", "CREATE TABLE orders (n INTEGER)")
    database = await opened(database_url, build())
    await database.close()
    assert {"alembic_version", "orders", "calls"} <= await tables_of(database_url)


async def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "mirror.db"
    file.write_text("Dear diary, " * 100)
    with pytest.raises(StoreIncompatible, match="no SQLite database"):
        await opened(databases.sqlite_url(tmp_path), build())
    assert file.read_text() == "Dear diary, " * 100


async def test_a_server_that_is_not_there_is_unavailable(postgresql_url: str) -> None:
    nowhere = "postgresql://user:hunter2@127.0.0.1:1/calls"
    with pytest.raises(StoreUnavailable, match="cannot be reached") as refused:
        await opened(nowhere, build())
    assert "hunter2" not in str(refused.value)


async def test_two_gateways_of_one_process_can_open_at_the_same_time(database_url: str, tmp_path: Path) -> None:
    urls = [database_url, databases.sqlite_url(tmp_path / "other"), database_url]
    for database in await asyncio.gather(*(opened(url, build()) for url in urls)):
        assert "created_at" in database.tables.calls.columns
        await database.close()


def _open(url: str, told: Any) -> None:
    async def go() -> str:
        try:
            await (await opened(url, build())).close()
        except Exception as error:  # told to the test
            return repr(error)
        return "opened"

    told.put(asyncio.run(go()))


def test_processes_that_start_at_the_same_time_do_not_collide(database_url: str) -> None:
    context = multiprocessing.get_context("spawn")
    told = context.Queue()
    processes = [context.Process(target=_open, args=(database_url, told)) for _ in range(4)]
    for process in processes:
        process.start()
    assert [told.get(timeout=120) for _ in processes] == ["opened"] * 4
    for process in processes:
        process.join()
