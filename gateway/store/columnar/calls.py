"""Calls in the columnar copy: groups of them, and what is measured of each."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Sequence
from typing import Any, Final

import duckdb
from sqlalchemy import func, select

from gateway.domain.aggregates import Aggregation, Bucket, Dimension, Group, searches
from gateway.domain.buckets import Offset, offsets, zone_of
from gateway.ports import Grouped
from gateway.store.columnar import tables
from gateway.store.columnar.aggregating import aggregating
from gateway.store.columnar.copy import Copy, rows
from gateway.store.columnar.followed import FollowedCopy
from gateway.store.columnar.searching import Found, Searching
from gateway.store.columnar.tables import Copies

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND: Final = dt.timedelta(microseconds=1)


class ColumnarCalls:
    """Implements `gateway.ports.CallGroups`."""

    def __init__(self, copy: FollowedCopy, copies: Copies, searching: Searching) -> None:
        self._copy = copy
        self._table = tables.table(copies.calls)
        self._searching = searching

    async def groups(self, asked: Aggregation, *, state: int | None = None) -> Grouped:
        """As `gateway.ports.CallGroups` has it."""
        found = await self._searching.found(searches(asked))
        return await self._copy.ask(functools.partial(self._grouped, asked, state, found))

    def _grouped(
        self, asked: Aggregation, state: int | None, found: Found, copy: Copy, connection: duckdb.DuckDBPyConnection
    ) -> Grouped:
        seen = copy.state_of(connection, state)
        clocks = functools.partial(self._clocks, connection)
        statement = aggregating(asked, self._table, seen, clocks=clocks, matching=found.among(self._table.c.id))
        groups = [_group(row, asked) for row in rows(connection, statement)]
        return Grouped(groups=groups[: asked.limit], has_more=len(groups) > asked.limit, state=seen)

    def _clocks(self, connection: duckdb.DuckDBPyConnection, dimension: Dimension) -> Sequence[Offset]:
        """What the clocks showed while there were calls."""
        column = self._table.c[dimension.attribute]
        ((first, last),) = rows(connection, select(func.epoch_us(func.min(column)), func.epoch_us(func.max(column))))
        moments = [_EPOCH + (micros or 0) * _MICROSECOND for micros in (first, last)]
        return _shown(dimension.timezone, moments[0].replace(day=1), moments[1].date())


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
