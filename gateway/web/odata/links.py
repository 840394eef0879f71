"""Links: where a page of an entity set goes on, all pages being of one state (OData Protocol 4.0, 11.2.5.7)."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote, urlencode

from gateway.domain import paging
from gateway.domain.attributes import Kind
from gateway.domain.ordering import Position
from gateway.domain.paging import Cursor
from gateway.domain.tabular import FlatTable
from gateway.errors import BadUserInput
from gateway.web.odata.options import Options

TOKEN: Final = "$skiptoken"  # noqa: S105  # an option's name
_REPLACED: Final = (TOKEN, "$skip", "$top", "asOf", "atLeast")
_OWN: Final = (Kind.INT, Kind.INT)
_EXPECTED: Final = "it must be one that @odata.nextLink has given for the same table, filter and order"
_LONGEST_NUMBER: Final = 18
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """Behind which row a page begins, in which state of the mirror, and how many rows are left to be told."""

    state: int
    left: int | None
    after: Position


def token(place: Place, table: FlatTable, asked: Options) -> str:
    """The place as clients send it back."""
    values = (place.state, place.left, *place.after.values)
    return paging.encode(Cursor(Position(values, str(place.after.id)), _EPOCH, _digest(table, asked)))


def place(text: str, table: FlatTable, asked: Options) -> Place:
    """The place that a client sent back. Raises `BadUserInput` where it is none of this list."""
    ordering = table.ordering(asked.ordering)
    kinds = (*_OWN, *(table.columns[order.attribute].kind for order in ordering))
    try:
        cursor = paging.decode(text, stated=_digest(table, asked), kinds=kinds, argument=TOKEN)
    except BadUserInput:
        raise BadUserInput(TOKEN, text, _EXPECTED) from None
    state, left, *values = cursor.position.values
    found = Place(state, left, Position(tuple(values), _key(cursor.position.id, table)))
    if not _can_be(found, table, [order.attribute for order in ordering]):
        raise BadUserInput(TOKEN, text, _EXPECTED)
    return found


def _can_be(found: Place, table: FlatTable, by: Sequence[str]) -> bool:
    """Whether a page can begin there: anybody can write a token."""
    never_null = {*table.key, table.created}
    of_a_row = all(
        value is not None or name not in never_null for name, value in zip(by, found.after.values, strict=True)
    )
    return of_a_row and found.state is not None and (found.left is None or found.left > 0)


def after(row: Mapping[str, Any], table: FlatTable, asked: Options) -> Position:
    """The position of a row, which has the columns that its table goes by."""
    ordering = table.ordering(asked.ordering)
    return Position(tuple(row[order.attribute] for order in ordering), row[table.key[-1]])


def next_link(url: str, items: Sequence[tuple[str, str]], skiptoken: str) -> str:
    """The address of the next page: the same request, from there on."""
    kept = [(name, value) for name, value in items if name not in _REPLACED]
    return f"{url}?{urlencode([*kept, (TOKEN, skiptoken)], quote_via=quote, safe='$,')}"


def _digest(table: FlatTable, asked: Options) -> str:
    return paging.digest([table.name, repr(asked.predicate), repr(asked.ordering)])


def _key(text: str, table: FlatTable) -> Any:
    """The last part of a key: texts all but for positions."""
    if table.columns[table.key[-1]].kind is not Kind.INT:
        return text
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER else 0
