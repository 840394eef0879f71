"""Payload: a page of an entity set as JSON (OData JSON Format 4.0)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import orjson

from gateway.domain.attributes import Attribute
from gateway.domain.tabular import FlatTable
from gateway.web.odata.edm import Edm, is_list, type_of
from gateway.web.odata.formats import Control, Format

_USUAL: Final = Format()


def context_url(metadata_url: str, table: FlatTable, select: Sequence[str]) -> str:
    """Where what a page consists of is described: the entity set, and the columns where these are not all.

    ``metadata_url`` is that of the metadata document.
    """
    chosen = "" if tuple(select) == tuple(table.columns) else f"({','.join(select)})"
    return f"{metadata_url}#{table.name}{chosen}"


def page(
    table: FlatTable,
    select: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    context: str,
    format: Format = _USUAL,  # noqa: A002  # OData's word for it
    count: int | None = None,
    next_link: str | None = None,
) -> bytes:
    """The body of an answer.

    ``rows`` are values in the order of ``select``: texts, integers, floats, booleans, aware datetimes in UTC, tuples of
    texts, None. ``context`` is what `context_url` gives, ``count`` how many rows there are in all pages.
    """
    told: dict[str, Any] = {} if format.control is Control.NONE else {"@odata.context": context}
    if count is not None:
        told["@odata.count"] = str(count) if format.texts_for_int64 else count
    told["value"] = _entities(select, rows, _written(table.columns, select, format))
    if next_link is not None:
        told["@odata.nextLink"] = next_link
    return orjson.dumps(told, option=orjson.OPT_UTC_Z)


_Write: TypeAlias = Callable[[Any], Any]


def _written(columns: Mapping[str, Attribute], select: Sequence[str], format: Format) -> Mapping[int, _Write]:  # noqa: A002
    """How values are written that JSON would write otherwise, by their place in a row."""
    found: dict[int, _Write] = {}
    for at, name in enumerate(select):
        if is_list(columns[name]):
            found[at] = _as_json
        elif format.texts_for_int64 and type_of(columns[name]) is Edm.INT64:
            found[at] = str
    return found


def _entities(
    select: Sequence[str], rows: Iterable[Sequence[Any]], written: Mapping[int, _Write]
) -> list[dict[str, Any]]:
    entities = [dict(zip(select, row, strict=True)) for row in rows]
    for at, write in written.items():
        name = select[at]
        for entity in entities:
            if entity[name] is not None:
                entity[name] = write(entity[name])
    return entities


def _as_json(texts: Sequence[str]) -> str:
    return orjson.dumps(texts).decode()
