"""Readers: connections to SQLite's file that answer one statement each time, in threads of their own.

A question goes to a thread once and its answer comes back once, read and made into what is wanted. By way of an
asynchronous driver each step of it, from beginning to end, would go there and back.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, Final, TypeAlias, TypeVar

from sqlalchemy import exc

from gateway.errors import StoreUnavailable

T = TypeVar("T")

_Question: TypeAlias = Callable[[sqlite3.Connection], Any]

_AGAIN: Final = 0.01
"""Seconds after which an interrupt is repeated: one that falls between two steps is lost."""


class Reader:
    """A connection in a thread of its own; it is made there when it is first needed."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self._connection: sqlite3.Connection | None = None
        self._asked: SimpleQueue[tuple[asyncio.Future[Any], _Question] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="mirror-reader", daemon=True)
        self._thread.start()

    def ask(self, question: Callable[[sqlite3.Connection], T]) -> asyncio.Future[T]:
        """What a question will come to; it is not to be cancelled."""
        answer = asyncio.get_running_loop().create_future()
        self._asked.put((answer, question))
        return answer

    def interrupt(self, answer: asyncio.Future[Any]) -> None:
        """Interrupt the question until there is an answer."""
        if not answer.done():
            if self._connection is not None:
                self._connection.interrupt()
            answer.get_loop().call_later(_AGAIN, self.interrupt, answer)

    def close(self) -> None:
        """Close the connection, and end the thread."""
        self._asked.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (asked := self._asked.get()) is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self._answer(*asked)
            del asked  # or what was asked last would be kept until somebody asks again
        if self._connection is not None:
            self._connection.close()

    def _answer(self, answer: asyncio.Future[Any], question: _Question) -> None:
        tell = answer.get_loop().call_soon_threadsafe
        try:
            if self._connection is None:
                self._connection = self._connect()
            found = question(self._connection)
        except BaseException as error:  # whatever it is, somebody waits for it
            tell(answer.set_exception, error)
        else:
            tell(answer.set_result, found)


class Readers:
    """So many readers, of which each question takes one; who finds none waits for ``patience`` seconds at most."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], *, most: int, patience: float) -> None:
        self._connect = connect
        self._most = most
        self._patience = patience
        self._free = asyncio.Semaphore(most)
        self._idle: list[Reader] = []
        self._is_closed = False

    async def ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        """What a question comes to. Where its task is cancelled it is interrupted, and that is told when it ended."""
        reader = await self._taken()
        answer = reader.ask(question)
        answer.add_done_callback(lambda _: self._put_back(reader))
        try:
            return await asyncio.shield(answer)
        except asyncio.CancelledError:
            reader.interrupt(answer)
            await asyncio.wait({answer})
            raise

    async def _taken(self) -> Reader:
        if self._free.locked():
            await self._wait()
        else:
            await self._free.acquire()
        if self._is_closed:
            self._free.release()
            raise StoreUnavailable("The mirror's database is closed.")
        return self._idle.pop() if self._idle else Reader(self._connect)

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(self._patience):
                await self._free.acquire()
        except TimeoutError:
            raise exc.TimeoutError from None

    def _put_back(self, reader: Reader) -> None:
        """The last that was used is taken first: what it has read lately is in its memory."""
        self._idle.append(reader)
        self._free.release()

    async def close(self) -> None:
        """Close every connection, once all questions are answered."""
        self._is_closed = True
        for _ in range(self._most):
            await self._free.acquire()
        for reader in self._idle:
            reader.close()
        self._idle.clear()
        for _ in range(self._most):
            self._free.release()
