"""Watch: a number that is another one after every commit, whoever made it."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import insert

from gateway.domain.catalog import build
from gateway.store.opening import opened
from gateway.store.watch import Watch

pytestmark = pytest.mark.anyio


async def test_every_commit_is_seen(tmp_path: Path) -> None:
    """This process's own, and another's."""
    url = f"sqlite:///{tmp_path / 'mirror.sqlite'}"
    database, watch = await opened(url, build()), Watch(url)
    try:
        versions = [watch.version()]
        async with database.writing() as connection:
            await connection.execute(insert(database.tables.saved).values(name="a", value=1))
        versions.append(watch.version())
        other = sqlite3.connect(tmp_path / "mirror.sqlite")
        other.execute("UPDATE saved SET value = '2'")
        other.commit()
        other.close()
        versions.append(watch.version())
        assert None not in versions
        assert len(set(versions)) == 3
        assert watch.version() == versions[-1]
    finally:
        watch.close()
        await database.close()


async def test_a_file_that_somebody_has_locked_is_not_waited_for(tmp_path: Path) -> None:
    """The event loop would stand still for as long. Whoever waited would be told a number in the end."""
    url = f"sqlite:///{tmp_path / 'mirror.sqlite'}"
    database, watch = await opened(url, build()), Watch(url)
    await database.close()
    other = sqlite3.connect(tmp_path / "mirror.sqlite", isolation_level=None, check_same_thread=False)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(1, other.close)
    release.start()
    try:
        assert watch.version() is None
    finally:
        release.join()
        watch.close()


def test_postgresql_does_not_tell() -> None:
    """Nothing is connected to."""
    assert Watch("postgresql+psycopg://nobody@127.0.0.1:1/x").version() is None


def test_a_database_that_cannot_be_opened_does_not_tell(tmp_path: Path) -> None:
    assert Watch(f"sqlite:///{tmp_path / 'there' / 'is' / 'none.sqlite'}").version() is None
