"""From seconds and days in the settings to lifetimes."""

from __future__ import annotations

import datetime as dt

from gateway.domain.lifetimes import Lifetime, Lifetimes
from gateway.wiring.lifetimes import days, lifetimes, retention
from tests.wiring.stated import settings


def test_the_defaults_of_the_settings_are_those_of_the_domain() -> None:
    assert lifetimes(settings()) == Lifetimes()


def test_each_lifetime_has_its_setting() -> None:
    stated = {
        "live_fresh_seconds": 1,
        "live_stale_seconds": 2,
        "ended_fresh_seconds": 3,
        "ended_stale_seconds": 4,
        "settled_fresh_seconds": 5,
        "settled_stale_seconds": 6,
        "missing_fresh_seconds": 7,
        "settles_after_seconds": 8,
        "kept_seconds": 9,
        "retry_after_seconds": 10,
    }
    of = {n: dt.timedelta(seconds=n) for n in range(11)}
    assert lifetimes(settings(**stated)) == Lifetimes(
        live=Lifetime(of[1], of[2]),
        ended=Lifetime(of[3], of[4]),
        settled=Lifetime(of[5], of[6]),
        missing=Lifetime(of[7], of[0]),
        settles_after=of[8],
        kept=of[9],
        retry_after=of[10],
    )


def test_vapi_keeps_calls_for_days_or_for_good() -> None:
    assert retention(settings()).lasts == dt.timedelta(days=14)
    assert retention(settings(upstream_retention_days=0)).lasts is None


def test_no_days_are_for_good() -> None:
    assert (days(0), days(0.5)) == (None, dt.timedelta(hours=12))
