"""Elements: the flat tables whose rows stand in documents alone: messages and structured outputs.

The calls are those of one state; what was said is read from their documents as they are now.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import duckdb
import pyarrow as pa
from sqlalchemy import Select

from gateway.domain.attributes import Document
from gateway.domain.call import Call
from gateway.domain.elements import POSITION, Elements
from gateway.domain.filters import holds
from gateway.domain.ordering import Position
from gateway.domain.tabular import CALL_CREATED_AT, CALL_ID, FlatTable
from gateway.ports import CHANGE, DELETED, Stored, TableQuery
from gateway.store.columnar.arrow import schema_of, shown
from gateway.store.columnar.copy import Copy, rows
from gateway.store.columnar.dialect import written
from gateway.store.columnar.followed import Session

Read: TypeAlias = Callable[[Sequence[str]], Awaitable[Mapping[str, Stored]]]

_CALLS: Final = 200
"""Documents that are read together."""


class DocumentRows:
    """Reads rows from documents: ``read`` gives documents, ``decode`` calls, ``elements`` the rows of each table."""

    def __init__(self, read: Read, decode: Callable[[Document], Call], elements: Mapping[str, Elements]) -> None:
        self._read = read
        self._decode = decode
        self._elements = elements

    def scan(
        self,
        session: Session,
        calls: Select[Any],
        gone: Select[Any] | None,
        *,
        query: TableQuery,
        flat: FlatTable,
        state: int,
        deletion: int,
    ) -> DocumentScan:
        """The rows of these calls: their ids, when they were created, and their changes; then those that are gone."""
        return DocumentScan(
            session,
            calls=calls,
            gone=gone,
            query=query,
            flat=flat,
            state=state,
            deletion=deletion,
            rows=functools.partial(self._rows, query),
        )

    async def _rows(self, query: TableQuery, calls: Sequence[tuple[Any, ...]]) -> list[dict[str, Any]]:
        stored = await self._read([call_id for call_id, *_ in calls])
        return await asyncio.to_thread(self._of, query, calls, stored)

    def _of(
        self, query: TableQuery, calls: Sequence[tuple[Any, ...]], stored: Mapping[str, Stored]
    ) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for call_id, created_at, change in calls:
            of_call = {CALL_ID: call_id, CALL_CREATED_AT: created_at}
            own = [{**of_call, **row} for row in self._rows_of(query, stored.get(call_id))]
            own = [row for row in own if holds(query.where, row)]
            if query.since is not None:
                marks = {CHANGE: change, DELETED: not own}
                own = [{**row, **marks} for row in own or [{CALL_ID: call_id}]]
            found += own
        return found

    def _rows_of(self, query: TableQuery, stored: Stored | None) -> Sequence[dict[str, Any]]:
        """The rows of a call; one that whoever asks may not see (any more) has none."""
        if stored is None or stored.document is None:
            return ()
        call = self._decode(stored.document)
        if query.may_see is not None and not query.may_see(call):
            return ()
        return self._elements[query.table].read(call)


class DocumentScan:
    """A scan of a table that is read from documents."""

    def __init__(
        self,
        session: Session,
        *,
        calls: Select[Any],
        gone: Select[Any] | None,
        query: TableQuery,
        flat: FlatTable,
        state: int,
        deletion: int,
        rows: Callable[[Sequence[tuple[Any, ...]]], Awaitable[list[dict[str, Any]]]],
    ) -> None:
        self.state = state
        self.deletion = deletion
        self._session = session
        self._calls = calls
        self._gone = gone
        self._query = query
        self._flat = flat
        self._rows = rows
        self._schema = schema_of(flat, query)

    async def count(self) -> int:
        """As `gateway.ports.TableScan` has it: all documents are read."""
        async with contextlib.aclosing(self._read()) as pieces:
            return sum([len(rows) async for rows in pieces])

    async def batches(self) -> AsyncGenerator[pa.RecordBatch]:
        """As `gateway.ports.TableScan` has it."""
        wanted, skip = self._query.limit, self._query.offset
        yield self._batch([])
        async with contextlib.aclosing(self._read()) as pieces:
            async for found in pieces:
                rows = [row for row in found if _is_behind(row, self._query.after)]
                left = rows[skip:]
                skip = max(skip - len(rows), 0)
                told = left if wanted is None else left[:wanted]
                if told:
                    yield self._batch(told)
                if wanted is not None:
                    wanted -= len(told)
                    if wanted <= 0:
                        return

    async def _read(self) -> AsyncGenerator[list[dict[str, Any]]]:
        ids = await self._session.ask(functools.partial(_ids, self._calls))
        if self._query.after is not None:
            ids = [call for call in ids if (call[1], call[0]) >= self._query.after.values]
        for at in range(0, len(ids), _CALLS):
            yield await self._rows(ids[at : at + _CALLS])
        if self._gone is not None:
            yield await self._session.ask(functools.partial(_deleted, self._gone))

    def _batch(self, rows: Sequence[dict[str, Any]]) -> pa.RecordBatch:
        return shown(pa.RecordBatch.from_pylist(list(rows), schema=self._schema), self._query, self._flat)


def _is_behind(row: Mapping[str, Any], after: Position | None) -> bool:
    """Whether a row comes after a position: when its call was created, its call, its place there."""
    if after is None:
        return True
    of_call = (row[CALL_CREATED_AT], row[CALL_ID])
    return of_call > after.values or (of_call == after.values and row[POSITION] > after.id)


def _ids(calls: Select[Any], _: Copy, connection: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    """The calls as rows; by way of Arrow, since DuckDB itself makes moments by a package that nobody else needs."""
    created, call_id = calls.selected_columns[1], calls.selected_columns[0]
    sql, parameters = written(calls.order_by(created, call_id))
    columns = connection.sql(sql, params=parameters).to_arrow_table().columns
    return list(zip(*(column.to_pylist() for column in columns), strict=True))


def _deleted(gone: Select[Any], _: Copy, connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """The calls that are gone, as rows."""
    return [{CALL_ID: call_id, CHANGE: change, DELETED: True} for call_id, change in rows(connection, gone)]
