"""Lifetimes: how long what is known of a call may be served, and what to do when somebody asks.

A live call changes by the second. After its end Vapi still adds analysis, costs and recordings, mostly within seconds,
and moves ``updatedAt``; structured outputs can be extracted anew at any time. So “ended” is not “immutable”, but an
ended call that has settled may be kept for long.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum

from gateway.domain.call import Call
from gateway.domain.enums import CallStatus
from gateway.domain.stamp import Stamp


@dataclasses.dataclass(frozen=True, slots=True)
class Lifetime:
    """How long something is fresh, and for how long after that it may be served while one refresh runs."""

    fresh: dt.timedelta
    stale: dt.timedelta


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Lifetimes:
    """The lifetime of a call by its state.

    ``settles_after`` is how long after its end a call counts as settled. ``kept`` is how long, after it was fetched,
    a call is kept for the case that upstream cannot be asked; ``retry_after`` how long upstream is left alone after
    such a failure.
    """

    live: Lifetime = Lifetime(dt.timedelta(seconds=5), dt.timedelta(seconds=60))
    ended: Lifetime = Lifetime(dt.timedelta(seconds=20), dt.timedelta(minutes=5))
    settled: Lifetime = Lifetime(dt.timedelta(hours=6), dt.timedelta(hours=18))
    missing: Lifetime = Lifetime(dt.timedelta(seconds=10), dt.timedelta())
    settles_after: dt.timedelta = dt.timedelta(minutes=10)
    kept: dt.timedelta = dt.timedelta(hours=48)
    retry_after: dt.timedelta = dt.timedelta(seconds=5)

    def stamp(self, call: Call | None, fetched_at: dt.datetime) -> Stamp:
        """The stamp of what upstream said when it was asked; None is what it says of a call it does not have."""
        lifetime = self._lifetime(call, fetched_at)
        fresh_until = fetched_at + lifetime.fresh
        return Stamp(fetched_at=fetched_at, fresh_until=fresh_until, stale_until=fresh_until + lifetime.stale)

    def _lifetime(self, call: Call | None, now: dt.datetime) -> Lifetime:
        if call is None:
            return self.missing
        if not is_over(call):
            return self.live
        last_change = max((t for t in (call.ended_at, call.updated_at) if t is not None), default=None)
        settled = last_change is None or now - last_change >= self.settles_after
        return self.settled if settled else self.ended


_OVER = (CallStatus.ENDED, CallStatus.NOT_FOUND, CallStatus.DELETION_FAILED)


def is_over(call: Call) -> bool:
    """Whether the call has ended; rows without a status tell it by their end or its reason."""
    if call.status is None:
        return call.ended_at is not None or call.ended_reason is not None
    return CallStatus.of(call.status) in _OVER


class Verdict(enum.Enum):
    """What to do with what is known."""

    SERVE = "serve"
    SERVE_AND_REFRESH = "serve and refresh"
    FETCH = "fetch"


def verdict(stamp: Stamp, now: dt.datetime, max_age: dt.timedelta | None) -> Verdict:
    """Whether what is known will do, will do while it is refreshed, or will not do.

    A caller's bound (``max_age``) overrides the lifetime where it is the stricter of the two.
    """
    if max_age is not None and now - stamp.fetched_at > max_age:
        return Verdict.FETCH
    if now < stamp.fresh_until:
        return Verdict.SERVE
    return Verdict.SERVE_AND_REFRESH if now < stamp.stale_until else Verdict.FETCH
