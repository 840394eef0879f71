"""Calls in the columnar copy, asked on behalf of the event loop: what is slow happens in threads.

Whoever asks gets what the mirror held when he asked, or later: the copy is brought up to it first, once for all who
wait.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import functools
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

import adbc_driver_manager
import duckdb
from sqlalchemy import ColumnElement, func, select

from gateway.domain.aggregates import Aggregation, Bucket, Dimension, Group, searches
from gateway.domain.attributes import Attribute
from gateway.domain.buckets import Offset, offsets, zone_of
from gateway.domain.filters import Search
from gateway.errors import BadUserInput, StoreError, StoreTimeout, StoreUnavailable
from gateway.ports import Grouped
from gateway.store.columnar import tables
from gateway.store.columnar.aggregating import aggregating
from gateway.store.columnar.copy import Copy, rows
from gateway.store.predicates import Matching, one_of

T = TypeVar("T")

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND: Final = dt.timedelta(microseconds=1)
_MOST_FOUND: Final = 100_000
"""Calls at most that a search may find, to be counted over."""
_AGAIN: Final = 0.01
"""Seconds after which an interrupt is repeated: one that comes before the statement is lost."""


class ColumnarCalls:
    """Implements `gateway.ports.CallGroups`; a question is interrupted after ``patience`` seconds.

    ``make`` opens the copy, in a thread; ``last_change`` is the number of the mirror's last change, ``matched`` tells
    the calls in which all of some words were said, at most so many.
    """

    def __init__(
        self,
        make: Callable[[], Copy],
        *,
        attributes: Sequence[Attribute],
        last_change: Callable[[], Awaitable[int]],
        matched: Callable[[Search, int], Awaitable[Sequence[str]]],
        clock: Callable[[], dt.datetime],
        patience: float | None = None,
    ) -> None:
        self._make = make
        self._table = tables.calls(attributes)
        self._last_change = last_change
        self._matched = matched
        self._clock = clock
        self._patience = patience
        self._thread = ThreadPoolExecutor(1, "columnar-copy")
        self._copy: Copy | None = None
        self._following = asyncio.Lock()

    async def groups(self, asked: Aggregation, *, state: int | None = None) -> Grouped:
        """As `gateway.ports.CallGroups` has it."""
        with _translated():
            copy = await self._followed()
            async with asyncio.timeout(self._patience):
                found = {each.words: await self._found(each) for each in searches(asked)}
                matching = functools.partial(_among, self._table.c.id, found)
                return await _interruptible(copy, functools.partial(self._grouped, copy, asked, state, matching))

    async def close(self) -> None:
        """Close the copy, once nobody follows any more."""
        async with self._following:
            if self._copy is not None:
                await self._in_thread(self._copy.close)
            self._thread.shutdown()

    async def _found(self, search: Search) -> Sequence[str]:
        """The calls that a search finds, which only the mirror can tell."""
        found = await self._matched(search, _MOST_FOUND + 1)
        if len(found) > _MOST_FOUND:
            reason = f"it finds more than {_MOST_FOUND:,} calls, which cannot be counted over; search for rarer words"
            raise BadUserInput("where.search", " ".join(search.words), reason)
        return found

    async def _followed(self) -> Copy:
        """The copy, with everything that the mirror holds at this moment."""
        last = await self._last_change()
        if self._copy is None or self._copy.state < last:
            async with self._following:
                if self._copy is None:
                    self._copy = await self._in_thread(self._make)
                if self._copy.state < last:
                    await self._in_thread(self._copy.follow, self._clock())
        return self._copy

    async def _in_thread(self, function: Callable[..., T], *arguments: object) -> T:
        """Run it to the end, even where nobody waits for it any more."""
        return await asyncio.shield(asyncio.wrap_future(self._thread.submit(function, *arguments)))

    def _grouped(
        self,
        copy: Copy,
        asked: Aggregation,
        state: int | None,
        matching: Matching,
        connection: duckdb.DuckDBPyConnection,
    ) -> Grouped:
        seen = copy.state_of(connection, state)
        clocks = functools.partial(self._clocks, connection)
        statement = aggregating(asked, self._table, seen, clocks=clocks, matching=matching)
        found = [_group(row, asked) for row in rows(connection, statement)]
        return Grouped(groups=found[: asked.limit], has_more=len(found) > asked.limit, state=seen)

    def _clocks(self, connection: duckdb.DuckDBPyConnection, dimension: Dimension) -> Sequence[Offset]:
        """What the clocks showed while there were calls."""
        column = self._table.c[dimension.attribute]
        ((first, last),) = rows(connection, select(func.epoch_us(func.min(column)), func.epoch_us(func.max(column))))
        moments = [_EPOCH + (micros or 0) * _MICROSECOND for micros in (first, last)]
        return _shown(dimension.timezone, moments[0].replace(day=1), moments[1].date())


def _among(
    column: ColumnElement[str], found: Mapping[tuple[str, ...], Sequence[str]], words: Sequence[str]
) -> ColumnElement[bool]:
    """What is true for the calls in which these words were found."""
    return one_of(column, found[tuple(words)])


@functools.lru_cache(100)
def _shown(timezone: str, first: dt.datetime, last: dt.date) -> Sequence[Offset]:
    """What a timezone's clocks show from a moment to the end of a day."""
    until = dt.datetime.combine(last, dt.time.max, dt.UTC)
    return offsets(zone_of(timezone), first.replace(hour=0, minute=0, second=0, microsecond=0), until)


def _group(row: Sequence[Any], asked: Aggregation) -> Group:
    dimensions = len(asked.dimensions)
    keys = tuple(map(_key, row[:dimensions], asked.dimensions))
    return Group(keys, tuple(row[dimensions : dimensions + len(asked.measures)]))


def _key(value: Any, dimension: Dimension) -> Any:
    if dimension.bucket is Bucket.HOUR and value is not None:
        return _EPOCH + value * _MICROSECOND
    return value


async def _interruptible(copy: Copy, question: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
    """Ask in a thread; where the task is cancelled, interrupt that, and tell when it has ended."""
    with copy.asking() as connection:
        work = asyncio.ensure_future(asyncio.to_thread(question, connection))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            while not work.done():
                connection.interrupt()
                await asyncio.wait({work}, timeout=_AGAIN)
            if not work.cancelled():
                work.exception()  # seen: nobody is left to be told
            raise


@contextlib.contextmanager
def _translated() -> Iterator[None]:
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
        raise StoreUnavailable(
            f"The mirror could not be read for the columnar copy ({type(error).__name__})."
        ) from None
