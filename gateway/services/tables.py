"""Tables: rows of the flat tables on behalf of a principal, for exports and OData alike."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final

from gateway.domain import paging
from gateway.domain.attributes import Attribute
from gateway.domain.catalog import Catalog
from gateway.domain.filters import EVERYTHING, Predicate
from gateway.domain.narrowing import may_see, narrowed, visible
from gateway.domain.ordering import Ordering, Position
from gateway.domain.policy import Sight, check_use, sight
from gateway.domain.principal import Principal, Scope
from gateway.domain.tabular import CUSTOMERS, FlatTable, flat_tables
from gateway.errors import BadUserInput, ExportTooLarge, NotConfigured
from gateway.ports import TableQuery, TableReader, TableScan
from gateway.services.access import check_filter
from gateway.services.stats import LATEST, MISSING, Snapshot, Snapshots


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TableRequest:
    """Which rows of a table somebody asks for: as `gateway.ports.TableQuery` has it, before it is known who.

    ``columns`` is None for all of them.
    """

    table: str
    columns: Sequence[str] | None = None
    calls: Predicate = EVERYTHING
    where: Predicate = EVERYTHING
    since: int | None = None
    ordering: Ordering = ()
    limit: int | None = None
    after: Position | None = None
    offset: int = 0
    in_order: bool = True
    snapshot: Snapshot = LATEST


@dataclasses.dataclass(frozen=True, slots=True)
class Opened:
    """Rows that may be read: the scan, the table, what was asked, and what tells these rows from any others."""

    scan: TableScan
    table: FlatTable
    query: TableQuery
    tag: str


class Tables:
    """The flat tables. Without a ``reader`` there is no columnar copy, and nothing can be read.

    ``reading`` tells how documents are read from other ways; ``most_rows`` is how many rows can be read at once, None
    for any number.
    """

    def __init__(
        self,
        reader: TableReader | None,
        snapshots: Snapshots,
        *,
        catalog: Catalog,
        reading: str = "",
        most_rows: int | None = None,
    ) -> None:
        self._read_as = reading
        self.flat = flat_tables(catalog)
        self._reader = reader
        self._snapshots = snapshots
        self._calls: Mapping[str, Attribute] = {attribute.flat: attribute for attribute in catalog.mirrored()}
        self._most_rows = most_rows

    def table(self, name: str) -> FlatTable:
        """The table of this name. Raises `BadUserInput` with those that there are."""
        if name not in self.flat:
            raise BadUserInput("table", name, f"it must be one of {', '.join(self.flat)}")
        return self.flat[name]

    @contextlib.asynccontextmanager
    async def opened(self, principal: Principal, request: TableRequest) -> AsyncIterator[Opened]:
        """Rows of the calls that the principal may see, masked and withheld as everywhere.

        Raises:
            BadUserInput: there is no such table, column or state.
            ExportTooLarge: there are more rows than may be read at once.
            Forbidden: the principal may not export, read this table, or filter or sort so.
            NotConfigured: the extra for it is not installed.
            StoreError: the columnar copy cannot be asked, or not in time.
        """
        table = self.table(request.table)
        _need(principal, table)
        if self._reader is None:
            raise NotConfigured(MISSING)
        query = dataclasses.replace(
            self._query(principal, request, table), state=await self._snapshots.state(request.snapshot)
        )
        async with self._reader.scan(query) as scan:
            await self._check_size(scan, table, query)
            yield Opened(scan, table, query, _tag(scan, query, self._read_as))

    def _query(self, principal: Principal, request: TableRequest, table: FlatTable) -> TableQuery:
        columns = _columns(request.columns, table)
        self._check(principal, request, table)
        seen = {name: sight(table.columns[name], principal.scopes) for name in columns}
        return TableQuery(
            table=table.name,
            columns=columns,
            calls=visible(principal) if table.name == CUSTOMERS else narrowed(principal, request.calls),
            where=request.where,
            masked=frozenset(name for name, of in seen.items() if of is Sight.MASKED),
            withheld=frozenset(name for name, of in seen.items() if of is Sight.WITHHELD),
            may_see=functools.partial(may_see, principal) if principal.is_bound else None,
            since=request.since,
            ordering=request.ordering,
            limit=request.limit,
            after=request.after,
            offset=request.offset,
            in_order=request.in_order,
        )

    def _check(self, principal: Principal, request: TableRequest, table: FlatTable) -> None:
        check_filter(request.calls, principal, self._calls)
        check_filter(request.where, principal, table.columns)
        for order in request.ordering:
            check_use(table.columns[order.attribute], principal, "sort")
        if request.since is not None and principal.is_bound:
            reason = "what is deleted was nobody's any more, so it is told to those alone who see all calls; load all"
            raise BadUserInput("since", request.since, reason)

    async def _check_size(self, scan: TableScan, table: FlatTable, query: TableQuery) -> None:
        """Refuse what is too much before anything is sent; how much documents hold shows when they are read."""
        if self._most_rows is None or query.limit is not None or table.of_documents:
            return
        check_rows(await scan.count(), self._most_rows)

    def counted(self, rows: int) -> None:
        """Refuse to go on behind so many rows. Raises `ExportTooLarge`."""
        if self._most_rows is not None:
            check_rows(rows, self._most_rows)


def check_rows(rows: int, most: int) -> None:
    """Raise `ExportTooLarge` where there are more rows than may be."""
    if rows > most:
        raise ExportTooLarge(f"{rows:,} rows", f"{most:,}", "GATEWAY_EXPORT_ROWS")


_READS: Final = {CUSTOMERS: Scope.CUSTOMERS_READ}


def _need(principal: Principal, table: FlatTable) -> None:
    principal.need(Scope.EXPORT, "read whole tables")
    principal.need(_READS.get(table.name, Scope.CALLS_READ), f"read the table {table.name}")


def _columns(stated: Sequence[str] | None, table: FlatTable) -> tuple[str, ...]:
    """The columns that are meant; each that is stated exists, and is stated once."""
    if stated is None:
        return tuple(table.columns)
    for at, name in enumerate(stated):
        if name not in table.columns:
            raise BadUserInput("columns", name, f"the columns of {table.name} are {', '.join(table.columns)}")
        if name in stated[:at]:
            raise BadUserInput("columns", name, "each can be stated once")
    if not stated:
        raise BadUserInput("columns", "", "state one at least, or leave it out for all")
    return tuple(stated)


def _tag(scan: TableScan, query: TableQuery, reading: str) -> str:
    """What tells these rows from any others: the same state, columns, conditions and sight give the same rows.

    A deletion takes rows from states that were told before it, too.
    """
    plain = dataclasses.replace(query, may_see=None, state=scan.state)
    seen = [sorted(plain.masked), sorted(plain.withheld)]
    return paging.digest([repr(plain.where), repr(plain.calls), *seen, *_rest(plain), scan.deletion, reading])


def _rest(query: TableQuery) -> list[object]:
    of = (query.table, query.columns, query.since, query.ordering, query.limit, query.after, query.offset, query.state)
    return [repr(each) for each in of]
