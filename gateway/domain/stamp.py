"""Stamps: what is known about when a call's data was current, and what an answer tells of it."""

from __future__ import annotations

import dataclasses
import datetime as dt

from gateway.domain.enums import FreshnessSource, FreshnessState


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """When a call was last known to be current, and how long it counts as fresh and may be served stale.

    ``fetched_at`` is when upstream was *asked*, so that an age is never told too small.
    """

    fetched_at: dt.datetime
    fresh_until: dt.datetime
    stale_until: dt.datetime


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How current an answer is; ``age_ms`` counts from when the data was last known to be current."""

    fetched_at: dt.datetime
    age_ms: int
    state: FreshnessState
    source: FreshnessSource


def freshness(stamp: Stamp, now: dt.datetime, state: FreshnessState, source: FreshnessSource) -> Freshness:
    """What to tell of a call with this stamp, at this moment."""
    age = max(now - stamp.fetched_at, dt.timedelta())
    return Freshness(
        fetched_at=stamp.fetched_at, age_ms=age // dt.timedelta(milliseconds=1), state=state, source=source
    )
