"""Windows: walking ``GET /call`` newest first, though it has no cursor, no total, and promises no order.

What is known (observed by several users, promised nowhere): an answer holds the newest calls that match, newest first,
ties in any order; ``createdAtLe`` is inclusive; calls of one batch really share a millisecond. So:

- A window is everything up to an instant. If its answer is full, more calls may share its oldest millisecond: those
  rows are held back, and the next window ends with that very millisecond.
- A full answer that holds a single millisecond is asked for again with a larger limit, up to the 1,000 that Vapi
  allows.
- A full answer out of order is no longer trusted to hold the *newest* calls, nor is any after it: time is bisected
  until answers are not full, newest half first.
- A window ends with the last microsecond of its millisecond, in case Vapi's database is finer than its JSON; what is
  read twice thereby is dropped by its position.

`onward` decides, `pages` asks.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
from collections.abc import AsyncGenerator
from typing import Final

from gateway.errors import UpstreamTooDense
from gateway.observe.events import Listener, silence
from gateway.ports import CallQuery, CallSource
from gateway.upstream.instants import FIRST, LAST, MILLISECOND, end, floor, wire
from gateway.upstream.rows import Held, Position, Reading, Row, Span, read

__all__ = ["Page", "Position", "Row", "newest_first", "pages"]

LARGEST: Final = 1000
"""The largest ``limit`` that Vapi accepts."""

STEADY: Final = 100
"""The limit that a walk grows to, Vapi's own default: a call has about 137 kB, so such an answer has about 14 MB."""

SPARE: Final = 3
"""Rows asked for beyond those expected: the one at the cursor, the one held back, and one to know that more follow."""

DAWN: Final = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
"""Where bisecting starts if nothing else is said: Vapi has no calls before. Older ones would be found nevertheless."""


@dataclasses.dataclass(frozen=True, slots=True)
class Walk:
    """What is still to be asked: ``spans`` without overlap, the newest last; the ``limit`` of the next request.

    ``trusted``: every full answer so far was in order.
    """

    spans: tuple[Span, ...]
    limit: int
    trusted: bool = True


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """What an answer leads to: all calls since ``settled`` (None: none yet) are known, and how the walk goes on."""

    settled: dt.datetime | None
    walk: Walk


@dataclasses.dataclass(frozen=True, slots=True)
class Page:
    """A piece of a walk: with these rows, all calls since ``settled`` are known."""

    rows: tuple[Row, ...]
    settled: dt.datetime


async def newest_first(
    source: CallSource, query: CallQuery, *, after: Position | None, listen: Listener = silence
) -> AsyncGenerator[Row, None]:
    """Every call that matches, once, by (created_at, id) descending, from behind ``after`` to the end of history.

    ``query.limit`` is how many rows the caller expects to take; it only chooses the size of the first request. Bounds
    count in whole milliseconds. Rows without an id are dropped with an event. Raises what ``source`` raises, and
    `UpstreamTooDense` where one millisecond holds more calls than one answer may.
    """
    async with contextlib.aclosing(pages(source, query, after=after, listen=listen)) as walk:
        async for page in walk:
            for row in page.rows:
                yield row


async def pages(
    source: CallSource, query: CallQuery, *, after: Position | None = None, listen: Listener = silence
) -> AsyncGenerator[Page, None]:
    """The same, piece by piece, each as large as one answer; the last one settles the beginning of time, or the bound.

    A piece can be empty: then it tells only that there are no calls down to ``settled``.
    """
    held = Held(after)
    walk = Walk(spans=_spans(query, after), limit=_first(query))
    while walk.spans:
        span = walk.spans[-1]
        answer = await source.list(_window(query, span, walk.limit))
        reading = read(answer, span, asked=walk.limit, listen=listen)
        step = onward(walk, reading, usual=max(_first(query), STEADY))
        held.take(reading)
        if step.settled is not None:
            yield Page(tuple(held.release(step.settled)), step.settled)
        walk = step.walk


def onward(walk: Walk, reading: Reading, *, usual: int) -> Step:
    """Where the answer to the newest span of the walk leads. Raises `UpstreamTooDense`."""
    span, rest = walk.spans[-1], walk.spans[:-1]
    if not reading.full:
        return Step(span.lower or FIRST, Walk(rest, _grown(walk.limit, usual), walk.trusted))
    if walk.trusted and reading.ordered:
        return _along(walk, reading, usual)
    halves = _halves(span, reading)
    if not halves:
        return _larger(walk, span.upper)
    return Step(None, Walk((*rest, *halves), usual, trusted=False))


def _along(walk: Walk, reading: Reading, usual: int) -> Step:
    """A full answer in order: all but its oldest millisecond is settled."""
    if reading.oldest is None or reading.oldest == reading.newest:
        return _larger(walk, reading.oldest)
    earlier = Span(walk.spans[-1].lower, reading.oldest)
    return Step(reading.oldest + MILLISECOND, Walk((*walk.spans[:-1], earlier), _grown(walk.limit, usual)))


def _larger(walk: Walk, instant: dt.datetime | None) -> Step:
    """The same question for more rows."""
    if walk.limit < LARGEST:
        return Step(None, dataclasses.replace(walk, limit=min(walk.limit * 4, LARGEST)))
    raise UpstreamTooDense(
        f"Vapi has {LARGEST} or more calls created at {wire(instant) if instant else 'no readable instant'}, and one "
        "answer holds no more, so some could be lost: ask by assistantId or phoneNumberId, which splits them."
    )


def _halves(span: Span, reading: Reading) -> tuple[Span, Span] | None:
    """The older and the newer half of this span, or None where it is a single millisecond.

    Where the end is open, the newer half begins as far beyond the newest row seen as that is from the beginning:
    doubling finds the end of history in a few requests, and needs no clock.
    """
    lower, upper = _anchor(span), span.upper or LAST
    if lower >= upper:
        return None
    middle = floor(lower + (upper - lower) / 2)
    newest = max(reading.newest or lower, lower)
    if span.upper is None and newest - lower < middle - newest:
        middle = newest + (newest - lower)
    return Span(span.lower, middle), Span(middle + MILLISECOND, span.upper)


def _anchor(span: Span) -> dt.datetime:
    """Where the span begins; one without a beginning, at the dawn, or if it ends before that, with time itself."""
    if span.lower is not None:
        return span.lower
    return DAWN if span.upper is None or span.upper > DAWN else FIRST


def _first(query: CallQuery) -> int:
    return min(query.limit + SPARE, LARGEST)


def _grown(limit: int, usual: int) -> int:
    """Whoever reads on wants more: twice as much each time, up to the usual; back to it where it had to be larger."""
    return min(limit * 2, usual)


def _spans(query: CallQuery, after: Position | None) -> tuple[Span, ...]:
    """The one span to begin with, or none where its bounds leave nothing."""
    ends = [floor(instant) for instant in (query.created_to, after and after.created_at) if instant]
    span = Span(query.created_from and floor(query.created_from), min(ends, default=None))
    return () if span.lower and span.upper and span.lower > span.upper else (span,)


def _window(query: CallQuery, span: Span, limit: int) -> CallQuery:
    return dataclasses.replace(query, limit=limit, created_from=span.lower, created_to=span.upper and end(span.upper))
