"""Coverage: the stretches of time of which the mirror holds every call that upstream had."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable


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


_MILLISECOND = dt.timedelta(milliseconds=1)
"""Vapi's times have no finer parts: the end of one stretch and the next millisecond leave nothing between them."""
