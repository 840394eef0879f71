"""Preparers: other processes that prepare calls, so that walking through history leaves the event loop alone.

An answer is given to one of them as the bytes that came. It first says which calls there are, so that the next answer
can be asked for, and given to the next process; the snapshots follow when they are prepared. What is large is read, and
thrown away, over there.
"""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import gc
import itertools
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from typing import Any, Final, Protocol

from gateway.domain.observations import Snapshot
from gateway.observe.events import Listener, RowDropped, silence
from gateway.ports import CallQuery, Document
from gateway.services.preparing import Prepared, Preparing, Promise, outline, place_of, tell
from gateway.upstream import bodies

_GARBAGE: Final = 200_000
"""Objects after which garbage is looked for: documents are trees of tens of thousands, and leave none."""


class BodySource(Protocol):
    """Where calls come from as bytes. Both methods raise the leaves of `gateway.errors.UpstreamError`."""

    async def get(self, call_id: str) -> Document | None:
        """As in `gateway.ports.CallSource`."""
        ...

    async def body(self, query: CallQuery) -> bytes:
        """The JSON array of the calls that match."""
        ...


class PooledCalls:
    """A `gateway.ports.CallSource` of outlines whose lists are prepared by other processes, in turns.

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
        self._preparers = [Preparer(make) for _ in range(processes)]
        self._turns = itertools.cycle(self._preparers)

    async def get(self, call_id: str) -> Document | None:
        """Walks through history ask for no single call."""
        raise NotImplementedError

    async def list(self, query: CallQuery) -> Sequence[Document]:
        """The outlines of the calls that match; their snapshots are promised (`gateway.services.preparing`)."""
        read_at = self._clock()
        body = await self._source.body(query)
        rows, preparing = await next(self._turns).begin(body, read_at)
        page = asyncio.ensure_future(self._prepared(preparing))
        page.add_done_callback(_looked_at)
        return [row and outline(row["id"], row["createdAt"], Promise(page, n)) for n, row in enumerate(rows)]

    def pids(self) -> Sequence[int]:
        """The processes that have been started."""
        return [pid for preparer in self._preparers for pid in preparer.pids()]

    def rest(self) -> None:
        """End the processes until there is work again: each takes as much memory as a small gateway."""
        for preparer in self._preparers:
            preparer.rest()

    def close(self) -> None:
        """End the processes; what they are at is thrown away."""
        for preparer in self._preparers:
            preparer.close()

    async def _prepared(self, preparing: asyncio.Future[Sequence[Prepared | None]]) -> Sequence[Snapshot | None]:
        """The snapshots of a page, when they are there."""
        prepared = await preparing
        for row in prepared:
            if row is None:
                self._listen(RowDropped("not an object, or an empty one"))
            else:
                tell(row, self._listen)
        return [None if row is None else row.snapshot for row in prepared]


class Preparer:
    """One process that prepares: an executor of its own, so that what it has read is there when it prepares it."""

    def __init__(self, make: Callable[[], Preparing]) -> None:
        self._make = make
        self._executor = self._started()
        self._reading = asyncio.Lock()

    async def begin(
        self, body: bytes, read_at: dt.datetime
    ) -> tuple[Sequence[Mapping[str, Any]], asyncio.Future[Sequence[Prepared | None]]]:
        """The rows of an answer by id and time, empty where there is no id; and when it comes, all of it, prepared."""
        run = asyncio.get_running_loop().run_in_executor
        try:
            async with self._reading:
                rows = await run(self._executor, _read, body)
                return rows, run(self._executor, _prepared, read_at)
        except BrokenExecutor:  # it was killed
            self.rest()
            raise

    def pids(self) -> Sequence[int]:
        """The process, if it has been started."""
        return list(self._executor._processes or ())  # noqa: SLF001  # it is nowhere else

    def rest(self) -> None:
        """End the process; the next work starts another."""
        self.close()
        self._executor = self._started()

    def close(self) -> None:
        """End the process."""
        self._executor.shutdown(wait=True, cancel_futures=True)

    def _started(self) -> ProcessPoolExecutor:
        """An executor; its process starts with the first work."""
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(1, mp_context=context, initializer=_begin, initargs=(self._make,))


def _looked_at(page: asyncio.Future[Any]) -> None:
    """Whoever waits for a page gets its error; if nobody does any more, nobody is to be told."""
    if not page.cancelled():
        page.exception()


@dataclasses.dataclass(slots=True)
class _Here:
    """What a process prepares with, and the rows that it has read and not prepared yet."""

    prepare: Preparing
    rows: list[Any] = dataclasses.field(default_factory=list)


_here: _Here | None = None
"""The one thing that an executor's initializer can hand over, and one piece of work leave to the next, is a global."""


def _begin(make: Callable[[], Preparing]) -> None:
    """Get ready for work, in a process of its own."""
    global _here  # noqa: PLW0603  # see there
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # they may reach the whole group: it is the parent's to end in order
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    gc.set_threshold(_GARBAGE)
    _here = _Here(make())


def _end_with_the_parent() -> None:
    """Wait until the process that started this one is gone: killed, it could not say so."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(0)


def _read(body: bytes) -> Sequence[Mapping[str, Any]]:
    """Read an answer; its rows by id and time, empty where there is no id. Raises `UpstreamMalformed`."""
    assert _here is not None  # noqa: S101  # `_begin` has run before any work
    _here.rows = bodies.rows(body, route="GET /call")
    places = [place_of(row) if isinstance(row, dict) else None for row in _here.rows]
    return [{"id": p.id, "createdAt": p.created_at} if p is not None and p.id is not None else {} for p in places]


def _prepared(read_at: dt.datetime) -> Sequence[Prepared | None]:
    """The rows that were read, prepared; None for one that is no object."""
    assert _here is not None  # noqa: S101  # the same
    rows, _here.rows = _here.rows, []
    return [_here.prepare(row, read_at) if isinstance(row, dict) and row else None for row in rows]
