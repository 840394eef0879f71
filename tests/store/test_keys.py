"""The table of keys: it comes to mirrors that are there already, and nothing in it opens anything."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from gateway.domain.catalog import build
from gateway.errors import StoreError, StoreIncompatible
from gateway.services.keys import Keys, Wish
from gateway.store.database import Database
from gateway.store.keys import SqlKeys
from gateway.store.migrations import VERSION_TABLE
from gateway.store.opening import opened
from tests import databases

pytestmark = pytest.mark.anyio

NOON = dt.datetime(2026, 8, 20, 12, tzinfo=dt.UTC)


def service(database: Database) -> Keys:
    """The keys in a database, at noon."""
    return Keys(SqlKeys(database), aliases={}, clock=lambda: NOON, timer=lambda: 0.0, random=random.Random(1).randbytes)


def written(folder: Path) -> bytes:
    """All bytes of a database in a folder: its log beside it is part of it as long as it is open."""
    return b"".join(file.read_bytes() for file in folder.iterdir())


async def execute(database: Database, *statements: str) -> None:
    async with database.writing() as connection:
        for statement in statements:
            await connection.execute(text(statement))


async def test_a_mirror_of_the_version_before_gets_the_table_and_keeps_what_it_has(database_url: str) -> None:
    before = await opened(database_url, build())
    await execute(
        before,
        "UPDATE sequence SET last = 17",
        "DROP TABLE api_keys",
        f"UPDATE {VERSION_TABLE} SET version_num = '0001'",  # noqa: S608  # a name of ours
    )
    await before.close()
    after = await opened(database_url, build())
    try:
        _, token = await service(after).create(Wish(name="first"))
        assert await service(after).known(token) is not None
        async with after.reading() as connection:
            assert await connection.scalar(text("SELECT last FROM sequence")) == 17
    finally:
        await after.close()


async def test_a_table_of_that_name_of_somebody_else_is_told_of_and_left_alone(database_url: str) -> None:
    """It is a name that many give to theirs."""
    engine = create_async_engine(database_url)
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE api_keys (theirs INTEGER)"))
    with pytest.raises(StoreIncompatible, match="table “api_keys” that is not the mirror's"):
        await opened(database_url, build())
    async with engine.connect() as connection:
        assert (await connection.execute(text("SELECT theirs FROM api_keys"))).all() == []
    await engine.dispose()


async def test_a_file_of_the_database_tells_no_secret(tmp_path: Path) -> None:
    database = await opened(databases.sqlite_url(tmp_path), build())
    keys = service(database)
    tokens = [(await keys.create(Wish(name="canary")))[1] for _ in range(20)]
    for token in tokens:
        assert await keys.known(token) is not None
    await keys.close()
    kept = written(tmp_path)
    await database.close()
    assert b"canary" in kept
    for secret in (token.rpartition("_")[2] for token in tokens):
        assert secret.encode() not in kept
        assert bytes.fromhex(secret) not in kept


async def test_an_error_of_the_database_repeats_nothing_of_a_key(database_url: str) -> None:
    database = await opened(database_url, build())
    keys = service(database)
    key, _ = await keys.create(Wish(name="canary", customers=frozenset({"id:canary"})))
    try:
        with pytest.raises(StoreError) as refused:
            await SqlKeys(database).add(key)  # its id is taken
    finally:
        await database.close()
    for told in (str(refused.value), repr(refused.value)):
        assert "canary" not in told
        assert key.digest.hex() not in told
