"""The keys by which callers are known, in the mirror's database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Row, insert, select, update

from gateway.domain.keys import ApiKey
from gateway.domain.principal import Scope
from gateway.store.database import Database


class SqlKeys:
    """Implements `gateway.ports.KeyStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._table = database.tables.api_keys

    async def add(self, key: ApiKey) -> None:
        """Keep a new key."""
        async with self._database.writing() as connection:
            await connection.execute(insert(self._table).values(_row(key)))

    async def find(self, key_id: str) -> ApiKey | None:
        """The key with this id, whether or not it is valid; None where there is none."""
        async with self._database.reading() as connection:
            found = (await connection.execute(select(self._table).where(self._table.c.id == key_id))).one_or_none()
        return None if found is None else _key(found)

    async def all(self) -> Sequence[ApiKey]:
        """Every key, oldest first."""
        c = self._table.c
        async with self._database.reading() as connection:
            return [_key(row) for row in await connection.execute(select(self._table).order_by(c.created_at, c.id))]

    async def revoke(self, key_id: str, now: dt.datetime) -> bool:
        """Let the key open nothing any more; whether there was one that did."""
        c = self._table.c
        there = update(self._table).where(c.id == key_id, c.revoked_at.is_(None))
        async with self._database.writing() as connection:
            return (await connection.execute(there.values(revoked_at=now))).rowcount > 0

    async def used(self, key_id: str, now: dt.datetime) -> None:
        """Remember when the key was used last."""
        c = self._table.c
        earlier = c.last_used_at.is_(None) | (c.last_used_at < now)  # other processes write it too
        async with self._database.writing() as connection:
            await connection.execute(update(self._table).where(c.id == key_id, earlier).values(last_used_at=now))


def _row(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "digest": key.digest,
        "scopes": sorted(scope.value for scope in key.scopes),
        "customers": _listed(key.customers),
        "assistants": _listed(key.assistants),
        "trusts_servers_only": key.trusts_servers_only,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
        "last_used_at": key.last_used_at,
    }


def _key(row: Row[Any]) -> ApiKey:
    """A key of a row. A scope that this version does not know allows nothing here."""
    return ApiKey(
        id=row.id,
        name=row.name,
        digest=row.digest,
        scopes=frozenset(scope for scope in Scope if scope.value in row.scopes),
        customers=_set(row.customers),
        assistants=_set(row.assistants),
        trusts_servers_only=row.trusts_servers_only,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
    )


def _listed(stated: Iterable[str] | None) -> list[str] | None:
    return None if stated is None else sorted(stated)


def _set(kept: Iterable[str] | None) -> frozenset[str] | None:
    return None if kept is None else frozenset(kept)
