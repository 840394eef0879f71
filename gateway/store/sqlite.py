"""SQLite: the mirror in one file, without any set-up.

One connection writes, several read; readers see the last commit and never wait for the writer (WAL). What each
connection is told, and why (https://www.sqlite.org/pragma.html):

==================== ========= =======================================================================================
page_size            16 KiB    Of a new file. A question that no index serves reads all calls, a page at a time: from
                               four times as many of the usual 4 KiB it takes twice as long, and large documents
                               would be chained from dozens. Writing is no slower.
journal_mode         WAL       Readers and the writer do not wait for each other; a commit is one append and one sync.
synchronous          FULL      A commit is on the disk before it returns. Vapi does not send again what was answered
                               with 2xx, so what is answered must survive a loss of power too; NORMAL would lose it.
secure_delete        ON        What is deleted is overwritten: a purge removes, it does not just unlink.
foreign_keys         ON        The same references are checked as in PostgreSQL; off is SQLite's default.
busy_timeout         5 s       Another process (``gateway backfill`` beside ``serve``) may hold the lock for a while.
cache_size           32, 8 MiB The writer touches many indexes in one transaction; readers are several, and what they
                               miss is in the system's memory mostly.
mmap_size            0         An error of the disk comes as an error; under a memory map it would kill the process.
wal_autocheckpoint   1,000     Pages (16 MiB): fewer, and the busiest index pages would be written back several times a
                               second during a backfill.
journal_size_limit   64 MiB    After a reader has held up checkpoints, the log gives the disk back.
query_only           readers   A question cannot change anything, whatever is asked.
==================== ========= =======================================================================================
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import aiosqlite
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from gateway.errors import StoreUnavailable
from gateway.store.readers import Readers

DRIVER: Final = "sqlite+aiosqlite"
READERS: Final = 4
"""Connections of each kind that read at the same time; each has a thread."""
PATIENCE: Final = 5.0
"""Seconds that one waits for a lock, or for a connection."""

_BOTH: Final = (
    "page_size = 16384",  # before anything else makes the file
    "journal_mode = WAL",
    "synchronous = FULL",
    "secure_delete = ON",
    "foreign_keys = ON",
    "mmap_size = 0",
    "wal_autocheckpoint = 1000",
    f"journal_size_limit = {64 * 1024 * 1024}",
)
_WRITER: Final = (f"cache_size = -{32 * 1024}",)
_READER: Final = (f"cache_size = -{8 * 1024}", "query_only = ON")


def writer(url: URL, patience: float = PATIENCE) -> AsyncEngine:
    """The engine of the one connection that writes; its transactions have the file's lock from their beginning."""
    return _engine(url, (*_BOTH, *_WRITER), "BEGIN IMMEDIATE", _options(patience, connections=1))


def blocking_writer(url: URL) -> Engine:
    """The same for a thread: in one piece there, a transaction costs a third of what its steps cost one by one.

    Whoever uses both sees to it that one writes at a time.
    """
    engine = create_engine(url.set(drivername="sqlite"), **_options(PATIENCE, connections=1))
    event.listen(engine, "do_connect", _made(url))
    event.listen(engine, "connect", _told((*_BOTH, *_WRITER)))
    event.listen(engine, "begin", _begin_immediately)
    return engine


def reader(url: URL) -> AsyncEngine:
    """The engine of the connections that read; a transaction sees one moment."""
    return _engine(url, (*_BOTH, *_READER), "BEGIN", _options(PATIENCE, connections=READERS))


def direct_readers(url: URL) -> Readers:
    """The connections that read single statements, beside SQLAlchemy's own way to the driver."""
    make, tell = _made(url), _told((*_BOTH, *_READER))

    def connect() -> sqlite3.Connection:
        make()
        with contextlib.ExitStack() as undo:
            connection = sqlite3.connect(url.database or "", isolation_level=None, timeout=PATIENCE)
            undo.callback(connection.close)
            tell(connection, None)
            undo.pop_all()
        return connection

    return Readers(connect, most=READERS, patience=PATIENCE)


def _engine(url: URL, pragmas: tuple[str, ...], begin: str, options: dict[str, Any]) -> AsyncEngine:
    engine = create_async_engine(url, **options)

    async def start(connection: aiosqlite.Connection) -> None:
        await connection.execute(begin)

    def start_at_once(connection: Connection) -> None:
        adapted: Any = connection.connection.dbapi_connection
        adapted.run_async(start)  # one way to the thread and back, where `exec_driver_sql` takes three

    event.listen(engine.sync_engine, "do_connect", _made(url))
    event.listen(engine.sync_engine, "connect", _told(pragmas))
    event.listen(engine.sync_engine, "begin", start_at_once)
    event.listen(engine.sync_engine, "handle_error", _stop_if_cancelled)
    return engine


def _options(patience: float, *, connections: int) -> dict[str, Any]:
    return {
        "hide_parameters": True,
        "pool_size": connections,
        "max_overflow": 0,
        "pool_timeout": patience,
        # None leaves BEGIN to us: the driver's own comes too late for a read, and is never immediate.
        "connect_args": {"isolation_level": None, "timeout": patience},
    }


def _told(
    pragmas: tuple[str, ...],
) -> Callable[[DBAPIConnection | sqlite3.Connection, ConnectionPoolEntry | None], None]:
    def prepare(connection: DBAPIConnection | sqlite3.Connection, _: ConnectionPoolEntry | None) -> None:
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return prepare


def _begin_immediately(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _stop_if_cancelled(context: ExceptionContext) -> None:
    """Where a task is cancelled in the middle of a statement, end that in its thread and keep the connection.

    Otherwise SQLAlchemy closes the connection behind the statement, and the cancelled task waits for both.
    """
    if isinstance(context.original_exception, asyncio.CancelledError) and context.connection is not None:
        adapted: Any = context.connection.connection.dbapi_connection
        adapted.run_async(_stopped)
        context.is_disconnect = False


async def _stopped(connection: aiosqlite.Connection) -> None:
    """Interrupt what runs, and roll back behind it.

    An interrupt between two steps is lost, so it is repeated until the thread gets to the rollback.
    """
    rollback = asyncio.ensure_future(connection.rollback())
    while not rollback.done():
        await connection.interrupt()
        await asyncio.wait({rollback}, timeout=0.01)
    with contextlib.suppress(aiosqlite.Error):
        rollback.result()


def _made(url: URL) -> Callable[..., None]:
    """What sees to the file before it is connected to, so that a disk that comes back is used again."""
    file = Path(url.database or "")

    def make(*_: object) -> None:
        try:
            _make(file)
        except OSError as error:
            raise StoreUnavailable(f"The mirror's file “{file}” cannot be made: {error.strerror}.") from None

    return make


def _make(file: Path) -> None:
    """The folder, and the file for its owner's eyes alone: it holds what people said.

    A file that is there is left alone: closing it would take away the locks that other connections here have on it.
    """
    if file.exists():
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):  # made by another process meanwhile
        file.touch(mode=0o600, exist_ok=False)
