"""Lifetimes: how long what is known may be served, as the settings say."""

from __future__ import annotations

import datetime as dt

from gateway.domain.lifetimes import Lifetime, Lifetimes
from gateway.domain.retention import Retention
from gateway.settings import Settings


def lifetimes(settings: Settings) -> Lifetimes:
    """The lifetimes of calls by their state."""
    return Lifetimes(
        live=_lifetime(settings.live_fresh_seconds, settings.live_stale_seconds),
        ended=_lifetime(settings.ended_fresh_seconds, settings.ended_stale_seconds),
        settled=_lifetime(settings.settled_fresh_seconds, settings.settled_stale_seconds),
        missing=_lifetime(settings.missing_fresh_seconds, 0),
        settles_after=_seconds(settings.settles_after_seconds),
        kept=_seconds(settings.kept_seconds),
        retry_after=_seconds(settings.retry_after_seconds),
    )


def retention(settings: Settings) -> Retention:
    """How long Vapi keeps calls."""
    return Retention(days(settings.upstream_retention_days))


def days(count: float) -> dt.timedelta | None:
    """So many days; None for good."""
    return dt.timedelta(days=count) if count else None


def _lifetime(fresh: float, stale: float) -> Lifetime:
    return Lifetime(_seconds(fresh), _seconds(stale))


def _seconds(count: float) -> dt.timedelta:
    return dt.timedelta(seconds=count)
