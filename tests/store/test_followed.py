"""Whoever asks the columnar copy and goes leaves no question behind, and no connection, however he is ended."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import anyio
import pytest

from gateway.store.calls import SqlCalls
from gateway.store.columnar.followed import FollowedCopy
from gateway.store.opening import opened
from tests import databases
from tests.contracts.calls import CATALOG, project
from tests.contracts.columnar import World

pytestmark = pytest.mark.anyio

SECONDS: Final = 10
"""How long anything here may take; the question itself would take a thousand times as long."""


def endless(_: Any, connection: Any) -> Any:
    asked = "SELECT count(*) FROM range(1000000000) a, range(100000) b WHERE a.range > b.range"
    return connection.execute(asked).fetchall()


def connections(_: Any, connection: Any) -> int:
    ((count,),) = connection.execute("SELECT count FROM duckdb_connection_count()").fetchall()
    return int(count)


@pytest.fixture
async def copy(tmp_path: Path) -> AsyncIterator[FollowedCopy]:
    """The copy of an empty mirror."""
    url = databases.sqlite_url(tmp_path)
    database = await opened(url, CATALOG)
    world = World(SqlCalls(database, CATALOG, project), tmp_path / "columnar.duckdb", url)
    yield world.copy
    await world.copy.close()
    await database.close()


async def test_a_question_ends_with_the_task_that_asked_it(copy: FollowedCopy) -> None:
    usual = await copy.ask(connections)
    asking = asyncio.create_task(copy.ask(endless))
    async with asyncio.timeout(SECONDS):
        await asyncio.sleep(0.2)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert await copy.ask(connections) == usual


async def test_a_question_has_ended_before_its_connection_is_closed_though_it_is_cancelled_again_and_again(
    copy: FollowedCopy,
) -> None:
    """As anyio does it, by which Starlette ends an answer whose client has gone."""
    usual = await copy.ask(connections)
    async with asyncio.timeout(SECONDS):
        with anyio.move_on_after(0.2):
            await copy.ask(endless)
        assert await copy.ask(connections) == usual


async def test_the_loop_goes_on_while_a_question_is_ended(copy: FollowedCopy) -> None:
    turns = 0

    async def turning() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0.01)

    others = asyncio.create_task(turning())
    with anyio.move_on_after(0.3):
        await copy.ask(endless)
    others.cancel()
    assert turns > 10
