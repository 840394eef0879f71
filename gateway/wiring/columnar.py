"""The columnar copy of the mirror, where the extra for it is installed."""

from __future__ import annotations

import datetime as dt
import hashlib
import importlib.util
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Final

from gateway.domain.catalog import Catalog
from gateway.domain.filters import Search
from gateway.ports import PageQuery
from gateway.settings import Settings
from gateway.store.address import address
from gateway.store.calls import SqlCalls
from gateway.wiring.keys import data_dir
from gateway.wiring.mirror import Mirror

if TYPE_CHECKING:
    from gateway.store.columnar.calls import ColumnarCalls

FILE: Final = "columnar.duckdb"
_NEEDED: Final = ("duckdb", "pyarrow", "adbc_driver_sqlite", "adbc_driver_postgresql")


def columnar(
    settings: Settings, catalog: Catalog, mirror: Mirror, *, clock: Callable[[], dt.datetime]
) -> ColumnarCalls | None:
    """The copy, unopened; it is made when it is first asked. None where the extra “bi” is not installed."""
    if not all(importlib.util.find_spec(module) for module in _NEEDED):
        return None
    from gateway.store.columnar import tables
    from gateway.store.columnar.calls import ColumnarCalls
    from gateway.store.columnar.copy import Copy
    from gateway.store.columnar.source import source_of

    attributes, url = tables.copied(catalog), address(mirror.url)

    def made() -> Copy:
        return Copy(
            None if settings.columnar_in_memory else data_dir(settings) / FILE,
            key=_key(mirror),
            attributes=attributes,
            source=source_of(url, attributes),
            memory_bytes=settings.columnar_bytes,
        )

    return ColumnarCalls(
        made,
        attributes=attributes,
        last_change=mirror.calls.last_change,
        matched=_matched(mirror.calls),
        clock=clock,
        patience=settings.query_patience_seconds,
    )


def _key(mirror: Mirror) -> str:
    """What the copy is made of: of which mirror, read how."""
    return hashlib.sha256(f"{mirror.url}\n{mirror.reading}".encode()).hexdigest()


def _matched(calls: SqlCalls) -> Callable[[Search, int], Awaitable[Sequence[str]]]:
    async def matched(search: Search, most: int) -> Sequence[str]:
        places = await calls.page(PageQuery(predicate=search, limit=most))
        return [place.position.id for place in places]

    return matched
