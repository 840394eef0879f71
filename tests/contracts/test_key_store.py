"""What every store of API keys must do, on both databases."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.domain.catalog import build
from gateway.domain.keys import ApiKey, digest
from gateway.domain.principal import EVERY_SCOPE, Scope
from gateway.ports import KeyStore
from gateway.store.keys import SqlKeys
from gateway.store.opening import opened
from tests import databases
from tests.services.keys import MemoryKeys

pytestmark = pytest.mark.anyio

NOON = dt.datetime(2026, 8, 20, 12, 0, 0, 123_456, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
PLAIN = ApiKey(id="0a1b2c3d4e5f", name="reports", digest=digest("s"), scopes=EVERY_SCOPE, created_at=NOON)
FULL = ApiKey(
    id="ffffffffffff",
    name="Ada’s page",
    digest=digest("t"),
    scopes=frozenset({Scope.CALLS_READ}),
    customers=frozenset({"id:ada", "tel~00"}),
    assistants=frozenset(),
    trusts_servers_only=True,
    created_at=NOON + MINUTE,
    expires_at=NOON + 30 * MINUTE,
)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[KeyStore]:
    """An empty store of each kind."""
    if request.param == "memory":
        yield MemoryKeys()
        return
    url = databases.sqlite_url(tmp_path) if request.param == "sqlite" else request.getfixturevalue("postgresql_url")
    database = await opened(url, build())
    yield SqlKeys(database)
    await database.close()


async def test_a_key_is_found_as_it_was_kept(store: KeyStore) -> None:
    for key in (FULL, PLAIN):
        await store.add(key)
    assert await store.find(PLAIN.id) == PLAIN
    assert await store.find(FULL.id) == FULL


async def test_a_key_that_is_bound_to_nobody_is_no_key_that_is_not_bound(store: KeyStore) -> None:
    await store.add(dataclasses.replace(PLAIN, customers=frozenset()))
    found = await store.find(PLAIN.id)
    assert found is not None
    assert (found.customers, found.assistants) == (frozenset(), None)


async def test_where_there_is_no_key_none_is_found(store: KeyStore) -> None:
    await store.add(PLAIN)
    assert await store.find("0a1b2c3d4e50") is None
    assert await store.find("") is None


async def test_all_keys_are_told_of_the_oldest_first(store: KeyStore) -> None:
    assert list(await store.all()) == []
    for key in (FULL, PLAIN):
        await store.add(key)
    assert list(await store.all()) == [PLAIN, FULL]


async def test_a_key_is_revoked_once_and_stays_to_be_seen(store: KeyStore) -> None:
    await store.add(PLAIN)
    assert await store.revoke(PLAIN.id, NOON)
    assert not await store.revoke(PLAIN.id, NOON + MINUTE)
    assert not await store.revoke(FULL.id, NOON)
    assert list(await store.all()) == [dataclasses.replace(PLAIN, revoked_at=NOON)]


async def test_the_last_use_of_a_key_only_ever_moves_on(store: KeyStore) -> None:
    await store.add(PLAIN)
    await store.used(PLAIN.id, NOON + MINUTE)
    await store.used(PLAIN.id, NOON)
    assert await store.find(PLAIN.id) == dataclasses.replace(PLAIN, last_used_at=NOON + MINUTE)
    await store.used(FULL.id, NOON)
    assert await store.find(FULL.id) is None
