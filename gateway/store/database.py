"""Database: transactions on the mirror, the same for SQLite and PostgreSQL.

One writes at a time in a process, in the order of asking; many read. A task that is cancelled leaves no transaction
open and nothing running in the database.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from cachetools import LRUCache
from sqlalchemy import Connection, Engine, Select, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from gateway.store.faults import translated
from gateway.store.forms import Form, Q
from gateway.store.prepared import Prepared, Rows, prepared
from gateway.store.readers import Readers
from gateway.store.tables import Tables

T = TypeVar("T")

FORMS: Final = 500
"""So many forms of questions have their statements kept."""


class Database:
    """The mirror's database, opened (`gateway.store.opening.opened`). All of it raises leaves of `StoreError` only."""

    def __init__(
        self,
        tables: Tables,
        writer: AsyncEngine,
        reader: AsyncEngine,
        blocking: Engine | None,
        direct: Readers | None,
    ) -> None:
        self.tables = tables
        self.dialect = writer.dialect.name
        """``sqlite`` or ``postgresql``."""
        self._writer = writer
        self._reader = reader
        self._blocking = blocking
        self._thread = ThreadPoolExecutor(1, "mirror-writer") if blocking is not None else None
        self._direct = direct
        self._known: LRUCache[Hashable, Prepared] = LRUCache(FORMS)
        self._turn = asyncio.Lock()

    @contextlib.asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that is committed, durably, when the block ends, and rolled back where it raises.

        Whoever is cancelled while the commit runs does not learn whether it happened.
        """
        with translated():
            async with self._turn, self._writer.begin() as connection:
                yield connection

    async def write(self, function: Callable[[Connection], T]) -> T:
        """Run a function in a transaction of its own, to the end: whoever is cancelled waits for it.

        This is the fast way: on SQLite all of it runs in a thread, in one piece.
        """
        if self._blocking is None or self._thread is None:
            return await _to_the_end(asyncio.ensure_future(self._write_on_the_loop(function)))
        with translated():
            async with self._turn:
                return await _to_the_end(self._in_thread(_in_transaction, self._blocking, function))

    async def _write_on_the_loop(self, function: Callable[[Connection], T]) -> T:
        async with self.writing() as connection:
            return await connection.run_sync(function)

    def _in_thread(self, function: Callable[..., T], *arguments: object) -> asyncio.Future[T]:
        assert self._thread is not None  # noqa: S101  # where there is an engine for it, there is a thread
        return asyncio.wrap_future(self._thread.submit(function, *arguments))

    @contextlib.asynccontextmanager
    async def reading(self, patience: float | None = None) -> AsyncIterator[AsyncConnection]:
        """A transaction that sees one moment and changes nothing.

        After ``patience`` seconds, or when its task is cancelled, what runs in it is interrupted in the database.
        """
        with translated():
            async with asyncio.timeout(patience), self._reader.connect() as connection:
                yield connection

    async def ask(
        self,
        form: Form[Q],
        select: Callable[[Q], Select[Any]],
        told: Callable[[Rows], T],
        patience: float | None = None,
    ) -> T:
        """What is ``told``, in a thread, of the rows of the statement that is made of a question.

        This is the fast way of asking one thing. On SQLite a form's statement is made once, and all of it is one way to
        a thread and back; PostgreSQL is asked in SQLAlchemy's way. It is interrupted as `reading` is.
        """
        if self._direct is not None and form.emptied is not None:
            statement = self._prepared(form.emptied, select)
            with translated():
                async with asyncio.timeout(patience):
                    return await self._direct.ask(lambda reader: told(statement.rows(reader, form.values)))
        async with self.reading(patience) as connection:
            rows = (await connection.execute(select(form.asked))).all()
        return await asyncio.to_thread(told, rows)

    def _prepared(self, form: Q, select: Callable[[Q], Select[Any]]) -> Prepared:
        if (known := self._known.get((select, form))) is None:
            known = self._known[select, form] = prepared(select(form), self._reader.dialect)
        return known

    def insert(self, table: Table) -> Any:
        """An INSERT that knows ``on_conflict_do_update`` and ``on_conflict_do_nothing``, alike on both databases."""
        return sqlite.insert(table) if self.dialect == "sqlite" else postgresql.insert(table)

    async def checkpoint(self) -> bool:
        """Move everything from SQLite's write-ahead log into the file and empty the log; whether that was possible.

        What was deleted before is in no file of ours then. A reader that still needs the log is not waited for.
        PostgreSQL keeps its log by its own rules.
        """
        if self._blocking is None:
            return True
        with translated():
            async with self._turn:
                return await _to_the_end(self._in_thread(_emptied, self._blocking))

    async def close(self) -> None:
        """Close every connection, once what is being written is written."""
        async with self._turn:
            await self._reader.dispose()
            if self._direct is not None:
                await self._direct.close()
            if self._blocking is not None and self._thread is not None:
                await _to_the_end(self._in_thread(self._blocking.dispose))
                self._thread.shutdown()
            await self._writer.dispose()


def _in_transaction(engine: Engine, function: Callable[[Connection], T]) -> T:
    with engine.begin() as connection:
        return function(connection)


def _emptied(engine: Engine) -> bool:
    """Empty the log, in no transaction, where it would be refused."""
    with contextlib.closing(engine.raw_connection()) as connection:
        cursor = connection.cursor()
        usual = cursor.execute("PRAGMA busy_timeout").fetchone()
        cursor.execute("PRAGMA busy_timeout = 0")
        ((busy, *_),) = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        cursor.execute(f"PRAGMA busy_timeout = {usual[0]:d}")
        return not busy


async def _to_the_end(work: asyncio.Future[T]) -> T:
    """What a piece of work comes to. Where its task is cancelled, that is told after the work is done."""
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait({work})
        if not work.cancelled():
            work.exception()  # seen: nobody is left to be told
        raise
