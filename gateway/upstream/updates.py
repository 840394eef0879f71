"""Updates: every call that upstream changed within a stretch of time.

``updatedAtGe`` and ``updatedAtLe`` narrow ``GET /call``, but nobody knows in which order its answers come then (by
``createdAt``, as far as was seen), so no row of a full answer tells where to go on. An answer that is not full holds
everything; time is halved until answers are not. A full answer to a single millisecond is asked for again with the
largest limit, and if that is full too, calls could be lost: that is an error, raised once all else has been given.

What changes while the walk is under way leaves the stretch for a later moment: whoever walks from that moment on finds
it.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import AsyncGenerator, Sequence

from gateway.errors import UpstreamTooDense
from gateway.ports import CallQuery, CallSource, Document
from gateway.upstream.instants import MILLISECOND, ceiling, end, floor, wire
from gateway.upstream.windows import LARGEST, STEADY


@dataclasses.dataclass(frozen=True, slots=True)
class Stretch:
    """Milliseconds from ``start`` to ``stop``, both included, and the limit of the question for them."""

    start: dt.datetime
    stop: dt.datetime
    limit: int = STEADY


async def updated(
    source: CallSource, since: dt.datetime, until: dt.datetime
) -> AsyncGenerator[Sequence[Document], None]:
    """All calls with an ``updatedAt`` from ``since`` to ``until``, in any order, one answer after the other.

    A call that changes meanwhile may come twice, or not at all. Raises what ``source`` raises, and `UpstreamTooDense`.
    """
    waiting = [Stretch(floor(since), ceiling(until))] if since <= until else []
    dense: Stretch | None = None
    while waiting:
        stretch = waiting.pop()
        answer = await source.list(_question(stretch))
        instead = parted(stretch) if len(answer) >= stretch.limit else ()
        waiting.extend(instead)
        if not instead:
            yield answer
            dense = stretch if len(answer) >= stretch.limit else dense
    if dense is not None:
        raise UpstreamTooDense(
            f"Vapi changed {LARGEST} or more calls at {wire(dense.start)}, and one answer holds no more, so some could "
            "be missed; the next reconcile finds them."
        )


def parted(stretch: Stretch) -> tuple[Stretch, ...]:
    """What to ask instead of a question whose answer was full, the newest part last; nothing where nothing helps."""
    if stretch.start < stretch.stop:
        middle = floor(stretch.start + (stretch.stop - stretch.start) / 2)
        return Stretch(stretch.start, middle), Stretch(middle + MILLISECOND, stretch.stop)
    return (dataclasses.replace(stretch, limit=LARGEST),) if stretch.limit < LARGEST else ()


def _question(stretch: Stretch) -> CallQuery:
    return CallQuery(limit=stretch.limit, updated_from=stretch.start, updated_to=end(stretch.stop))
