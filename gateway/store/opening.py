"""Opening: from the settings' URL to a database that has what this version and this catalog need."""

from __future__ import annotations

from types import ModuleType
from typing import Final

from sqlalchemy import URL, Connection, text

from gateway.domain.catalog import Catalog
from gateway.store import columns, postgres, sqlite
from gateway.store.address import address
from gateway.store.database import Database
from gateway.store.faults import translated
from gateway.store.migrations import migrate
from gateway.store.tables import Tables, tables

PATIENCE: Final = 300.0
"""Seconds that one waits while another process makes the tables ready: a new index on millions of calls takes time."""
_GUARD: Final = 0x76617069
"""The key of PostgreSQL's advisory lock; SQLite's transaction has the file to itself from its beginning."""


async def opened(url: str, catalog: Catalog, *, patience: float = PATIENCE) -> Database:
    """The database under a URL, with tables that are made or changed first where that is needed.

    Several processes may open one at the same time; one makes the tables ready, the others wait for it.

    Raises:
        SettingsInvalid: the URL cannot be used.
        StoreIncompatible: a newer version made what is in it, or something else did; nothing was changed.
        StoreUnavailable: it cannot be reached.
    """
    at, made = address(url), tables(catalog)
    kind = sqlite if at.drivername == sqlite.DRIVER else postgres
    await _prepare(kind, at, made, patience)
    return Database(made, kind.writer(at), kind.reader(at), kind.blocking_writer(at))


async def _prepare(kind: ModuleType, at: URL, made: Tables, patience: float) -> None:
    """Make the tables ready: all of it, or nothing."""
    engine = kind.writer(at, patience)
    try:
        with translated():
            async with engine.begin() as connection:
                await connection.run_sync(_make_ready, made)
    finally:
        await engine.dispose()


def _make_ready(connection: Connection, made: Tables) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _GUARD})
    migrate(connection)
    columns.compare(connection, made)
