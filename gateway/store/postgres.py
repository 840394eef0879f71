"""PostgreSQL: the mirror at scale; needs the extra ``postgres`` (psycopg).

What each session is told, and why:

=================================== ======= ==========================================================================
TimeZone                            UTC     Moments come as they are kept, whatever the server's place.
lock_timeout                        5 s     Waiting longer for another process is an error worth telling, as on SQLite.
idle_in_transaction_session_timeout 60 s    A process that froze must not hold the change sequence for everybody else.
jit                                 off     To compile a question to customers takes longer than to answer it.
application_name                            ``vapi-call-gateway``: who looks at the server's activity sees who asks.
=================================== ======= ==========================================================================

Readers work in REPEATABLE READ, READ ONLY: a transaction sees one moment, as on SQLite. Connections are tried before
they are used, so that a server that was restarted costs nobody an error.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from sqlalchemy import URL, Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

DRIVER: Final = "postgresql+psycopg"
READERS: Final = 8
"""Connections that read at the same time."""
PATIENCE: Final = 5.0
"""Seconds that one waits for a lock, for a connection, or for the server to answer at all."""

_SESSION: Final = ("TimeZone = 'UTC'", "idle_in_transaction_session_timeout = '60s'", "jit = off")


def writer(url: URL, patience: float = PATIENCE) -> AsyncEngine:
    """The engine of the one connection that writes."""
    return _engine(url, patience, connections=1)


def blocking_writer(_: URL) -> None:
    """None: the driver is asynchronous itself, and needs no thread."""


def direct_readers(_: URL) -> None:
    """None, for the same reason."""


def reader(url: URL) -> AsyncEngine:
    """The engine of the connections that read; a transaction sees one moment."""
    engine = _engine(url, PATIENCE, connections=READERS)
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def _engine(url: URL, patience: float, *, connections: int) -> AsyncEngine:
    engine = create_async_engine(
        url,
        hide_parameters=True,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=patience,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": int(PATIENCE),
            "application_name": "vapi-call-gateway",
            "async_creator_fn": _connected,
        },
    )
    _listen(engine.sync_engine, (*_SESSION, f"lock_timeout = '{patience:.0f}s'"))
    return engine


async def _connected(*arguments: Any, **named: Any) -> Any:
    """A new connection; where its task is cancelled, it is made behind it nevertheless, and closed.

    Broken off, it would stay open until it is collected, and the server would wait for the rest of the greeting.
    """
    from psycopg import AsyncConnection

    connecting = asyncio.ensure_future(AsyncConnection.connect(*arguments, **named))
    try:
        return await asyncio.shield(connecting)
    except asyncio.CancelledError:
        connecting.add_done_callback(_discard)
        raise


def _discard(connecting: asyncio.Future[Any]) -> None:
    if not connecting.cancelled() and connecting.exception() is None:
        connecting.result().pgconn.finish()


def _listen(engine: Engine, session: tuple[str, ...]) -> None:
    def prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        for setting in session:
            cursor.execute(f"SET {setting}")
        cursor.close()
        connection.commit()  # a rollback would take the settings back

    event.listen(engine, "connect", prepare)
