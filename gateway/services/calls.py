"""Calls: one by its id, several by theirs, or page by page out of the mirror."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
from collections.abc import Callable, Sequence
from typing import NamedTuple, cast

from gateway.domain import identifiers
from gateway.domain.allowance import Allowance
from gateway.domain.answers import CallAnswer
from gateway.domain.artifact import PresignedUrls
from gateway.domain.catalog import Catalog
from gateway.domain.coverage import Interval, reached
from gateway.domain.filters import Predicate
from gateway.domain.narrowing import may_see, narrowed
from gateway.domain.principal import Principal, Scope
from gateway.errors import BadUserInput
from gateway.ports import CallReader, CallStore, PageQuery, Place, Terms
from gateway.services.access import Access
from gateway.services.freshness import MirrorFreshness
from gateway.services.lists import ListRequest, Permitted, Piece, Placed
from gateway.services.unchanged import Unchanged


class Edge(NamedTuple):
    """A call in a list, and its place there."""

    answer: CallAnswer
    place: Placed

    @property
    def cursor(self) -> str:
        """What the list goes on behind; made where it is asked for."""
        return self.place.cursor


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CallPage:
    """A piece of a list of calls; ``uncovered`` is the stretch of time that it reaches into and the mirror may miss.

    ``places`` are those of the calls in the list that was first asked for at ``now``, and stated so.
    """

    answers: Sequence[CallAnswer]
    places: Sequence[Place]
    now: dt.datetime
    stated: str
    predicate: Predicate
    has_next: bool
    has_previous: bool
    uncovered: Interval | None = None

    @property
    def edges(self) -> list[Edge]:
        """The calls with their places."""
        rows = zip(self.answers, self.places, strict=True)
        return [Edge(answer, Placed(place.position, self.now, self.stated)) for answer, place in rows]

    def cursor(self, at: int) -> str | None:
        """The cursor of the call at an index; None where there is no call."""
        return Placed(self.places[at].position, self.now, self.stated).cursor if self.places else None


class Calls:
    """Reading calls on behalf of a principal."""

    def __init__(
        self,
        *,
        reader: CallReader,
        store: CallStore,
        freshness: MirrorFreshness,
        catalog: Catalog,
        clock: Callable[[], dt.datetime],
        largest_page: int,
        unchanged: Unchanged | None = None,
    ) -> None:
        self._unchanged = unchanged or Unchanged()
        self._reader = reader
        self._store = store
        self._freshness = freshness
        self._access = Access({attribute.flat: attribute for attribute in catalog.mirrored()})
        self._clock = clock
        self._largest_page = largest_page

    async def get(
        self, principal: Principal, allowance: Allowance, call_id: str, max_age: dt.timedelta | None = None
    ) -> CallAnswer | None:
        """One call; None where there is none of this id for the principal.

        Raises:
            BadUserInput: the text is no id of a call.
            Forbidden: the principal may not read calls.
            UpstreamError, UpstreamBudgetSpent: nothing is known of the call and upstream cannot be asked.
        """
        principal.need(Scope.CALLS_READ, "read calls")
        known = identifiers.call_id(call_id)
        if known is None:
            raise BadUserInput("id", call_id, f"it must be {identifiers.EXPECTED}")
        return await self._reader.get(known, max_age, terms=_terms(principal, allowance))

    async def presigned(self, principal: Principal, allowance: Allowance, call_id: str) -> PresignedUrls | None:
        """Addresses that open the call's recordings for half an hour, made anew; None where there is no such call.

        Raises:
            BadUserInput, UpstreamError, UpstreamBudgetSpent: as `get` does.
            Forbidden: the principal may not read calls, or not hear them.
        """
        principal.need(Scope.CALLS_READ, "read calls")
        principal.need(Scope.RECORDINGS_READ, "open recordings")
        known = identifiers.call_id(call_id)
        if known is None:
            raise BadUserInput("id", call_id, f"it must be {identifiers.EXPECTED}")
        return await self._reader.presigned(known, terms=_terms(principal, allowance))

    def permitted(self, principal: Principal, request: ListRequest) -> Permitted:
        """A list of calls as the principal may have it, to be asked for again and again by `piece`.

        Raises:
            BadUserInput: a size is out of range, or a cursor is none of this list.
            Forbidden: the principal may not read calls, or not sort so.
        """
        principal.need(Scope.CALLS_READ, "list calls")
        return self._narrowed(principal, request)

    async def page(self, principal: Principal, request: ListRequest) -> CallPage:
        """A piece of a list of the calls that the principal may see. Raises what `permitted` and `piece` raise."""
        return await self.piece(self.permitted(principal, request))

    async def piece(self, asked: Permitted) -> CallPage:
        """A piece of a list of the calls that whom it was permitted to may see.

        Raises:
            BadUserInput: the filter cannot be used.
            Forbidden: the principal may not filter so.
            StoreError: the mirror cannot be asked, or not in time.
        """
        now, principal = self._clock(), asked.principal
        window = asked.window(now)
        said = await self._unchanged.ask(window.query, lambda: self._read(window.query))
        found = window.piece(said.places, now)
        listed = found.in_order(await self._reader.many(said.places, said.confirmed_at))
        answers, places = cast("Sequence[CallAnswer]", listed), found.rows
        if principal.is_bound or listed.has_gaps:  # a call may have become another's since, or nobody's
            there = [
                (answer, place)
                for answer, place in zip(listed, places, strict=True)
                if answer is not None and may_see(principal, answer.call)
            ]
            answers, places = [answer for answer, _ in there], tuple(place for _, place in there)
        return CallPage(
            answers=answers,
            places=places,
            now=found.now,
            stated=asked.stated,
            predicate=found.predicate,
            has_next=found.has_next,
            has_previous=found.has_previous,
            uncovered=await self._uncovered(asked, found, said.covered),
        )

    async def count(self, principal: Principal, request: ListRequest) -> int:
        """How many calls there are in the whole list that the request is for a piece of.

        Raises what `page` raises.
        """
        return await self._store.count(self._whole(principal, request))

    async def uncovered(self, principal: Principal, request: ListRequest) -> Interval | None:
        """The part of the whole list's time that the mirror does not hold for sure. Raises what `page` raises."""
        reach = reached(self._whole(principal, request), (), (), self._clock(), ended=True)
        return await self._freshness.uncovered(reach)

    def _whole(self, principal: Principal, request: ListRequest) -> Predicate:
        principal.need(Scope.CALLS_READ, "count calls")
        return self._narrowed(principal, request).whole(self._clock())

    def _narrowed(self, principal: Principal, request: ListRequest) -> Permitted:
        return self._access.permitted(request, principal, largest=self._largest_page, narrow=narrowed)

    async def _read(self, query: PageQuery) -> _Said:
        """Ask the mirror for a page, and for what can be said of it, which may be said again until it changes."""
        places = await self._store.page(query)
        return _Said(places, await self._freshness.confirmed_at(), await self._freshness.covered())

    async def _uncovered(self, asked: Permitted, found: Piece[Place], covered: Sequence[Interval]) -> Interval | None:
        """The part of what the piece speaks of that the mirror does not hold for sure."""
        positions = tuple(place.position for place in found.rows[-1:])
        reach = reached(found.predicate, asked.ordering, positions, self._clock(), ended=not found.has_next)
        return await self._freshness.uncovered(reach, covered)


class _Said(NamedTuple):
    """What the mirror has said of a page: its places, up to when they are confirmed, and which times it holds."""

    places: Sequence[Place]
    confirmed_at: dt.datetime | None
    covered: Sequence[Interval]


def _terms(principal: Principal, allowance: Allowance) -> Terms:
    return Terms(may_see=functools.partial(may_see, principal), spend=allowance.spend)
