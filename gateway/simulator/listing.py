"""The filters of a list: how they are written on the wire, what Vapi refuses, and what they mean.

``GET /call`` knows id, assistantId, phoneNumberId, limit (0 to 1000, 100 by default) and four bounds on each of
createdAt and updatedAt (OpenAPI, ``CallController_findAll``); the other lists know limit and the bounds.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from datetime import datetime

from gateway.simulator.errors import Refusal
from gateway.simulator.moments import BEGINNING, END_OF_TIME, microseconds, milliseconds, parsed

BOUNDS = tuple(f"{field}{bound}" for field in ("createdAt", "updatedAt") for bound in ("Gt", "Lt", "Ge", "Le"))
ATTRIBUTES = ("id", "assistantId", "phoneNumberId")
CALL_PARAMETERS = frozenset({*ATTRIBUTES, "limit", *BOUNDS})
PARAMETERS = frozenset({"limit", *BOUNDS})

DEFAULT_LIMIT = 100
MAXIMAL_LIMIT = 1000


@dataclasses.dataclass(frozen=True, slots=True)
class Range:
    """Moments from ``low`` to ``high``, both included, in epoch milliseconds."""

    low: int = BEGINNING
    high: int = END_OF_TIME

    def __contains__(self, moment: int) -> bool:
        return self.low <= moment <= self.high


@dataclasses.dataclass(frozen=True, slots=True)
class Filters:
    """What a caller asked for; an attribute that is None is not filtered."""

    limit: int = DEFAULT_LIMIT
    created: Range = Range()
    updated: Range = Range()
    id: str | None = None
    assistant: str | None = None
    phone_number: str | None = None


def filters(query: Mapping[str, str], known: frozenset[str] = CALL_PARAMETERS) -> Filters:
    """The filters of a query string.

    Raises:
        Refusal: with one message for each parameter that Vapi would refuse.
    """
    objections = [*_objections(query, known)]
    if objections:
        raise Refusal(400, objections)
    return Filters(
        limit=int(query.get("limit", DEFAULT_LIMIT)),
        created=_range(query, "createdAt"),
        updated=_range(query, "updatedAt"),
        id=query.get("id"),
        assistant=query.get("assistantId"),
        phone_number=query.get("phoneNumberId"),
    )


def rows(table: Iterable[Mapping[str, object]], wanted: Filters) -> list[Mapping[str, object]]:
    """The rows of a small table that pass, newest first."""
    created = (row for row in table if _moment(row, "createdAt") in wanted.created)
    passing = (row for row in created if _moment(row, "updatedAt") in wanted.updated)
    return sorted(passing, key=lambda row: str(row["createdAt"]), reverse=True)[: wanted.limit]


def _moment(row: Mapping[str, object], name: str) -> int:
    return milliseconds(datetime.fromisoformat(str(row[name])))


def _objections(query: Mapping[str, str], known: frozenset[str]) -> Iterable[str]:
    for name, value in query.items():
        if name not in known:
            yield f"property {name} should not exist"
        elif name in BOUNDS and parsed(value) is None:
            yield f"{name} must be a valid ISO 8601 date string"
    yield from _limit(query.get("limit", "100"))


def _limit(value: str) -> Iterable[str]:
    if not value.lstrip("-").isascii() or not value.lstrip("-").isdigit():
        yield "limit must be a number conforming to the specified constraints"
    elif int(value) > MAXIMAL_LIMIT:
        yield f"limit must not be greater than {MAXIMAL_LIMIT}"
    elif int(value) < 0:
        yield "limit must not be less than 0"


def _range(query: Mapping[str, str], field: str) -> Range:
    """The whole milliseconds between the bounds, which may be finer."""
    given = {bound: _microseconds(query, f"{field}{bound}") for bound in ("Gt", "Lt", "Ge", "Le")}
    low, high = [BEGINNING], [END_OF_TIME]
    if given["Gt"] is not None:
        low.append(given["Gt"] // 1000 + 1)
    if given["Ge"] is not None:
        low.append(-(-given["Ge"] // 1000))
    if given["Lt"] is not None:
        high.append(-(-given["Lt"] // 1000) - 1)
    if given["Le"] is not None:
        high.append(given["Le"] // 1000)
    return Range(max(low), min(high))


def _microseconds(query: Mapping[str, str], name: str) -> int | None:
    moment = parsed(query[name]) if name in query else None
    return None if moment is None else microseconds(moment)
