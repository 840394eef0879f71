"""Backfilling: how far the walk through history has come, as it is remembered, and as it is shown."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from typing import Any

from gateway.domain.coverage import Interval
from gateway.domain.retention import Retention


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Backfill:
    """A walk through history, newest first: every call from ``position`` to ``started_at`` is held.

    ``floor`` is where it ends, None for the beginning of history. ``oldest`` is when the oldest call that was met was
    created. ``rows`` were met in ``seconds`` of work, over all processes that took part.
    """

    started_at: dt.datetime
    floor: dt.datetime | None = None
    position: dt.datetime | None = None
    oldest: dt.datetime | None = None
    rows: int = 0
    seconds: float = 0.0
    done: bool = False

    def covered(self) -> Interval | None:
        """The stretch of which every call is held."""
        return None if self.position is None else Interval(self.position, self.started_at)


def onward(
    known: Backfill,
    *,
    settled: dt.datetime,
    oldest: dt.datetime | None,
    rows: int,
    seconds: float,
    asked_at: dt.datetime,
    retention: Retention,
) -> Backfill:
    """The walk after a piece of it is in the mirror.

    Every call since ``settled`` that upstream had is now known, ``oldest`` is the oldest of them. Upstream was asked at
    ``asked_at``: what lies before its horizon it may have forgotten before, so that no position goes beyond unless
    there were calls to prove it.
    """
    met = min((moment for moment in (known.oldest, oldest) if moment), default=None)
    position = max(settled, retention.complete_from(met, asked_at))
    return dataclasses.replace(
        known,
        position=position if known.position is None else min(known.position, position),
        oldest=met,
        rows=known.rows + rows,
        seconds=known.seconds + seconds,
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A walk as it is shown: ``rate`` in calls per second, ``fraction`` of the time between start and end walked.

    ``fraction`` and ``seconds_left`` are None where nobody knows how far history reaches.
    """

    started_at: dt.datetime
    position: dt.datetime | None
    rows: int
    rate: float
    fraction: float | None
    seconds_left: float | None
    done: bool


def progress(walk: Backfill, retention: Retention) -> Progress:
    """How far a walk has come."""
    fraction = 1.0 if walk.done else _fraction(walk, retention)
    return Progress(
        started_at=walk.started_at,
        position=walk.position,
        rows=walk.rows,
        rate=walk.rows / walk.seconds if walk.seconds else 0.0,
        fraction=fraction,
        seconds_left=walk.seconds * (1 - fraction) / fraction if fraction else None,
        done=walk.done,
    )


def _fraction(walk: Backfill, retention: Retention) -> float | None:
    end = max((moment for moment in (walk.floor, retention.horizon(walk.started_at)) if moment), default=None)
    if end is None or end >= walk.started_at:
        return None
    walked = walk.started_at - (walk.position or walk.started_at)
    return min(walked / (walk.started_at - end), 1.0)


def to_json(walk: Backfill) -> dict[str, Any]:
    """The walk as plain JSON."""
    return {
        "startedAt": _written(walk.started_at),
        "floor": _written(walk.floor),
        "position": _written(walk.position),
        "oldest": _written(walk.oldest),
        "rows": walk.rows,
        "seconds": walk.seconds,
        "done": walk.done,
    }


def of_json(plain: Mapping[str, Any]) -> Backfill:
    """The walk that `to_json` wrote."""
    return Backfill(
        started_at=dt.datetime.fromisoformat(plain["startedAt"]),
        floor=_read(plain["floor"]),
        position=_read(plain["position"]),
        oldest=_read(plain["oldest"]),
        rows=plain["rows"],
        seconds=plain["seconds"],
        done=plain["done"],
    )


def _written(moment: dt.datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _read(text: str | None) -> dt.datetime | None:
    return None if text is None else dt.datetime.fromisoformat(text)
