"""Calls: one by its id, several by theirs, or page by page out of the mirror."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable

from gateway.domain import identifiers
from gateway.domain.answers import CallAnswer
from gateway.domain.artifact import PresignedUrls
from gateway.domain.coverage import Interval, reached
from gateway.domain.filters import Predicate
from gateway.domain.principal import Principal
from gateway.errors import BadUserInput
from gateway.ports import CallReader, CallStore, Place
from gateway.services.freshness import MirrorFreshness
from gateway.services.lists import ListRequest, Piece, cursor_of, piece


@dataclasses.dataclass(frozen=True, slots=True)
class Edge:
    """A call in a list, and the cursor that the list goes on behind."""

    cursor: str
    answer: CallAnswer


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CallPage:
    """A piece of a list of calls; ``uncovered`` is the stretch of time that it reaches into and the mirror may miss."""

    edges: tuple[Edge, ...]
    predicate: Predicate
    has_next: bool
    has_previous: bool
    uncovered: Interval | None = None


class Calls:
    """Reading calls on behalf of a principal."""

    def __init__(
        self,
        *,
        reader: CallReader,
        store: CallStore,
        freshness: MirrorFreshness,
        clock: Callable[[], dt.datetime],
        largest_page: int,
    ) -> None:
        self._reader = reader
        self._store = store
        self._freshness = freshness
        self._clock = clock
        self._largest_page = largest_page

    async def get(self, principal: Principal, call_id: str, max_age: dt.timedelta | None = None) -> CallAnswer | None:
        """One call; None where there is none of this id.

        Raises:
            BadUserInput: the text is no id of a call.
            UpstreamError: nothing is known of the call and upstream cannot be asked.
        """
        known = identifiers.call_id(call_id)
        if known is None:
            raise BadUserInput("id", call_id, f"it must be {identifiers.EXPECTED}")
        return await self._reader.get(known, max_age)

    async def presigned(self, principal: Principal, call_id: str) -> PresignedUrls | None:
        """Addresses that open the call's recordings for half an hour, made anew."""
        return await self._reader.presigned(call_id)

    async def page(self, principal: Principal, request: ListRequest) -> CallPage:
        """A piece of a list of calls.

        Raises:
            BadUserInput: a size is out of range, or a cursor is none of this list.
            StoreError: the mirror cannot be asked, or not in time.
        """
        found = await piece(request, now=self._clock(), largest=self._largest_page, fetch=self._store.page)
        confirmed_at = await self._freshness.confirmed_at()
        answers = await self._reader.many(found.rows, confirmed_at)
        edges = (
            Edge(cursor_of(place.position, found.now, request), answer)
            for place, answer in zip(found.rows, answers, strict=True)
            if answer is not None
        )
        return CallPage(
            edges=tuple(edges),
            predicate=found.predicate,
            has_next=found.has_next,
            has_previous=found.has_previous,
            uncovered=await self._uncovered(request, found),
        )

    async def count(self, principal: Principal, predicate: Predicate) -> int:
        """How many calls the mirror has for which it holds."""
        return await self._store.count(predicate)

    async def uncovered(self, predicate: Predicate) -> Interval | None:
        """The part of the filter's time that the mirror does not hold for sure."""
        return await self._freshness.uncovered(reached(predicate, (), (), self._clock(), ended=True))

    async def _uncovered(self, request: ListRequest, found: Piece[Place]) -> Interval | None:
        """The part of what the piece speaks of that the mirror does not hold for sure."""
        positions = tuple(place.position for place in found.rows)
        reach = reached(found.predicate, request.ordering, positions, self._clock(), ended=not found.has_next)
        return await self._freshness.uncovered(reach)
