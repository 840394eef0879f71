"""Scanning: rows of a flat table as record batches of Arrow, of one state and at the reader's pace.

All rows are read in slices of time, so that the first are there at once and one slice is all that is in memory.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from typing import Any, Final

import duckdb
import pyarrow as pa
from sqlalchemy import Select, and_, func, literal, null, select, true

from gateway.domain.metrics import Metric
from gateway.domain.tabular import CUSTOMERS, DAILY_METRICS, FlatTable
from gateway.errors import BadUserInput
from gateway.ports import CHANGE, DELETED, TableQuery, TableScan
from gateway.store.columnar.arrow import schema_of, shown
from gateway.store.columnar.copy import Copy, rows
from gateway.store.columnar.dialect import written
from gateway.store.columnar.elements import DocumentRows
from gateway.store.columnar.followed import FollowedCopy, Session
from gateway.store.columnar.reading import Reading, Rows
from gateway.store.columnar.searching import Found, Searching, searched
from gateway.store.columnar.tables import Copies

SLICE: Final = 25_000
"""Rows of a slice, roughly."""
_FIRST: Final = 0.2
"""The part of it that the first one has: whoever waits sees it begin."""
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND: Final = dt.timedelta(microseconds=1)


class ColumnarTables:
    """Implements `gateway.ports.TableReader`; ``documents`` reads what is not kept as rows.

    ``slice_rows`` is how many rows are read at once, roughly.
    """

    def __init__(
        self,
        copy: FollowedCopy,
        copies: Copies,
        flat: Mapping[str, FlatTable],
        searching: Searching,
        documents: DocumentRows,
        *,
        slice_rows: int = SLICE,
        metrics: Sequence[Metric] = (),
    ) -> None:
        self._slice_rows = slice_rows
        self._copy = copy
        self._flat = flat
        self._reading = Reading(copies, flat, metrics)
        self._searching = searching
        self._documents = documents

    @contextlib.asynccontextmanager
    async def scan(self, query: TableQuery) -> AsyncIterator[TableScan]:
        """As `gateway.ports.TableReader` has it."""
        found = await self._searching.found(searched(query.calls, query.where))
        async with self._copy.connected() as session:
            state, deletion = await session.ask(functools.partial(_state, query))
            flat = self._flat[query.table]
            if flat.of_documents:
                meant = self._reading.calls(query, state, found)
                gone = None if query.since is None else self._reading.gone(query, state, found)
                yield self._documents.scan(session, meant, gone, query=query, flat=flat, state=state, deletion=deletion)
            else:
                yield _Scan(
                    session,
                    self._reading,
                    query=query,
                    flat=flat,
                    state=state,
                    deletion=deletion,
                    found=found,
                    slice_rows=self._slice_rows,
                )


def _state(query: TableQuery, copy: Copy, connection: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    """The state that is meant, and the last deletion."""
    if query.since is not None and query.since > copy.state:
        raise BadUserInput("since", query.since, f"the last change has the number {copy.state}")
    if query.since is not None and query.table == DAILY_METRICS:
        raise BadUserInput("since", query.since, "days are not told by their changes; load all of them again")
    if query.since is not None and query.table == CUSTOMERS and query.since < copy.made_at(connection):
        reason = "which customers are no more since then is not known any more; load all of them again"
        raise BadUserInput("since", query.since, reason)
    return copy.state_of(connection, query.state), copy.deletion(connection)


class _Scan:
    """A scan of a table of the copy."""

    def __init__(
        self,
        session: Session,
        reading: Reading,
        *,
        query: TableQuery,
        flat: FlatTable,
        state: int,
        deletion: int,
        found: Found,
        slice_rows: int,
    ) -> None:
        self._slice_rows = slice_rows
        self.state = state
        self.deletion = deletion
        self._session = session
        self._query = query
        self._flat = flat
        self._rows = reading.rows(query, state, found)
        self._gone = None if query.since is None else reading.gone(query, state, found)
        self._schema = schema_of(flat, query)

    async def count(self) -> int:
        """As `gateway.ports.TableScan` has it."""
        return await self._session.ask(functools.partial(_count, self._rows, self._gone))

    async def batches(self) -> AsyncGenerator[pa.RecordBatch]:
        """As `gateway.ports.TableScan` has it."""
        if self._query.limit is not None:
            yield await self._read(self._rows.page(self._query))
            return
        async with contextlib.aclosing(self._slices()) as slices:
            async for slice_ in slices:
                yield await self._read(slice_)
        if self._gone is not None:
            yield await self._read(self._deleted(self._gone))

    async def _slices(self) -> AsyncGenerator[Select[Any]]:
        created = self._flat.created
        names = (*self._query.columns, *([CHANGE] if self._query.since is not None else []))
        found = self._rows.select(names)
        if self._query.since is not None:
            found = found.add_columns(literal(value=False).label(DELETED))
        if created is None:
            yield found.order_by(*(self._rows.columns[name] for name in self._flat.key))
            return
        column = self._rows.columns[created]
        bounds = await self._session.ask(functools.partial(_bounds, self._rows, column, self._slice_rows))
        order = [column, *(self._rows.columns[name] for name in self._flat.key)]
        for after, before in zip([None, *bounds], [*bounds, None], strict=True):
            of_slice = and_(
                true() if after is None else column >= literal(after, column.type),
                true() if before is None else column < literal(before, column.type),
            )
            yield found.where(of_slice).order_by(*(order if self._query.in_order else ()))

    def _deleted(self, gone: Select[Any]) -> Select[Any]:
        """What is gone, as rows with nothing but the key."""
        of, key = gone.subquery(), self._flat.key[0]
        columns = [of.c[key].label(name) if name == key else null().label(name) for name in self._query.columns]
        return select(*columns, of.c[CHANGE].label(CHANGE), literal(value=True).label(DELETED)).order_by(of.c[CHANGE])

    async def _read(self, statement: Select[Any]) -> pa.RecordBatch:
        batch: pa.RecordBatch = await self._session.ask(functools.partial(_batch, statement, self._schema))
        return shown(batch, self._query, self._flat)


def _count(of: Rows, gone: Select[Any] | None, _: Copy, connection: duckdb.DuckDBPyConnection) -> int:
    counted = [of.count()] + ([] if gone is None else [select(func.count()).select_from(gone.subquery())])
    return sum(int(_one(connection, statement)) for statement in counted)


def _bounds(
    of: Rows, column: Any, slice_rows: int, _: Copy, connection: duckdb.DuckDBPyConnection
) -> list[dt.datetime]:
    """The times between which slices lie."""
    many = int(_one(connection, of.count()))
    shares = [(number + _FIRST) * slice_rows / many for number in range(many // slice_rows + 1)] if many else []
    within = [literal(share) for share in shares if share < 1]
    if not within:
        return []
    times = func.quantile_disc(func.epoch_us(column), func.list_value(*within))
    return [_EPOCH + micros * _MICROSECOND for micros in sorted(set(_one(connection, select(times).where(of.where))))]


def _batch(statement: Select[Any], schema: pa.Schema, _: Copy, connection: duckdb.DuckDBPyConnection) -> pa.RecordBatch:
    sql, parameters = written(statement)
    table = connection.sql(sql, params=parameters).to_arrow_table().cast(schema)
    batches = table.combine_chunks().to_batches()
    return batches[0] if batches else pa.RecordBatch.from_pylist([], schema=schema)


def _one(connection: duckdb.DuckDBPyConnection, statement: Select[Any]) -> Any:
    ((found,),) = rows(connection, statement)
    return found
