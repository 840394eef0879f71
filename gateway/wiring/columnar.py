"""The columnar copy of the mirror, where the extra for it is installed."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import hashlib
import importlib.util
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from gateway.domain import elements
from gateway.domain.attributes import Document
from gateway.domain.call import Call
from gateway.domain.catalog import Catalog
from gateway.domain.decode import Decode
from gateway.domain.filters import Search
from gateway.domain.tabular import MESSAGES, STRUCTURED_OUTPUTS, flat_tables
from gateway.ports import CallGroups, PageQuery, TableReader
from gateway.settings import Settings
from gateway.store.address import address
from gateway.store.calls import SqlCalls
from gateway.wiring.keys import data_dir
from gateway.wiring.mirror import Mirror

if TYPE_CHECKING:
    from gateway.store.columnar.copy import Copy
    from gateway.store.columnar.followed import FollowedCopy

_NEEDED: Final = ("duckdb", "pyarrow", "adbc_driver_sqlite", "adbc_driver_postgresql")


@dataclasses.dataclass(frozen=True, slots=True)
class Columnar:
    """The copy, unopened: it is made when it is first asked."""

    copy: FollowedCopy
    groups: CallGroups
    tables: TableReader


def columnar(
    settings: Settings, catalog: Catalog, mirror: Mirror, *, decode: Decode, clock: Callable[[], dt.datetime]
) -> Columnar | None:
    """The copy of a mirror. None where the extra “bi” is not installed."""
    if not all(importlib.util.find_spec(module) for module in _NEEDED):
        return None
    from gateway.store.columnar import tables
    from gateway.store.columnar.calls import ColumnarCalls
    from gateway.store.columnar.elements import DocumentRows
    from gateway.store.columnar.followed import FollowedCopy
    from gateway.store.columnar.scanning import ColumnarTables
    from gateway.store.columnar.searching import Searching

    copies, flat = tables.copies(catalog), flat_tables(catalog)
    copy = FollowedCopy(
        functools.partial(_made, settings, catalog, mirror),
        last_change=mirror.calls.last_change,
        clock=clock,
        patience=settings.query_patience_seconds,
        discard=functools.partial(discard, settings),
    )
    lists = {MESSAGES: elements.messages(catalog), STRUCTURED_OUTPUTS: elements.structured_outputs(catalog)}
    searching = Searching(functools.partial(_matched, mirror.calls))
    documents = DocumentRows(mirror.calls.read, functools.partial(_call, decode), lists)
    return Columnar(
        copy=copy,
        groups=ColumnarCalls(copy, copies, searching),
        tables=ColumnarTables(copy, copies, flat, searching, documents, metrics=catalog.metrics),
    )


def discard(settings: Settings) -> None:
    """Remove what processes have left of copies; one that runs goes on with what it has open."""
    if importlib.util.find_spec("duckdb") is None:
        return
    from gateway.store.columnar import copy, home

    home.discard(data_dir(settings), copy.NAME)


def _made(settings: Settings, catalog: Catalog, mirror: Mirror) -> Copy:
    from gateway.store.columnar.copy import Copy
    from gateway.store.columnar.source import source_of
    from gateway.store.columnar.tables import copies

    return Copy(
        None if settings.columnar_in_memory else data_dir(settings),
        key=_key(mirror),
        copies=copies(catalog),
        source=source_of(address(mirror.url)),
        memory_bytes=settings.columnar_bytes,
    )


def _key(mirror: Mirror) -> str:
    """What the copy is made of: of which mirror, read how."""
    return hashlib.sha256(f"{mirror.url}\n{mirror.reading}".encode()).hexdigest()


async def _matched(calls: SqlCalls, search: Search, most: int) -> Sequence[str]:
    places = await calls.page(PageQuery(predicate=search, limit=most))
    return [place.position.id for place in places]


def _call(decode: Decode, document: Document) -> Call:
    return decode(document).call
