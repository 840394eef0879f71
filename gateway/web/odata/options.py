"""Options: what the query string of a request for an entity set asks (OData URL Conventions 4.0, 5)."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from gateway.domain.attributes import Attribute
from gateway.domain.filters import EVERYTHING, Predicate
from gateway.domain.ordering import Direction, Nulls, Order, Ordering
from gateway.domain.tabular import FlatTable
from gateway.errors import BadUserInput, Unimplemented
from gateway.graph.orders import MOST
from gateway.web.odata import formats
from gateway.web.odata.edm import column_of, is_list, listed
from gateway.web.odata.filters import predicate
from gateway.web.odata.formats import Format

OFFERED: Final = ("$select", "$filter", "$orderby", "$top", "$skip", "$count", "$skiptoken", "$format")
"""The system query options that are offered."""
REFUSED: Final = (
    *("$apply", "$expand", "$search", "$compute", "$levels", "$deltatoken", "$id", "$index"),
    *("$schemaversion", "$batch"),
)
"""Those that OData knows beyond them."""

_LONGEST_TOKEN: Final = 2**16
"""Characters: a token has the values in it by which its list is ordered, and texts are long."""
_MOST_ROWS: Final = 2**63 - 1
_DIGITS: Final = re.compile("[0-9]{1,19}")
_DIRECTIONS: Final = {"asc": Direction.ASC, "desc": Direction.DESC}
_NULLS: Final = {Direction.ASC: Nulls.FIRST, Direction.DESC: Nulls.LAST}
"""Null is below all values (OData Protocol 4.0, 11.2.5.2)."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What is asked of an entity set; None is what was not said.

    ``select`` are the columns that are shown, in their order: all of them, if nothing was said. ``format`` outdoes the
    header ``Accept``.
    """

    select: tuple[str, ...]
    predicate: Predicate = EVERYTHING
    ordering: Ordering = ()
    top: int | None = None
    skip: int = 0
    count: bool = False
    skiptoken: str | None = None
    format: Format | None = None


def options(items: Sequence[tuple[str, str]], table: FlatTable, own: Collection[str]) -> Options:
    """What the decoded query string ``items`` asks of a table; ``own`` are names that others read.

    Raises:
        BadUserInput: an option is stated twice, is none, or has a value that it cannot have.
        Unimplemented: OData knows what it asks, and this gateway does not.
    """
    stated = _stated(items, own)
    return Options(
        select=_select(stated.get("$select"), table),
        predicate=predicate(stated["$filter"], table.columns) if "$filter" in stated else EVERYTHING,
        ordering=_ordering(stated.get("$orderby"), table.columns),
        top=_number("$top", stated["$top"]) if "$top" in stated else None,
        skip=_number("$skip", stated.get("$skip", "0")),
        count=_truth("$count", stated.get("$count", "false")),
        skiptoken=_token(stated.get("$skiptoken")),
        format=formats.stated(stated["$format"]) if "$format" in stated else None,
    )


def _stated(items: Sequence[tuple[str, str]], own: Collection[str]) -> Mapping[str, str]:
    """The system query options; the values of others are not looked at, and may be secret."""
    found: dict[str, str] = {}
    for name, value in items:
        if name in found:
            raise BadUserInput("query", name, "an option can be stated once")
        if name not in own:
            _check_name(name, own)
        found[name] = value
    return {name: value for name, value in found.items() if name not in own}


def _check_name(name: str, own: Collection[str]) -> None:
    if name in REFUSED:
        raise Unimplemented(name, f"the options are {listed(OFFERED)}")
    if name.startswith("@"):
        raise Unimplemented("a parameter alias", "values stand where they are used")
    if name not in OFFERED:
        raise BadUserInput("query", name, f"the options are {listed((*OFFERED, *own))}")


def _select(text: str | None, table: FlatTable) -> tuple[str, ...]:
    if text is None:
        return tuple(table.columns)
    names = [name.strip() for name in text.split(",")]
    if "*" in names:
        return tuple(table.columns)
    return tuple(dict.fromkeys(column_of(table.columns, name, "$select").flat for name in names))


def _ordering(text: str | None, columns: Mapping[str, Attribute]) -> Ordering:
    if text is None:
        return ()
    if "(" in text:
        raise Unimplemented("$orderby by an expression", "it is by columns, each with asc or desc behind it")
    found = tuple(_order(part, columns) for part in text.split(","))
    names = [order.attribute for order in found]
    if len(found) > MOST or len(set(names)) < len(names):
        raise BadUserInput("$orderby", text, f"it can name {MOST} columns at most, each once")
    return found


def _order(text: str, columns: Mapping[str, Attribute]) -> Order:
    name, *ways = text.split() or [""]
    column = column_of(columns, name, "$orderby")
    way = " ".join(ways) or "asc"
    if way not in _DIRECTIONS:
        raise BadUserInput("$orderby", way, "behind a column stands asc or desc")
    if is_list(column):
        raise Unimplemented(f"$orderby by {name}", "it is a list, which has no order")
    direction = _DIRECTIONS[way]
    return Order(name, direction, _NULLS[direction])


def _number(option: str, text: str) -> int:
    if not _DIGITS.fullmatch(text) or int(text) > _MOST_ROWS:
        raise BadUserInput(option, text, "it must be a whole number from 0 on")
    return int(text)


def _truth(option: str, text: str) -> bool:
    if text not in ("true", "false"):
        raise BadUserInput(option, text, "it must be true or false")
    return text == "true"


def _token(text: str | None) -> str | None:
    if text is not None and not 0 < len(text) <= _LONGEST_TOKEN:
        raise BadUserInput("$skiptoken", text, "it must be one that @odata.nextLink has given")
    return text
