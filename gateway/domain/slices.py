"""Slices: which stretches of time are compared with upstream next, so that in time it is all of them."""

from __future__ import annotations

import dataclasses
import datetime as dt

from gateway.domain.coverage import Interval


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Slicing:
    """``recent`` calls are compared in each pass, and of the older ones a stretch of ``length``.

    Calls of the last moments, ``quiet`` long, are left to the poll.
    """

    recent: dt.timedelta = dt.timedelta(days=2)
    length: dt.timedelta = dt.timedelta(days=2)
    quiet: dt.timedelta = dt.timedelta(minutes=10)


@dataclasses.dataclass(frozen=True, slots=True)
class Pass:
    """What one pass compares, newest first, and where the next one goes on; None where all was compared."""

    slices: tuple[Interval, ...]
    position: dt.datetime | None


def next_pass(slicing: Slicing, now: dt.datetime, bottom: dt.datetime, position: dt.datetime | None) -> Pass:
    """The next pass over the time from ``bottom`` on, where the last one left the older calls at ``position``."""
    end = now - slicing.quiet
    if bottom > end:
        return Pass((), None)
    recent = Interval(max(bottom, end - slicing.recent), end)
    upper = min(position or recent.start, recent.start)
    if upper <= bottom:
        return Pass((recent,), None)
    older = Interval(max(bottom, upper - slicing.length), upper)
    return Pass((recent, older), older.start if older.start > bottom else None)
