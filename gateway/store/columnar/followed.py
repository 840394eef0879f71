"""Followed: the columnar copy, brought up to the mirror before it answers, and asked on behalf of the event loop.

Whoever asks gets what the mirror held when he asked, or later: the copy is brought up to it first, once for all who
wait. What is slow happens in threads, and is interrupted where nobody waits for it any more.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

import adbc_driver_manager
import duckdb

from gateway.errors import BadUserInput, StoreError, StoreTimeout, StoreUnavailable
from gateway.store.columnar.copy import Copy

T = TypeVar("T")

_AGAIN: Final = 0.01
"""Seconds after which an interrupt is repeated: one that comes before the statement is lost."""


class FollowedCopy:
    """A copy that is opened when it is first asked; a question is interrupted after ``patience`` seconds.

    ``make`` opens it, in a thread, and ``discard`` removes what an earlier process has left of it; ``last_change`` is
    the number of the mirror's last change.
    """

    def __init__(
        self,
        make: Callable[[], Copy],
        *,
        last_change: Callable[[], Awaitable[int]],
        clock: Callable[[], dt.datetime],
        patience: float | None = None,
        discard: Callable[[], None] = lambda: None,
    ) -> None:
        self._discard = discard
        self._make = make
        self._last_change = last_change
        self._clock = clock
        self._patience = patience
        self._thread = ThreadPoolExecutor(1, "columnar-copy")
        self._copy: Copy | None = None
        self._following = asyncio.Lock()

    async def ask(self, question: Callable[[Copy, duckdb.DuckDBPyConnection], T]) -> T:
        """The answer to a question that is asked in a thread. Raises the leaves of `StoreError`, and `BadUserInput`."""
        async with self.connected() as session:
            return await session.ask(question)

    @contextlib.asynccontextmanager
    async def connected(self) -> AsyncIterator[Session]:
        """A connection that sees one state, whatever changes meanwhile."""
        with translated():
            copy = await self._followed()
            with copy.asking() as connection:
                session = Session(copy, connection, self._patience)
                await session.ask(lambda _, opened: opened.begin())
                try:
                    yield session
                finally:
                    await session.ended()

    async def purge(self) -> None:
        """Let nothing be left in files of what is gone in the mirror. Raises the leaves of `StoreError`."""
        if self._copy is None:
            await asyncio.to_thread(self._discard)
            return
        with translated():
            copy = await self._followed()
            async with self._following:
                await self._in_thread(copy.purge)

    async def close(self) -> None:
        """Close the copy, once nobody follows any more."""
        async with self._following:
            if self._copy is not None:
                await self._in_thread(self._copy.close)
            self._thread.shutdown()

    async def _followed(self) -> Copy:
        """The copy, with everything that the mirror holds at this moment."""
        last = await self._last_change()
        if self._copy is None or self._copy.state != last:  # less where it is another mirror now
            async with self._following:
                if self._copy is None:
                    self._copy = await self._in_thread(self._make)
                if self._copy.state != last:
                    await self._in_thread(self._copy.follow, self._clock())
        return self._copy

    async def _in_thread(self, function: Callable[..., T], *arguments: object) -> T:
        """Run it to the end, even where nobody waits for it any more."""
        return await asyncio.shield(asyncio.wrap_future(self._thread.submit(function, *arguments)))


class Session:
    """One state of a copy, to be asked one question after another."""

    def __init__(self, copy: Copy, connection: duckdb.DuckDBPyConnection, patience: float | None) -> None:
        self._copy = copy
        self._connection = connection
        self._patience = patience

    async def ask(self, question: Callable[[Copy, duckdb.DuckDBPyConnection], T]) -> T:
        """The answer; where it takes too long, or nobody waits for it, the question has ended when this does."""
        with translated():
            async with asyncio.timeout(self._patience):
                return await self._asked(question)

    async def ended(self) -> None:
        """End it; nothing is left to be interrupted."""
        with contextlib.suppress(duckdb.Error):
            self._connection.rollback()

    async def _asked(self, question: Callable[[Copy, duckdb.DuckDBPyConnection], T]) -> T:
        work = asyncio.ensure_future(asyncio.to_thread(question, self._copy, self._connection))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            while not work.done():  # however often that is cancelled, too: no connection is closed under a question
                self._connection.interrupt()
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.wait({work}, timeout=_AGAIN)
            if not work.cancelled():
                work.exception()  # seen: nobody is left to be told
            raise


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """What DuckDB or a driver raises comes out as a leaf of `StoreError`, without the values that they quote."""
    try:
        yield
    except (BadUserInput, StoreError):
        raise
    except TimeoutError:
        raise StoreTimeout("The columnar copy was asked for too much: it took longer than it may.") from None
    except duckdb.InterruptException:
        raise StoreTimeout("The columnar copy was asked for too much: it was interrupted.") from None
    except duckdb.OutOfMemoryException:
        message = "The question needs more memory than the columnar copy may take (GATEWAY_COLUMNAR_BYTES)."
        raise StoreUnavailable(message) from None
    except duckdb.Error as error:
        message = f"The columnar copy did not do what was asked of it ({type(error).__name__})."
        raise StoreUnavailable(message) from None
    except adbc_driver_manager.Error as error:
        message = f"The mirror could not be read for the columnar copy ({type(error).__name__})."
        raise StoreUnavailable(message) from None
