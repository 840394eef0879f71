"""A mirror with its columnar copy, and the same calls in memory: the material of the tests of the copy."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from gateway.domain import elements
from gateway.domain.aggregates import Aggregation, Group
from gateway.domain.call import Call
from gateway.domain.decode import decoder
from gateway.domain.filters import Search
from gateway.domain.tabular import MESSAGES, STRUCTURED_OUTPUTS, flat_tables
from gateway.ports import Batch, CallGroups, CallStore, PageQuery, TableQuery, TableReader
from gateway.store.address import address
from gateway.store.calls import SqlCalls
from gateway.store.columnar.calls import ColumnarCalls
from gateway.store.columnar.copy import NAME, Copy
from gateway.store.columnar.elements import DocumentRows
from gateway.store.columnar.followed import FollowedCopy
from gateway.store.columnar.home import discard
from gateway.store.columnar.scanning import ColumnarTables
from gateway.store.columnar.searching import Searching
from gateway.store.columnar.source import source_of
from gateway.store.columnar.tables import copies
from tests.contracts.calls import CATALOG, NOON, project
from tests.contracts.grouped import grouped
from tests.contracts.listed import observations
from tests.contracts.memory_store import MemoryStore

OBSERVED: Final = observations()
FLAT: Final = flat_tables(CATALOG)
_COPIES: Final = copies(CATALOG)
_DECODE: Final = decoder(CATALOG, b"the identity key of these tests.")
_LISTS: Final = {MESSAGES: elements.messages(CATALOG), STRUCTURED_OUTPUTS: elements.structured_outputs(CATALOG)}


def _call(document: Mapping[str, Any]) -> Call:
    return _DECODE(document).call


@dataclasses.dataclass
class World:
    """A mirror, its columnar copy, and the same calls in memory."""

    store: SqlCalls
    folder: Path
    url: str
    reference: MemoryStore = dataclasses.field(default_factory=lambda: MemoryStore(project, CATALOG))
    now: dt.datetime = NOON

    def __post_init__(self) -> None:
        self.reopen()

    def reopen(self) -> None:
        """Ask another copy, as after a restart."""
        searching = Searching(self._matched)
        self.copy = FollowedCopy(
            self.opened,
            last_change=self.store.last_change,
            clock=lambda: self.now,
            discard=lambda: discard(self.folder, NAME),
        )
        self.groups: CallGroups = ColumnarCalls(self.copy, _COPIES, searching)
        documents = DocumentRows(self.store.read, _call, _LISTS)
        self.tables: TableReader = ColumnarTables(self.copy, _COPIES, FLAT, searching, documents, slice_rows=7)

    async def _matched(self, search: Search, most: int) -> Sequence[str]:
        return [place.position.id for place in await self.store.page(PageQuery(predicate=search, limit=most))]

    async def apply(self, *observed: Any) -> None:
        """Let the mirror and the reference learn something."""
        for store in self._stores():
            await store.apply(Batch(observations=observed))

    def _stores(self) -> tuple[CallStore, ...]:
        return (self.store, self.reference)

    async def expected(self, asked: Aggregation) -> list[Group]:
        """What plain Python finds."""
        return grouped(asked, self.reference.listed())

    async def rows(self, query: TableQuery) -> list[dict[str, Any]]:
        """All rows of a query."""
        async with self.tables.scan(query) as scan:
            return [row async for batch in scan.batches() for row in batch.to_pylist()]

    def opened(self) -> Copy:
        """The copy in its file, opened."""
        source = source_of(address(self.url))
        return Copy(self.folder, key="these tests", copies=_COPIES, source=source, memory_bytes=2**28)
