"""Lists: the calls of a list that was read before, without looking for each of them.

A page has a hundred calls, and most pages are asked for again before anything in them has changed. What was found for a
list is kept for as long as memory neither takes nor loses anything; what its age means is found out at every moment.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final, NamedTuple

from cachetools import LRUCache

from gateway.cache.memory import Memory
from gateway.domain.answers import Answers, Row
from gateway.domain.call import Call
from gateway.domain.enums import FreshnessSource, FreshnessState
from gateway.domain.stamp import Freshness
from gateway.ports import Place

_MOST: Final = 200
_MILLISECOND: Final = dt.timedelta(milliseconds=1)
_NEVER: Final = dt.datetime.max.replace(tzinfo=dt.UTC)


class ListedCall(NamedTuple):
    """A call of a list; ``told`` is its state where that does not follow from its age."""

    call: Call
    version: int | None
    fetched_at: dt.datetime
    fresh_until: dt.datetime
    told: FreshnessState | None
    source: FreshnessSource


class Told(NamedTuple):
    """What is told of the age of some calls of a list."""

    fetched_at: dt.datetime
    state: FreshnessState
    source: FreshnessSource


class Listed:
    """The calls of a list in their order; None for one that is gone since."""

    def __init__(self, rows: Sequence[ListedCall | None]) -> None:
        self._rows = rows
        self._told: list[Told] = []
        self._calls: list[Row | None] = []
        self._since = self._until = _NEVER

    def answers(self, now: dt.datetime) -> Answers:
        """The calls, each with how current it is at this moment. Those that are as current share what tells it."""
        if not self._since <= now < self._until:
            self._sort(now)
        return Answers(self._calls, [_freshness(each, now) for each in self._told])

    def _sort(self, now: dt.datetime) -> None:
        """Find out which calls are as current, and until when that stays so."""
        numbers: dict[Told, int] = {}
        self._calls = [None if row is None else _numbered(row, now, numbers) for row in self._rows]
        self._told = list(numbers)
        later = (row.fresh_until for row in self._rows if row is not None and row.fresh_until > now)
        self._since, self._until = now, min(later, default=_NEVER)


def _numbered(row: ListedCall, now: dt.datetime, numbers: dict[Told, int]) -> Row:
    state = row.told or (FreshnessState.FRESH if now < row.fresh_until else FreshnessState.STALE)
    number = numbers.setdefault(Told(row.fetched_at, state, row.source), len(numbers))
    return row.call, row.version, number


def _freshness(told: Told, now: dt.datetime) -> Freshness:
    age = max(now - told.fetched_at, dt.timedelta()) // _MILLISECOND
    return Freshness(fetched_at=told.fetched_at, age_ms=age, state=told.state, source=told.source)


class Lists:
    """The lists that were asked for last. ``memory`` has every call of them, or they are forgotten."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._at = -1
        self._kept: LRUCache[int, tuple[Sequence[Place], dt.datetime | None, Listed]] = LRUCache(_MOST)

    def found(self, places: Sequence[Place], confirmed_at: dt.datetime | None) -> Listed | None:
        """What was found for this very list, with what was confirmed then, if that is still so."""
        if self._at != self._memory.changes:
            self._kept.clear()  # also lets go of calls that memory has let go of
            self._at = self._memory.changes
        of, confirmed, listed = self._kept.get(id(places), (None, None, None))
        return listed if of is places and confirmed == confirmed_at else None

    def keep(
        self, places: Sequence[Place], confirmed_at: dt.datetime | None, rows: Sequence[ListedCall | None]
    ) -> None:
        """Remember what was found, all of it in memory."""
        if self._at == self._memory.changes:
            self._kept[id(places)] = (places, confirmed_at, Listed(rows))
