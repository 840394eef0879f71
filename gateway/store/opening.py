"""Opening: from the settings' URL to a database that has what this version and this catalog need."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import ModuleType
from typing import Final

from sqlalchemy import URL, Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.domain.catalog import Catalog
from gateway.store import columns, postgres, sqlite
from gateway.store.address import address
from gateway.store.database import Database
from gateway.store.faults import translated
from gateway.store.migrations import migrate
from gateway.store.publishing import Unmade, publish, withdraw
from gateway.store.tables import Tables, tables
from gateway.store.views import Views

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
    found = database(url, catalog)
    await prepare(url, found.tables, patience=patience)
    return found


def database(url: str, catalog: Catalog) -> Database:
    """The database under a URL; it is connected to when it is first used, and must have been made ready by then.

    Raises:
        SettingsInvalid: the URL cannot be used.
    """
    at = address(url)
    kind = _kind(at)
    return Database(
        tables(catalog), kind.writer(at), kind.reader(at), kind.blocking_writer(at), kind.direct_readers(at)
    )


async def prepare(
    url: str, made: Tables, *, attributes: bool = True, views: Views | None = None, patience: float = PATIENCE
) -> Unmade | None:
    """Make or change the tables where that is needed; those of ``attributes`` only for who is to fill them.

    With them come the ``views``, in PostgreSQL, and any others of ours go. What could not be made of them is told.

    Raises as `opened` does.
    """
    at, make_ready = address(url), functools.partial(_make_ready, made=made, attributes=attributes, views=views)
    return await _prepare(_kind(at), at, make_ready, patience)


def _kind(at: URL) -> ModuleType:
    return sqlite if at.drivername == sqlite.DRIVER else postgres


async def _prepare(
    kind: ModuleType, at: URL, make_ready: Callable[[Connection], Unmade | None], patience: float
) -> Unmade | None:
    """Make the tables ready: all of it, or nothing."""
    engine: AsyncEngine = kind.writer(at, patience)
    try:
        with translated():
            async with engine.begin() as connection:
                return await connection.run_sync(make_ready)
    finally:
        await engine.dispose()


def _make_ready(connection: Connection, *, made: Tables, attributes: bool, views: Views | None) -> Unmade | None:
    has_views = connection.dialect.name == "postgresql"
    if has_views:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _GUARD})
    migrate(connection, lambda: withdraw(connection, made, None))
    if not attributes:
        return None
    left = withdraw(connection, made, views)  # columns that change cannot have views that need them
    columns.compare(connection, made)
    return publish(connection, made, views) if has_views and views is not None and left is None else left
