"""Database: transactions on the mirror, the same for SQLite and PostgreSQL.

One writes at a time in a process, in the order of asking; many read. A task that is cancelled leaves no transaction
open and nothing running in the database.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from gateway.store.faults import translated
from gateway.store.tables import Tables


class Database:
    """The mirror's database, opened (`gateway.store.opening.opened`). All of it raises leaves of `StoreError` only."""

    def __init__(self, tables: Tables, writer: AsyncEngine, reader: AsyncEngine) -> None:
        self.tables = tables
        self.dialect = writer.dialect.name
        """``sqlite`` or ``postgresql``."""
        self._writer = writer
        self._reader = reader
        self._turn = asyncio.Lock()

    @contextlib.asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that is committed, durably, when the block ends, and rolled back where it raises.

        Whoever is cancelled while the commit runs does not learn whether it happened.
        """
        with translated():
            async with self._turn, self._writer.begin() as connection:
                yield connection

    @contextlib.asynccontextmanager
    async def reading(self, patience: float | None = None) -> AsyncIterator[AsyncConnection]:
        """A transaction that sees one moment and changes nothing.

        After ``patience`` seconds, or when its task is cancelled, what runs in it is interrupted in the database.
        """
        with translated():
            async with asyncio.timeout(patience), self._reader.connect() as connection:
                yield connection

    def insert(self, table: Table) -> Any:
        """An INSERT that knows ``on_conflict_do_update`` and ``on_conflict_do_nothing``, alike on both databases."""
        return sqlite.insert(table) if self.dialect == "sqlite" else postgresql.insert(table)

    async def checkpoint(self) -> None:
        """Move everything from SQLite's write-ahead log into the file and empty the log.

        What was deleted is in no file of ours any more; PostgreSQL keeps its log by its own rules.
        """
        if self.dialect != "sqlite":
            return
        with translated():
            async with self._turn, self._writer.connect() as connection:
                driver: Any = (await connection.get_raw_connection()).driver_connection
                await driver.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")  # no transaction is open yet

    async def close(self) -> None:
        """Close every connection."""
        await self._reader.dispose()
        await self._writer.dispose()
