"""Calls: one by its id, several by theirs, or page by page, newest first."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import datetime as dt
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping
from typing import Final

from gateway.domain import identifiers, paging
from gateway.domain.answers import CallAnswer
from gateway.domain.artifact import PresignedUrls
from gateway.domain.filters import Comparator, Condition, Predicate
from gateway.domain.paging import Cursor
from gateway.domain.principal import Principal
from gateway.errors import BadUserInput
from gateway.observe.events import Listener, silence
from gateway.ports import CallQuery, CallReader, CallSource
from gateway.upstream.instants import FIRST, LAST, MILLISECOND, ceiling, floor
from gateway.upstream.windows import Position, Row, newest_first

FILTERABLE: Final[Mapping[str, tuple[Comparator, ...]]] = {
    "assistantId": (Comparator.EQ,),
    "phoneNumberId": (Comparator.EQ,),
    "createdAt": (Comparator.GT, Comparator.GTE, Comparator.LT, Comparator.LTE),
}
"""What a list can be narrowed by as long as upstream answers it: ``GET /call`` knows two ids and time, nothing else."""


@dataclasses.dataclass(frozen=True, slots=True)
class Edge:
    """A call in a list, and the cursor that the list goes on behind."""

    cursor: str
    answer: CallAnswer


@dataclasses.dataclass(frozen=True, slots=True)
class CallPage:
    """A piece of a list of calls."""

    edges: tuple[Edge, ...]
    has_next: bool
    has_previous: bool


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """Which piece of which list.

    ``predicate`` is the filter with its durations resolved, ``stated`` the digest of the filter as it was stated.
    """

    predicate: Predicate
    stated: str
    first: int
    after: str | None = None


class Calls:
    """Reading calls on behalf of a principal."""

    def __init__(
        self,
        *,
        reader: CallReader,
        source: CallSource,
        clock: Callable[[], dt.datetime],
        largest_page: int,
        listen: Listener = silence,
    ) -> None:
        self._reader = reader
        self._source = source
        self._clock = clock
        self._largest_page = largest_page
        self._listen = listen

    async def get(
        self, principal: Principal, call_id: str, max_age: dt.timedelta | None = None, *, argument: str = "id"
    ) -> CallAnswer | None:
        """One call; None where there is none of this id.

        Raises:
            BadUserInput: the text is no id of a call; ``argument`` names where it came from.
            UpstreamError: nothing is known of the call and upstream cannot be asked.
        """
        known = identifiers.call_id(call_id)
        if known is None:
            raise BadUserInput(argument, call_id, f"it must be {identifiers.EXPECTED}")
        return await self._reader.get(known, max_age)

    async def presigned(self, principal: Principal, call_id: str) -> PresignedUrls | None:
        """Addresses that open the call's recordings for half an hour, made anew."""
        return await self._reader.presigned(call_id)

    async def page(self, principal: Principal, request: PageRequest) -> CallPage:
        """A piece of the list of calls, newest first; calls of one millisecond by descending id.

        Raises:
            BadUserInput: ``first`` is out of range, or ``after`` is no cursor of this list.
            UpstreamError: upstream cannot be asked.
        """
        self._check_size(request.first)
        cursor = paging.decode(request.after, stated=request.stated) if request.after is not None else None
        predicate = cursor.predicate if cursor else request.predicate
        read_at = self._clock()
        rows, has_next = await _taken(self._rows(predicate, request.first, cursor), request.first)
        edges = [edge async for edge in self._edges(rows, predicate, request.stated, read_at)]
        return CallPage(tuple(edges), has_next=has_next, has_previous=cursor is not None)

    def _check_size(self, first: int) -> None:
        if not 1 <= first <= self._largest_page:
            raise BadUserInput("first", first, f"it must be from 1 to {self._largest_page}")

    def _rows(self, predicate: Predicate, first: int, cursor: Cursor | None) -> AsyncGenerator[Row]:
        after = Position(cursor.created_at, cursor.id) if cursor else None
        return newest_first(self._source, upstream_query(predicate, limit=first), after=after, listen=self._listen)

    async def _edges(
        self, rows: Iterable[Row], predicate: Predicate, stated: str, read_at: dt.datetime
    ) -> AsyncIterator[Edge]:
        """Each row learned. Decoding one takes milliseconds, so whoever else is waiting gets a turn between two."""
        for row in rows:
            cursor = paging.encode(Cursor(row.created_at, row.id, predicate, stated))
            yield Edge(cursor, self._reader.learn(row.document, read_at))
            await asyncio.sleep(0)


async def _taken(rows: AsyncGenerator[Row], count: int) -> tuple[list[Row], bool]:
    """The next ``count`` rows, and whether there are more."""
    taken: list[Row] = []
    async with contextlib.aclosing(rows):
        async for row in rows:
            if len(taken) == count:
                return taken, True
            taken.append(row)
    return taken, False


def upstream_query(predicate: Predicate, *, limit: int) -> CallQuery:
    """The question to upstream that a predicate over `FILTERABLE` amounts to. Vapi's times have milliseconds."""
    query = CallQuery(limit=limit)
    for condition in predicate:
        query = _narrowed(query, condition)
    return query


def _narrowed(query: CallQuery, condition: Condition) -> CallQuery:
    match condition:
        case Condition("createdAt", comparator, dt.datetime() as moment) if comparator is not Comparator.EQ:
            return _bounded(query, comparator, moment)
        case Condition("assistantId", Comparator.EQ, str() as assistant):
            return dataclasses.replace(query, assistant_id=assistant)
        case Condition("phoneNumberId", Comparator.EQ, str() as number):
            return dataclasses.replace(query, phone_number_id=number)
    raise BadUserInput("where", condition.attribute, f"a list can be narrowed by {', '.join(FILTERABLE)}")


def _bounded(query: CallQuery, comparator: Comparator, value: dt.datetime) -> CallQuery:
    """The bound in whole milliseconds, inclusive. Beyond the ends of time there are no calls, so they are the last."""
    if comparator is Comparator.GT:
        return _from(query, min(floor(value), LAST - MILLISECOND) + MILLISECOND)
    if comparator is Comparator.GTE:
        return _from(query, ceiling(value))
    if comparator is Comparator.LTE:
        return _to(query, floor(value))
    return _to(query, max(ceiling(value), FIRST + MILLISECOND) - MILLISECOND)


def _from(query: CallQuery, bound: dt.datetime) -> CallQuery:
    later = bound if query.created_from is None else max(bound, query.created_from)
    return dataclasses.replace(query, created_from=later)


def _to(query: CallQuery, bound: dt.datetime) -> CallQuery:
    earlier = bound if query.created_to is None else min(bound, query.created_to)
    return dataclasses.replace(query, created_to=earlier)
