"""The mirrors that contracts are tested over: the reference in memory, SQLite, PostgreSQL."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.ports import CallStore, CustomerStore
from gateway.store.calls import SqlCalls
from gateway.store.customers import SqlCustomers
from gateway.store.opening import opened
from tests import databases
from tests.contracts.calls import CATALOG, project
from tests.contracts.columnar import OBSERVED, World
from tests.contracts.memory_store import MemoryStore


@dataclasses.dataclass(frozen=True, slots=True)
class Mirror:
    """A store of calls, and the customers of these calls."""

    calls: CallStore
    customers: CustomerStore


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def mirror(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Mirror]:
    """An empty mirror of each kind."""
    if request.param == "memory":
        store = MemoryStore(project, CATALOG)
        yield Mirror(store, store)
        return
    url = databases.sqlite_url(tmp_path) if request.param == "sqlite" else request.getfixturevalue("postgresql_url")
    database = await opened(url, CATALOG)
    yield Mirror(SqlCalls(database, CATALOG, project), SqlCustomers(database))
    await database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """An empty mirror of each kind, with a columnar copy in a file."""
    url = databases.sqlite_url(tmp_path) if request.param == "sqlite" else request.getfixturevalue("postgresql_url")
    database = await opened(url, CATALOG)
    made = World(SqlCalls(database, CATALOG, project), tmp_path / "data", url)
    yield made
    await made.copy.close()
    await database.close()


@pytest.fixture
async def filled(world: World) -> World:
    """The same, with calls in it."""
    await world.apply(*OBSERVED)
    return world
