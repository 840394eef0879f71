"""Coverage: the stretches of time of which the mirror holds every call that upstream had."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Final

from gateway.domain.filters import AllOf, Comparator, Condition, Predicate
from gateway.domain.ordering import NEWEST_FIRST, Ordering, Position

_MILLISECOND: Final = dt.timedelta(milliseconds=1)
"""Vapi's times have no finer parts: the end of one stretch and the next millisecond leave nothing between them."""

BEGINNING: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
"""Before any call; where a coverage begins that knows of no retention."""


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class Interval:
    """Calls created from ``start`` to ``end``, both included."""

    start: dt.datetime
    end: dt.datetime


def merged(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    """The same stretches without overlap, oldest first; those that touch become one."""
    found: list[Interval] = []
    for interval in sorted(each for each in intervals if each.start <= each.end):
        if found and interval.start <= found[-1].end + _MILLISECOND:
            found[-1] = Interval(found[-1].start, max(found[-1].end, interval.end))
        else:
            found.append(interval)
    return tuple(found)


def latest(intervals: Iterable[Interval]) -> Interval | None:
    """The stretch that reaches closest to now."""
    return max(merged(intervals), default=None)


def covers(intervals: Iterable[Interval], wanted: Interval) -> bool:
    """Whether every call of this stretch is held."""
    return any(each.start <= wanted.start and wanted.end <= each.end for each in merged(intervals))


def reached(
    predicate: Predicate, ordering: Ordering, positions: Sequence[Position], now: dt.datetime, *, ended: bool
) -> Interval:
    """The stretch of time that a piece of a list speaks of: calls of it that are missing would be missed in the piece.

    Newest first, that is from its oldest row on, or from the filter's own bound where the list ``ended`` with it; in
    any other order every call of the filter's time could stand in it.
    """
    lower, upper = _bounds(predicate, now)
    if ordering == NEWEST_FIRST and not ended and positions:
        lower = max(lower, *(position.values[0] for position in positions[-1:]))
    return Interval(lower, upper)


def missing(intervals: Iterable[Interval], wanted: Interval) -> Interval | None:
    """The smallest stretch that holds all that is wanted and not covered; None where everything is."""
    begin, end = wanted.start, wanted.end
    for each in merged(intervals):
        if each.start <= begin <= each.end:
            begin = each.end + _MILLISECOND
        if each.start <= end <= each.end:
            end = each.start - _MILLISECOND
    return Interval(begin, end) if begin <= end else None


def _bounds(predicate: Predicate, now: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    """The time that a filter leaves: only conditions that must all hold can narrow it."""
    lower, upper = BEGINNING, now
    for each in predicate.of if isinstance(predicate, AllOf) else (predicate,):
        match each:
            case Condition("created_at", Comparator.GT | Comparator.GTE | Comparator.EQ, dt.datetime() as moment):
                lower = max(lower, moment)
            case AllOf():
                nested = _bounds(each, now)
                lower, upper = max(lower, nested[0]), min(upper, nested[1])
        match each:
            case Condition("created_at", Comparator.LT | Comparator.LTE | Comparator.EQ, dt.datetime() as moment):
                upper = min(upper, moment)
    return lower, upper
