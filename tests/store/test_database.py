"""Transactions on the mirror: whole or not at all, interruptible, and back by themselves after a fault."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, insert, select, text

from gateway.domain.catalog import build
from gateway.errors import StoreIncompatible, StoreTimeout, StoreUnavailable
from gateway.store.database import Database
from gateway.store.opening import opened
from tests import databases
from tests.store.forwarder import forwarding

pytestmark = pytest.mark.anyio

_ENDLESS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n",
    "postgresql": "SELECT pg_sleep(3600)",
}
_RUNNING = text("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE :what")


@contextlib.asynccontextmanager
async def opening(url: str) -> AsyncIterator[Database]:
    database = await opened(url, build())
    try:
        yield database
    finally:
        await database.close()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with opening(database_url) as database:
        yield database


async def save(database: Database, name: str) -> None:
    async with database.writing() as connection:
        await connection.execute(insert(database.tables.saved).values(name=name, value=1))


async def save_and_raise(database: Database) -> None:
    async with database.writing() as connection:
        await connection.execute(insert(database.tables.saved).values(name="a", value=1))
        raise KeyError


async def names(database: Database) -> list[str]:
    async with database.reading() as connection:
        return sorted(await connection.scalars(select(database.tables.saved.c.name)))


async def ask_without_end(database: Database, asking: asyncio.Event) -> None:
    async with database.reading() as connection:
        asking.set()
        await connection.execute(text(_ENDLESS[database.dialect]))


async def test_what_is_written_is_read_afterwards(database: Database) -> None:
    await save(database, "a")
    assert await names(database) == ["a"]


async def test_a_block_that_raises_leaves_nothing(database: Database) -> None:
    with pytest.raises(KeyError):
        await save_and_raise(database)
    assert await names(database) == []


async def test_a_function_is_run_in_a_transaction_and_answers(database: Database) -> None:
    def write(connection: Connection) -> str:
        connection.execute(insert(database.tables.saved).values(name="a", value=1))
        return "done"

    assert await database.write(write) == "done"
    assert await names(database) == ["a"]


async def test_a_function_that_raises_leaves_nothing(database: Database) -> None:
    def write(connection: Connection) -> None:
        connection.execute(insert(database.tables.saved).values(name="a", value=1))
        raise KeyError

    with pytest.raises(KeyError):
        await database.write(write)
    assert await names(database) == []


async def test_one_writes_at_a_time_in_the_order_of_asking(database: Database) -> None:
    order: list[str] = []

    async def write(name: str) -> None:
        async with database.writing():
            order.append(f"{name} begins")
            await asyncio.sleep(0.01)
            order.append(f"{name} ends")

    await asyncio.gather(write("a"), write("b"))
    await asyncio.gather(write("c"), database.write(lambda _: order.append("d")))
    assert order == ["a begins", "a ends", "b begins", "b ends", "c begins", "c ends", "d"]


async def test_a_reader_sees_one_moment_whatever_is_written_meanwhile(database: Database) -> None:
    count = select(func.count()).select_from(database.tables.saved)
    async with database.reading() as connection:
        before = await connection.scalar(count)
        await save(database, "a")
        assert (before, await connection.scalar(count)) == (0, 0)
    assert await names(database) == ["a"]


async def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(StoreUnavailable, match="read-only"):
        async with database.reading() as connection:
            await connection.execute(insert(database.tables.saved).values(name="a", value=1))


async def test_many_read_at_once_and_wait_for_one_another_where_they_must(database: Database) -> None:
    assert await asyncio.gather(*(names(database) for _ in range(30))) == [[]] * 30


async def test_a_question_that_takes_longer_than_it_may_is_interrupted(database: Database) -> None:
    with pytest.raises(StoreTimeout):
        async with database.reading(patience=0.05) as connection:
            await connection.execute(text(_ENDLESS[database.dialect]))
    assert await running(database) == 0
    assert await names(database) == []


async def test_more_questions_than_connections_may_be_interrupted_and_all_connections_are_back(
    database: Database,
) -> None:
    async def ask() -> None:
        async with database.reading(patience=0.05) as connection:
            await connection.execute(text(_ENDLESS[database.dialect]))

    told = await asyncio.gather(*(ask() for _ in range(20)), return_exceptions=True)
    assert {type(each) for each in told} == {StoreTimeout}
    assert await running(database) == 0
    assert await asyncio.gather(*(names(database) for _ in range(20))) == [[]] * 20


async def test_who_is_cancelled_while_connecting_leaves_no_connection_behind(postgresql_url: str) -> None:
    """A server waits a minute for the rest of a greeting, and cannot drop the database until then."""
    async with opening(postgresql_url) as database:
        asking = [asyncio.create_task(names(database)) for _ in range(8)]
        await asyncio.sleep(0.005)
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
        while await connected(database) > 2:  # noqa: ASYNC110  # the one that asks, and the writer; servers do not call
            await asyncio.sleep(0.01)


async def connected(database: Database) -> int:
    """How many connections the server has."""
    mine = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
    async with database.reading() as connection:
        return await connection.scalar(mine) or 0


async def test_a_question_whose_task_is_cancelled_is_interrupted(database: Database) -> None:
    asking = asyncio.Event()
    task = asyncio.create_task(ask_without_end(database, asking))
    await asking.wait()
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await running(database) == 0
    assert await names(database) == []


async def running(database: Database) -> int:
    """How many questions without end the server still works on; SQLite has no server, its threads would never end."""
    if database.dialect == "sqlite":
        return 0
    async with database.reading() as connection:
        return await connection.scalar(_RUNNING, {"what": f"{_ENDLESS['postgresql']}%"}) or 0


async def test_a_writer_whose_task_is_cancelled_leaves_nothing_and_lets_the_next_one_write(database: Database) -> None:
    inside = asyncio.Event()

    async def write() -> None:
        async with database.writing() as connection:
            await connection.execute(insert(database.tables.saved).values(name="a", value=1))
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(write())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await save(database, "b")
    assert await names(database) == ["b"]


async def test_a_statement_of_a_writer_that_is_cancelled_is_interrupted(database: Database) -> None:
    inside = asyncio.Event()

    async def write() -> None:
        async with database.writing() as connection:
            await connection.execute(insert(database.tables.saved).values(name="a", value=1))
            inside.set()
            await connection.execute(text(_ENDLESS[database.dialect]))

    task = asyncio.create_task(write())
    await inside.wait()
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await save(database, "b")
    assert await names(database) == ["b"]


@pytest.mark.parametrize("after", [0.0, 0.0005, 0.001, 0.002, 0.004, 0.008])
async def test_whenever_a_writer_is_cancelled_the_next_one_can_write(database: Database, after: float) -> None:
    """At the beginning, in a statement, in the commit: it is all or nothing, and nothing is stuck."""
    task = asyncio.create_task(save(database, "a"))
    await asyncio.sleep(after)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await save(database, "b")
    assert await names(database) in (["a", "b"], ["b"])


async def test_a_function_whose_task_is_cancelled_is_run_to_its_end(database: Database) -> None:
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()

    def write(connection: Connection) -> None:
        loop.call_soon_threadsafe(begun.set)
        for name in range(20):
            connection.execute(insert(database.tables.saved).values(name=f"{name:02}", value=1))

    task = asyncio.create_task(database.write(write))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(await names(database)) == 20


async def test_a_checkpoint_does_not_wait_for_a_reader_and_says_so(tmp_path: Path) -> None:
    async with opening(databases.sqlite_url(tmp_path)) as database:
        async with database.reading() as connection:
            await connection.execute(select(database.tables.saved))
            await save(database, "a")
            assert not await database.checkpoint()
        assert await database.checkpoint()


async def test_a_statement_that_the_database_refuses_is_told_without_its_values(database: Database) -> None:
    await save(database, "Ada Lovelace")
    with pytest.raises(StoreIncompatible) as refused:
        await save(database, "Ada Lovelace")
    told = f"{refused.value} {refused.value.__notes__} {refused.value.__cause__}"
    assert "INSERT INTO saved" in told
    assert "Lovelace" not in told


async def test_questions_that_are_interrupted_leave_no_connections_behind(tmp_path: Path) -> None:
    async with opening(databases.sqlite_url(tmp_path)) as database:
        for _ in range(3):
            with pytest.raises(StoreTimeout):
                await asyncio.wait_for(_endless(database), 9)
        assert len(_open_files(tmp_path)) <= 6  # of two connections: the file, its log, what they share
    assert _open_files(tmp_path) == []


async def _endless(database: Database) -> None:
    async with database.reading(patience=0.05) as connection:
        await connection.execute(text(_ENDLESS[database.dialect]))


def _open_files(folder: Path) -> list[str]:
    links = (str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.is_symlink())
    return [link for link in links if link.startswith(str(folder))]


async def test_a_file_that_another_process_holds_for_too_long_is_unavailable_until_it_lets_go(tmp_path: Path) -> None:
    async with opening(databases.sqlite_url(tmp_path)) as database, opening(databases.sqlite_url(tmp_path)) as beside:
        async with beside.writing(), _hasty(database):
            with pytest.raises(StoreUnavailable, match="lock"):
                await save(database, "a")
        await save(database, "b")
        assert await names(database) == ["b"]


@contextlib.asynccontextmanager
async def _hasty(database: Database) -> AsyncIterator[None]:
    """Let the writer wait a moment only."""
    async with database._writer.connect() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        await driver.execute("PRAGMA busy_timeout = 1")
    yield


async def test_a_server_that_goes_away_is_unavailable_and_used_again_when_it_is_back(postgresql_url: str) -> None:
    async with forwarding(postgresql_url) as (url, way), opening(url) as database:
        await save(database, "a")
        await names(database)
        await way.cut()
        with pytest.raises(StoreUnavailable):
            await names(database)
        with pytest.raises(StoreUnavailable):
            await save(database, "b")
        way.mend()
        await save(database, "c")
        assert await names(database) == ["a", "c"]


async def test_a_server_that_was_restarted_between_two_questions_costs_nobody_an_error(postgresql_url: str) -> None:
    async with forwarding(postgresql_url) as (url, way), opening(url) as database:
        await asyncio.gather(*(names(database) for _ in range(5)))
        await save(database, "a")
        await way.cut()
        way.mend()
        assert await asyncio.gather(*(names(database) for _ in range(5))) == [["a"]] * 5
        await save(database, "b")


async def test_a_server_that_goes_away_within_a_transaction_leaves_nothing_of_it(postgresql_url: str) -> None:
    async def save_and_cut() -> None:
        async with database.writing() as connection:
            await connection.execute(insert(database.tables.saved).values(name="a", value=1))
            await way.cut()

    async with forwarding(postgresql_url) as (url, way), opening(url) as database:
        with pytest.raises(StoreUnavailable):
            await save_and_cut()
        way.mend()
        assert await names(database) == []
        await save(database, "b")


async def test_what_is_deleted_is_in_no_file_any_more_after_a_checkpoint(tmp_path: Path) -> None:
    canary = "Ada-Lovelace-" * 700  # longer than a page
    async with opening(databases.sqlite_url(tmp_path)) as database:
        await save(database, canary)
        assert await database.checkpoint()
        assert _holds(tmp_path, b"Ada-Lovelace")
        async with database.writing() as connection:
            await connection.execute(database.tables.saved.delete())
        assert await database.checkpoint()
        assert not _holds(tmp_path, b"Ada-Lovelace")


def _holds(folder: Path, text: bytes) -> bool:
    return any(text in file.read_bytes() for file in folder.iterdir())


async def test_the_file_is_for_its_owner_alone_and_its_folder_is_made(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "er"
    async with opening(databases.sqlite_url(folder)) as database:
        await save(database, "a")
        assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}


async def test_a_commit_waits_for_the_disk(tmp_path: Path) -> None:
    """FULL is 2: Vapi does not send again what was answered, so it must survive a loss of power."""
    async with opening(databases.sqlite_url(tmp_path)) as database:
        async with database.writing() as connection:
            assert await connection.scalar(text("PRAGMA synchronous")) == 2
            assert await connection.scalar(text("PRAGMA secure_delete")) == 1
            assert await connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert await database.write(lambda made: made.scalar(text("PRAGMA synchronous"))) == 2


async def test_a_file_that_cannot_be_made_is_unavailable_until_it_can(tmp_path: Path) -> None:
    (tmp_path / "folder").touch()
    with pytest.raises(StoreUnavailable, match="cannot be made"):
        await opened(databases.sqlite_url(tmp_path / "folder"), build())
    (tmp_path / "folder").unlink()
    async with opening(databases.sqlite_url(tmp_path / "folder")) as database:
        assert await names(database) == []
