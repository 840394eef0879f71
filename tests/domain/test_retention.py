"""Retention: what a 404 means, and how far back a walk is complete."""

from __future__ import annotations

import datetime as dt

import pytest

from gateway.domain.coverage import BEGINNING
from gateway.domain.marks import Mark, Reason
from gateway.domain.observations import Absence
from gateway.domain.retention import RECHECK, Retention, absent

NOW = dt.datetime(2026, 8, 30, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
FORTNIGHT = Retention(14 * DAY)


@pytest.mark.parametrize("reason", [None, Reason.MISSING])
def test_a_call_beyond_retention_is_forgotten(reason: Reason | None) -> None:
    verdict = absent("c", reason, NOW - 15 * DAY, NOW, FORTNIGHT)
    assert verdict == Absence(call_id="c", noticed_at=NOW, deleted=False)


def test_a_call_that_should_be_there_is_asked_for_again() -> None:
    assert absent("c", None, NOW - DAY, NOW, FORTNIGHT) == Mark("c", Reason.MISSING, NOW + RECHECK)


def test_a_call_that_should_be_there_and_is_missing_twice_is_deleted() -> None:
    verdict = absent("c", Reason.MISSING, NOW - DAY, NOW, FORTNIGHT)
    assert verdict == Absence(call_id="c", noticed_at=NOW, deleted=True)


def test_the_last_day_of_retention_may_be_over_already() -> None:
    verdict = absent("c", Reason.MISSING, NOW - 13.5 * DAY, NOW, FORTNIGHT)
    assert verdict == Absence(call_id="c", noticed_at=NOW, deleted=False)


@pytest.mark.parametrize("age", [None, 4000 * DAY])
def test_without_a_known_retention_or_age_a_call_should_be_there(age: dt.timedelta | None) -> None:
    retention = Retention() if age else FORTNIGHT
    verdict = absent("c", Reason.MISSING, NOW - age if age else None, NOW, retention)
    assert verdict == Absence(call_id="c", noticed_at=NOW, deleted=True)


def test_a_walk_is_complete_from_the_horizon_or_from_the_oldest_call_beyond_it() -> None:
    assert FORTNIGHT.complete_from(NOW - DAY, NOW) == NOW - 14 * DAY
    assert FORTNIGHT.complete_from(None, NOW) == NOW - 14 * DAY
    assert FORTNIGHT.complete_from(NOW - 20 * DAY, NOW) == NOW - 20 * DAY
    assert Retention().complete_from(NOW, NOW) == BEGINNING


def test_what_upstream_must_still_have_begins_no_earlier_than_what_is_held() -> None:
    assert FORTNIGHT.certain_since(NOW - 3 * DAY, NOW) == NOW - 3 * DAY
    assert FORTNIGHT.certain_since(NOW - 30 * DAY, NOW) == NOW - 13 * DAY
    assert Retention().certain_since(NOW - 30 * DAY, NOW) == NOW - 30 * DAY
