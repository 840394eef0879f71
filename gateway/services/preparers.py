"""Preparers: other processes that prepare calls, so that walking through history leaves the event loop alone.

An answer is given to them as the bytes that came, and comes back as snapshots: what is large is read, and thrown away,
over there.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from typing import Protocol

from gateway.observe.events import Listener, RowDropped, silence
from gateway.ports import CallQuery, Document
from gateway.services.preparing import Prepared, Preparing, tell
from gateway.upstream import bodies


class BodySource(Protocol):
    """Where calls come from as bytes. Both methods raise the leaves of `gateway.errors.UpstreamError`."""

    async def get(self, call_id: str) -> Document | None:
        """As in `gateway.ports.CallSource`."""
        ...

    async def body(self, query: CallQuery) -> bytes:
        """The JSON array of the calls that match."""
        ...


class PooledCalls:
    """A `gateway.ports.CallSource` of outlines whose lists are prepared by other processes.

    ``make`` is called in each of them, once; it must be picklable (a function of a module, or a partial of one). The
    processes end with this one, however it ends.
    """

    def __init__(
        self,
        source: BodySource,
        make: Callable[[], Preparing],
        *,
        processes: int,
        clock: Callable[[], dt.datetime],
        listen: Listener = silence,
    ) -> None:
        self._source = source
        self._clock = clock
        self._listen = listen
        self._make = make
        self._processes = processes
        self._pool = self._started()

    async def get(self, call_id: str) -> Document | None:
        """Walks through history ask for no single call."""
        raise NotImplementedError

    async def list(self, query: CallQuery) -> Sequence[Document]:
        """The outlines of the calls that match."""
        read_at = self._clock()
        body = await self._source.body(query)
        try:
            prepared = await asyncio.get_running_loop().run_in_executor(self._pool, _prepared, body, read_at)
        except BrokenExecutor:  # one of them was killed, which ends the others
            self._pool = self._started()
            raise
        return [self._outline(row) for row in prepared]

    def close(self) -> None:
        """End the processes; what they are at is thrown away."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _started(self) -> ProcessPoolExecutor:
        """A pool; its processes start with the first work."""
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(self._processes, mp_context=context, initializer=_begin, initargs=(self._make,))

    def _outline(self, row: Prepared | None) -> Document:
        if row is None:
            self._listen(RowDropped("not an object, or an empty one"))
            return {}
        tell(row, self._listen)
        return row.outline


_prepare: Preparing | None = None
"""What this process prepares with: the one thing that an executor's initializer can hand over is a global."""


def _begin(make: Callable[[], Preparing]) -> None:
    """Get ready for work, in a process of the pool."""
    global _prepare  # noqa: PLW0603  # see there
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group: it is the parent's to end in order
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    _prepare = make()


def _end_with_the_parent() -> None:
    """Wait until the process that started this one is gone: killed, it could not say so."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(0)


def _prepared(body: bytes, read_at: dt.datetime) -> list[Prepared | None]:
    """The rows of an answer, None for one that is no object. Raises `UpstreamMalformed`."""
    assert _prepare is not None  # noqa: S101  # `_begin` has run before any work
    rows = bodies.rows(body, route="GET /call")
    return [_prepare(row, read_at) if isinstance(row, dict) and row else None for row in rows]
